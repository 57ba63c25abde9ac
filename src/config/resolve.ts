import { dirname, resolve } from "node:path";
import { compact, type Digest, type TagOrIds } from "../model/index.ts";
import type {
  AwsAccount,
  AwsEdge,
  Config,
  Edge,
  ForwardConfig,
  LogKeyConfig,
  NoticeChannel,
  Policy,
  PrincipalSource,
  S3Place,
  StoreConfig,
  Tenancy,
} from "./config.ts";
import type { ConfigForm } from "./form.ts";
import { accountOf, subscriptionOf } from "./lookup.ts";

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** The checked file as the program reads it: names become ids, absent parts their defaults. */
export function toConfig(file: ConfigForm, source: string, digest: Digest): Config {
  const providers: Config["providers"] = compact({
    aws: file.providers.aws && awsOf(file.providers.aws, source),
    azure: file.providers.azure && compact(file.providers.azure),
  });
  const place = { providers, source };
  return {
    organization: file.organization,
    origin: file.origin,
    providers,
    tenancy: tenancyOf(file.tenancy, (name) => accountOf(place, name)),
    people: file.people.map((person) => compact(person)),
    responders: file.responders ?? [],
    responderNetworks: file["responder-networks"] ?? [],
    responderHosts: file["responder-hosts"] ?? [],
    edge: (file.edge ?? []).map((edge) => edgeOf(edge, place)),
    audit: compact({
      stores: (file.audit?.stores ?? []).map(storeOf),
      logKey: file.audit?.["log-key"] && logKeyOf(file.audit["log-key"]),
      forward: (file.audit?.forward ?? []).map(forwardOf),
    }),
    policy: policyOf(file.policy),
    notices: (file.notices ?? []).map((notice) => noticeOf(notice, source)),
    sla: {
      revocationMs: file.sla?.revocation ?? 5 * MINUTE,
      alertingMs: file.sla?.alerting ?? 15 * MINUTE,
      exercise: file.sla?.exercise ?? "quarterly",
    },
    source,
    digest,
  };
}

function awsOf(
  { accounts: listed, organization, "identity-center": center }: NonNullable<ConfigForm["providers"]["aws"]>,
  source: string,
): NonNullable<Config["providers"]["aws"]> {
  const accounts = listed.map((account) => compact(account));
  const named = (account: string) => accountOf({ providers: { aws: { accounts } }, source }, account);
  return compact({
    accounts,
    organization:
      organization &&
      compact({
        account: named(organization.account).id,
        denyPolicy: organization["deny-policy"],
        quarantinePolicy: organization["quarantine-policy"],
      }),
    identityCenter: center && {
      account: named(center.account).id,
      region: center.region ?? named(center.account).regions[0] ?? "us-east-1",
    },
  });
}

function tenancyOf(file: ConfigForm["tenancy"], account: (name: string) => AwsAccount): Tenancy {
  const idOf = (name: string | undefined) => (name === undefined ? undefined : account(name).id);
  const placeOf = (item: { account: string; region?: string | undefined }) => {
    const owner = account(item.account);
    return { account: owner.id, region: item.region ?? owner.regions[0] ?? "us-east-1" };
  };
  return compact({
    tag: file?.tag,
    tenants: file?.tenants,
    s3: (file?.s3 ?? []).map((item): S3Place => ({ ...placeOf(item), bucket: item.bucket, prefix: item.prefix })),
    secrets: (file?.secrets ?? []).map((item) => ({ ...placeOf(item), name: item.name })),
    dynamodb: (file?.dynamodb ?? []).map((item) => ({
      ...placeOf(item),
      table: item.table,
      leadingKey: item["leading-key"],
    })),
    kms: (file?.kms ?? []).map((item) => ({ ...item, account: account(item.account).id })),
    postgres: (file?.postgres ?? []).map(({ "url-env": urlEnv, ...rest }) => compact({ urlEnv, ...rest })),
    principals: (file?.principals ?? []).map((item) => principalSourceOf(item, idOf(item.account))),
    lockdown: file?.lockdown ?? [],
  });
}

function principalSourceOf(
  file: NonNullable<NonNullable<ConfigForm["tenancy"]>["principals"]>[number],
  account: string | undefined,
): PrincipalSource {
  if (file["aws-user-path"] !== undefined)
    return compact({ kind: "aws-user-path" as const, path: file["aws-user-path"], account });
  if (file["aws-tag"] !== undefined) return compact({ kind: "aws-tag" as const, key: file["aws-tag"], account });
  if (file["cognito-group"] !== undefined)
    return compact({ kind: "cognito-group" as const, group: file["cognito-group"], pool: file.pool ?? "", account });
  return { kind: "okta-group", group: file["okta-group"] ?? "" };
}

type WallsForm = {
  select?: { tag?: { key: string; value: string } | undefined; ids?: string[] | undefined } | undefined;
  ids?: string[] | undefined;
};

