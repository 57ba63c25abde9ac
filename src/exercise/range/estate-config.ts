import type { Config } from "../../config/index.ts";
import { digestJson } from "../../model/index.ts";
import { ACCOUNT, BUCKET, RESPONDER_ROLE_ARN, SUBSCRIPTION, TENANT_DIRECTORY } from "./estate/names.ts";

/** Who exists on a fresh range. Each gets a key pair when the range is created. */
export const ESTATE_PEOPLE = ["sec-lead", "eng-lead", "on-call", "dual"] as const;
export type EstatePerson = (typeof ESTATE_PEOPLE)[number];

const HOUR_MS = 3_600_000;

/**
 * The organization of the embedded estate, as its file would say it. It is written here as the program reads it, so that a command on the
 * range need not parse a file that never changes.
 */
export function estateConfig(publicKeys: Readonly<Record<EstatePerson, string>>, auditFolder: string, logKey: string): Config {
  const person = (id: EstatePerson, ...roles: string[]) => ({ id, roles, keys: [publicKeys[id]] });
  const config: Omit<Config, "digest"> = {
    organization: "Acme",
    origin: "acme.example/soc2-er/drill",
    providers: {
      aws: { accounts: [{ id: ACCOUNT, name: "prod", regions: ["us-east-1", "eu-west-1"] }] },
      azure: { tenant: TENANT_DIRECTORY, subscriptions: [{ id: SUBSCRIPTION, name: "prod" }] },
    },
    tenancy: {
      tag: "tenant",
      tenants: ["acme", "globex", "initech"],
      s3: [{ account: ACCOUNT, region: "us-east-1", bucket: BUCKET, prefix: "tenants/{tenant}/" }],
      secrets: [],
      dynamodb: [],
      kms: [{ account: ACCOUNT, region: "us-east-1", alias: "alias/{tenant}-data" }],
      postgres: [],
      principals: [
        { kind: "aws-user-path", path: "/tenants/{tenant}/" },
        { kind: "aws-tag", key: "tenant" },
      ],
      lockdown: [],
    },
    people: [
      person("sec-lead", "security"),
      person("eng-lead", "engineering"),
      person("on-call", "operator"),
      person("dual", "security", "engineering"),
    ],
    responders: [RESPONDER_ROLE_ARN],
    responderNetworks: ["198.51.100.0/24"],
    responderHosts: [],
    edge: [
      {
        provider: "aws",
        name: "public",
        account: ACCOUNT,
        region: "us-east-1",
        wafIpSets: { scope: "REGIONAL", ipv4: "er-block-ipv4", ipv6: "er-block-ipv6" },
        networkAcls: { select: { tag: { key: "edge", value: "public" } }, rules: { from: 1, to: 19 } },
      },
      {
        provider: "aws",
        name: "shop",
        account: ACCOUNT,
        region: "us-east-1",
        responderEntrance: true,
        loadBalancers: { select: { tag: { key: "entrance", value: "shop" } }, lockdownGroup: "lockdown" },
      },
      {
        provider: "azure",
        name: "azure-front",
        subscription: SUBSCRIPTION,
        nsgs: { select: { tag: { key: "edge", value: "public" } }, priorities: { from: 100, to: 109 } },
      },
    ],
    audit: { stores: [{ kind: "directory", path: auditFolder }], logKey: { kind: "file", path: logKey }, forward: [] },
    policy: {
      approvals: { default: ["security", "engineering"], "block-edge-traffic": ["engineering"] },
      preapproved: ["preserve-evidence"],
      requireVerification: false,
      breakGlass: { allowed: ["lockdown-tenant"], ratifyWithinMs: 24 * HOUR_MS },
      leaseExpiryMs: 72 * HOUR_MS,
      maxChanges: 500,
      widestBlock: { ipv4: 16, ipv6: 32 },
      planLifeMs: HOUR_MS / 2,
      quarantineGroup: "soc2-er-quarantine",
      lockdownAcl: "lockdown",
    },
    // A drill tells who asks for it: nobody real by accident.
    notices: [{ kind: "webhook", name: "drill", url: { env: "SOC2_ER_DRILL_NOTICES" } }],
    sla: { revocationMs: HOUR_MS / 12, alertingMs: HOUR_MS / 4, exercise: "quarterly" },
    source: "range",
  };
  return { ...config, digest: digestJson(config) };
}
