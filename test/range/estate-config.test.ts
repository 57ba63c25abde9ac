import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfig } from "../../src/config/parse.ts";
import { ACCOUNT, BUCKET, RESPONDER_ROLE_ARN, SUBSCRIPTION, TENANT_DIRECTORY } from "../../src/exercise/range/estate/names.ts";
import { estateConfig } from "../../src/exercise/range/estate-config.ts";

const KEYS = {
  "sec-lead": "ssh-ed25519 AAAA1 sec-lead",
  "eng-lead": "ssh-ed25519 AAAA2 eng-lead",
  "on-call": "ssh-ed25519 AAAA3 on-call",
  dual: "ssh-ed25519 AAAA4 dual",
};
const STORE = "/var/lib/range/audit-store";
const LOG_KEY = "/var/lib/range/keys/log";
const key = (person: keyof typeof KEYS) => JSON.stringify(KEYS[person]);

/** The estate's organization as a customer would write it. */
const FILE = `organization: Acme
origin: acme.example/soc2-er/drill
providers:
  aws:
    accounts:
      - { id: "${ACCOUNT}", name: prod, regions: [us-east-1, eu-west-1] }
  azure:
    tenant: "${TENANT_DIRECTORY}"
    subscriptions:
      - { id: "${SUBSCRIPTION}", name: prod }
tenancy:
  tag: tenant
  tenants: [acme, globex, initech]
  s3:
    - { account: prod, bucket: ${BUCKET}, prefix: "tenants/{tenant}/" }
  kms:
    - { account: prod, region: us-east-1, alias: "alias/{tenant}-data" }
  principals:
    - { aws-user-path: "/tenants/{tenant}/" }
    - { aws-tag: tenant }
people:
  - { id: sec-lead, roles: [security], keys: [${key("sec-lead")}] }
  - { id: eng-lead, roles: [engineering], keys: [${key("eng-lead")}] }
  - { id: on-call, roles: [operator], keys: [${key("on-call")}] }
  - { id: dual, roles: [security, engineering], keys: [${key("dual")}] }
responders: ["${RESPONDER_ROLE_ARN}"]
responder-networks: ["198.51.100.0/24"]
edge:
  - name: public
    account: prod
    region: us-east-1
    waf-ip-sets: { scope: REGIONAL, ipv4: er-block-ipv4, ipv6: er-block-ipv6 }
    network-acls: { select: { tag: edge=public }, rules: 1-19 }
  - name: shop
    account: prod
    region: us-east-1
    responder-entrance: true
    load-balancers: { select: { tag: entrance=shop }, lockdown-group: lockdown }
  - name: azure-front
    subscription: prod
    nsgs: { select: { tag: edge=public }, priorities: 100-109 }
audit:
  stores:
    - { kind: directory, path: ${JSON.stringify(STORE)} }
  log-key: { kind: file, path: ${JSON.stringify(LOG_KEY)} }
policy:
  approvals: { default: [security, engineering], block-edge-traffic: [engineering] }
  preapproved: [preserve-evidence]
  break-glass: { allowed: [lockdown-tenant], ratify-within: 24h }
  lease-expiry: 72h
  max-changes: 500
  widest-block: { ipv4: 16, ipv6: 32 }
  lockdown-acl: lockdown
notices: [ { kind: webhook, name: drill, url-env: SOC2_ER_DRILL_NOTICES } ]
sla: { revocation: 5m, alerting: 15m, exercise: quarterly }
`;

test("the embedded organization is one that a file could have said", () => {
  const { digest: _file, ...said } = parseConfig(FILE, "range");
  const { digest: _estate, ...embedded } = estateConfig(KEYS, STORE, LOG_KEY);
  assert.deepEqual(embedded, said);
});

test("another key or store is another organization", () => {
  const { digest } = estateConfig(KEYS, STORE, LOG_KEY);
  assert.equal(estateConfig({ ...KEYS }, STORE, LOG_KEY).digest, digest);
  assert.notEqual(estateConfig({ ...KEYS, dual: KEYS["on-call"] }, STORE, LOG_KEY).digest, digest);
  assert.notEqual(estateConfig(KEYS, "/elsewhere", LOG_KEY).digest, digest);
});