function selectionOf(walls: WallsForm): TagOrIds {
  return walls.select?.tag ? { tag: walls.select.tag } : { ids: walls.ids ?? walls.select?.ids ?? [] };
}

function edgeOf(file: NonNullable<ConfigForm["edge"]>[number], place: Pick<Config, "providers" | "source">): Edge {
  const {
    name,
    nsgs,
    "waf-ip-sets": sets,
    "network-acls": acls,
    "load-balancers": balancers,
    "network-firewall": firewall,
    "web-acl": webAcl,
    distribution,
    "tenant-hosts": tenantHosts,
  } = file;
  if (file.account === undefined) {
    return compact({
      provider: "azure" as const,
      name,
      subscription: subscriptionOf(place, file.subscription ?? "").id,
      nsgs: nsgs && { select: selectionOf(nsgs), priorities: nsgs.priorities },
      tenantHosts,
    });
  }
  return compact({
    provider: "aws" as const,
    name,
    account: accountOf(place, file.account).id,
    region: file.region ?? "us-east-1",
    responderEntrance: file["responder-entrance"],
    wafIpSets: sets && compact(sets),
    loadBalancers:
      balancers &&
      compact({
        select: balancers.select.tag ? { tag: balancers.select.tag } : { names: balancers.select.names ?? [] },
        lockdownGroup: balancers["lockdown-group"],
        approved: balancers.approved,
      }),
    prefixLists: file["prefix-lists"] && {
      select: file["prefix-lists"].select.tag
        ? { tag: file["prefix-lists"].select.tag }
        : { names: file["prefix-lists"].select.names ?? [] },
    },
    internetGateways: file["internet-gateways"],
    subnets: file.subnets && { select: selectionOf(file.subnets), lockdownAcl: file.subnets["lockdown-acl"] },
    networkAcls: acls && { select: selectionOf(acls), rules: acls.rules },
    networkFirewall: firewall && { ruleGroup: firewall["rule-group"], variable: firewall.variable ?? "SOC2_ER_BLOCK" },
    distribution: distribution && compact({ id: distribution.id, lockdownWebAcl: distribution["lockdown-web-acl"] }),
    webAcl: webAcl && webAclOf(webAcl),
    tenantHosts,
  });
}

function webAclOf({ ruleset, ...acl }: NonNullable<NonNullable<ConfigForm["edge"]>[number]["web-acl"]>): AwsEdge["webAcl"] {
  const ours = ruleset && compact({ ruleGroup: ruleset["rule-group"], approved: ruleset.approved });
  return compact({ ...acl, ruleset: ours });
}

/** A key's ARN says in which Region it is. */
function logKeyOf(file: NonNullable<NonNullable<ConfigForm["audit"]>["log-key"]>): LogKeyConfig {
  return file.kind === "aws-kms" ? { ...file, region: file.region ?? file.key.split(":")[3] ?? "" } : file;
}

function storeOf(file: NonNullable<NonNullable<ConfigForm["audit"]>["stores"]>[number]): StoreConfig {
  return file.kind === "directory" ? file : compact({ ...file, prefix: file.prefix ?? "" });
}

function forwardOf(file: NonNullable<NonNullable<ConfigForm["audit"]>["forward"]>[number]): ForwardConfig {
  const { kind, format = "ocsf" } = file;
  if (kind === "file") return { kind, path: file.path, format };
  return compact({ kind, url: file.url, urlEnv: file["url-env"], format, headersEnv: file["headers-env"] ?? {} });
}

function noticeOf(file: NonNullable<ConfigForm["notices"]>[number], source: string): NoticeChannel {
  if (file.kind === "command") return compact(file);
  const { "url-env": env, "url-file": path = "", ...rest } = file;
  return compact({ ...rest, url: env === undefined ? { file: resolve(dirname(source), path) } : { env } });
}

function policyOf(file: ConfigForm["policy"]): Policy {
  const leaseExpiry = file?.["lease-expiry"] ?? 72 * HOUR;
  return {
    approvals: file?.approvals ?? {},
    preapproved: file?.preapproved ?? [],
    requireVerification: file?.["require-verification"] ?? false,
    breakGlass: {
      allowed: file?.["break-glass"]?.allowed ?? [],
      ratifyWithinMs: file?.["break-glass"]?.["ratify-within"] ?? 24 * HOUR,
    },
    leaseExpiryMs: leaseExpiry === "never" ? null : leaseExpiry,
    maxChanges: file?.["max-changes"] ?? 500,
    widestBlock: { ipv4: file?.["widest-block"]?.ipv4 ?? 16, ipv6: file?.["widest-block"]?.ipv6 ?? 32 },
    planLifeMs: file?.["plan-expiry"] ?? 30 * MINUTE,
    quarantineGroup: file?.["quarantine-group"] ?? "soc2-er-quarantine",
    lockdownAcl: file?.["lockdown-acl"] ?? "soc2-er-lockdown",
  };
}
