import { ACCOUNT, BUCKET, RESPONDER_ROLE_ARN, SUBSCRIPTION, TENANT_DIRECTORY } from "./estate/names.ts";

/** Who exists on a fresh range. Each gets a key pair when the range is created. */
export const ESTATE_PEOPLE = ["sec-lead", "eng-lead", "on-call", "dual"] as const;
export type EstatePerson = (typeof ESTATE_PEOPLE)[number];

/** The organisation's file of the embedded estate, in the format that customers write. Values are quoted as YAML, never pasted raw. */
export function estateConfig(publicKeys: Readonly<Record<EstatePerson, string>>, auditFolder: string): string {
  const key = (person: EstatePerson) => JSON.stringify(publicKeys[person]);
  return `organization: Acme
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
  - name: azure-front
    subscription: prod
    nsgs: { select: { tag: edge=public }, priorities: 100-109 }
audit:
  stores:
    - { kind: directory, path: ${JSON.stringify(auditFolder)} }
policy:
  approvals: { default: [security, engineering], block-edge-traffic: [engineering] }
  break-glass: { allowed: [lockdown-tenant], ratify-within: 24h }
  lease-expiry: 72h
  max-changes: 500
  widest-block: { ipv4: 16, ipv6: 32 }
sla: { revocation: 5m, alerting: 15m, exercise: quarterly }
`;
}
