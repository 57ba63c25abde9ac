import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { actionList } from "../../src/actions/index.ts";
import { PLANNER_PERMISSIONS } from "../../src/planner/index.ts";
import { generateKeyFile } from "../../src/signing/index.ts";
import type { Caller } from "./caller.ts";
import { ACCOUNT } from "./seed.ts";
import { allow, policy } from "./seed-identity.ts";

const RESPONDER = `arn:aws:iam::${ACCOUNT}:role/soc2-er-responder`;
const KEEPER = `arn:aws:iam::${ACCOUNT}:role/soc2-er-audit`;

/** Who decides. Each has a key file of that name in the organization's folder. */
const PEOPLE = { "sec-lead": "security", "eng-lead": "engineering", "on-call": "operator" } as const;
export type Person = keyof typeof PEOPLE;

/** Writes the file of the organization that owns the seeded account, its people's keys and an empty store. Returns the file. */
export async function writeOrganization(folder: string): Promise<string> {
  const people = await Promise.all(
    Object.entries(PEOPLE).map(async ([person, role]) => {
      const { text } = await generateKeyFile(join(folder, person), person);
      return `  - { id: ${person}, roles: [${role}], keys: [${JSON.stringify(text)}] }`;
    }),
  );
  const store = join(folder, "store");
  await mkdir(store);
  const file = join(folder, "soc2-er.yaml");
  await writeFile(file, textOf(people.join("\n"), store));
  return file;
}

/** What the organization does before its first incident: rights as narrow as the actions say, and a bucket for the log. */
export async function prepareAccount(admin: Caller): Promise<void> {
  const actions = await Promise.all(actionList.map(({ load }) => load()));
  const needed = [...PLANNER_PERMISSIONS, ...actions.flatMap(({ permissions: { read, write } }) => [...read, ...write])];
  const operations = [...new Set(needed.flatMap((permission) => ("iam" in permission ? permission.iam : [])))].sort();
  const evidence = allow("s3:GetObject", "arn:aws:s3:::acme-data/*");
  await admin("iam:PutRolePolicy", {
    RoleName: "soc2-er-responder",
    PolicyName: "respond",
    PolicyDocument: policy([allow(operations, "*"), evidence]),
  });
  await admin("s3:PutBucketVersioning", { Bucket: "acme-audit", VersioningConfiguration: { Status: "Enabled" } });
  const trust = { Effect: "Allow", Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/operator` }, Action: "sts:AssumeRole" };
  await admin("iam:CreateRole", { RoleName: "soc2-er-audit", AssumeRolePolicyDocument: policy([trust]) });
  await admin("iam:PutRolePolicy", {
    RoleName: "soc2-er-audit",
    PolicyName: "keep",
    PolicyDocument: policy([
      allow(["s3:PutObject", "s3:GetObject", "s3:GetObjectVersion"], "arn:aws:s3:::acme-audit/*"),
      allow(["s3:ListBucket", "s3:ListBucketVersions"], "arn:aws:s3:::acme-audit"),
    ]),
  });
}

function textOf(people: string, store: string): string {
  return `organization: Acme
origin: acme.example/soc2-er/emulator
providers:
  aws:
    accounts:
      - { id: "${ACCOUNT}", name: prod, regions: [us-east-1], role: "${RESPONDER}" }
tenancy:
  tag: tenant
  tenants: [acme, globex]
  s3:
    - { account: prod, bucket: acme-data, prefix: "tenants/{tenant}/" }
  kms:
    - { account: prod, region: us-east-1, alias: "alias/{tenant}-data" }
  secrets:
    - { account: prod, name: "prod/{tenant}/" }
  dynamodb:
    - { account: prod, table: app-items, leading-key: "TENANT#{tenant}" }
    - { account: prod, table: app-events, leading-key: "{tenant}" }
    - { account: prod, table: app-events, leading-key: "{tenant}#*" }
  principals:
    - { aws-user-path: "/tenants/{tenant}/" }
people:
${people}
responders: ["${RESPONDER}"]
edge:
  - name: public
    account: prod
    region: us-east-1
    waf-ip-sets: { scope: REGIONAL, ipv4: er-block-ipv4, ipv6: er-block-ipv6 }
    network-acls: { select: { tag: edge=public }, rules: 1-19 }
audit:
  stores:
    - { kind: directory, path: ${JSON.stringify(store)} }
    - { kind: s3, bucket: acme-audit, region: us-east-1, prefix: log/, role: "${KEEPER}" }
policy:
  approvals: { default: [security, engineering], block-edge-traffic: [engineering] }
`;
}
