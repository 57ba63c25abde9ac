import { ec2, rds } from "../keys.ts";
import type { GroupRow, GroupRule, VpcRow } from "../rows.ts";
import type { DatabaseRow } from "../service-rows.ts";
import { ACCOUNT, type EstateRow, REGION } from "./names.ts";

const VPC = "vpc-0data";

/** The tenants' databases, in a VPC of their own that has a quarantine group. */
export function databaseRows(): EstateRow[] {
  const vpc: VpcRow = { id: VPC, cidr: "10.1.0.0/16", ipv6Cidr: null, tags: { Name: "data" } };
  return [
    { key: ec2.vpc(ACCOUNT, REGION, VPC), value: vpc },
    group("sg-0db01", "database", [
      { id: "sgr-0db01in", direction: "in", protocol: "tcp", from: 5432, to: 5432, ipv4: "0.0.0.0/0" },
      { id: "sgr-0db01out", direction: "out", protocol: "-1", from: -1, to: -1, ipv4: "0.0.0.0/0" },
    ]),
    group("sg-0dbq01", "soc2-er-quarantine", []),
    database("db-instance", "acme-orders", { public: true, tags: { tenant: "acme" } }),
    database("db-instance", "acme-archive", { stopped: true, tags: { tenant: "acme" } }),
    database("db-cluster", "acme-ledger", { engine: "aurora-postgresql", tags: { tenant: "acme" } }),
    database("db-instance", "acme-ledger-1", { engine: "aurora-postgresql", cluster: "acme-ledger", groups: [] }),
    database("db-proxy", "acme-pool", { tags: { tenant: "acme" } }),
    database("db-instance", "globex-orders", { public: true, tags: { tenant: "globex" } }),
  ];
}

function group(id: string, name: string, rules: readonly GroupRule[]): EstateRow {
  const value: GroupRow = { id, name, description: name, vpc: VPC, rules, tags: {} };
  return { key: ec2.group(ACCOUNT, REGION, id), value };
}

function database(kind: DatabaseRow["kind"], name: string, rest: Partial<DatabaseRow>): EstateRow {
  const value: DatabaseRow = { kind, name, engine: "postgres", vpc: VPC, groups: ["sg-0db01"], tags: {}, ...rest };
  return { key: rds.database(ACCOUNT, REGION, `${kind}/${name}`), value };
}
