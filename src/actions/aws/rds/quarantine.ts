import { ModifyDBClusterCommand, ModifyDBInstanceCommand, ModifyDBProxyCommand } from "@aws-sdk/client-rds";
import * as z from "zod";
import { defect, ErError, type Json, type ResourceRef, type SelectionOf, sameJson } from "../../../model/index.ts";
import type { ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { type Ec2, ec2Of } from "../ec2/pages.ts";
import { findGroup, groupCalled, notAsRead, refuseOpen, rulesOf } from "../ec2/quarantine-group.ts";
import { type Database, type Found, findDatabase, findDatabases, rdsOf, vpcOf } from "./databases.ts";
import { residualOf } from "./residual.ts";

type Groups = { readonly groups: readonly string[] };
/** Of an instance only, and a resource of its own: RDS changes it by itself. */
type Exposure = { readonly public: boolean };
type State = Groups | Exposure;
type Place = SelectionOf<"aws.tagged-databases">;

const EXPOSURE = "db-exposure";
const MOST_GROUPS = 5;
const WORDS: { readonly [type: string]: string } = {
  "db-instance": "DB instance",
  "db-cluster": "DB cluster",
  "db-proxy": "DB proxy",
};
const EXAMPLE: Place = {
  kind: "aws.tagged-databases",
  tenant: "acme",
  account: "123456789012",
  region: "us-east-1",
  tag: { key: "tenant", value: "acme" },
  quarantineGroup: "soc2-er-quarantine",
};

export const quarantine = defineAction<"aws.tagged-databases", Record<string, never>, State>({
  id: "aws.rds.quarantine",
  title: "Quarantine databases",
  description:
    "Replaces the security groups of the tenant's DB instances, DB clusters and DB proxies by the quarantine group of their VPC, which was made beforehand and has no rules, and takes public access from the instances, each as a change of its own. Members of a cluster take the cluster's groups: of them only public access is changed. A restore gives each its own groups back, and public access to whom it was taken from.",
  containment: "destination",
  blastRadius:
    "every application that uses these databases, of other tenants too where they share one, cannot connect to them any more, and neither can administrators; connections that are open and tracked are not cut, and nothing is stopped: jobs inside a database, backups, snapshots and replication by AWS go on",
  targets: ["aws.tagged-databases"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "rds", operation: "DescribeDBInstances", iam: ["rds:DescribeDBInstances"] },
      { service: "rds", operation: "DescribeDBClusters", iam: ["rds:DescribeDBClusters"] },
      { service: "rds", operation: "DescribeDBProxies", iam: ["rds:DescribeDBProxies"] },
      { service: "rds", operation: "DescribeDBSubnetGroups", iam: ["rds:DescribeDBSubnetGroups"] },
      { service: "rds", operation: "ListTagsForResource", iam: ["rds:ListTagsForResource"] },
      { service: "ec2", operation: "DescribeSecurityGroups", iam: ["ec2:DescribeSecurityGroups"] },
    ],
    write: [
      { service: "rds", operation: "ModifyDBInstance", iam: ["rds:ModifyDBInstance"] },
      { service: "rds", operation: "ModifyDBCluster", iam: ["rds:ModifyDBCluster"] },
      { service: "rds", operation: "ModifyDBProxy", iam: ["rds:ModifyDBProxy"] },
    ],
  },
  bound: {
    ms: 600_000,
    source:
      "assumed: Amazon RDS applies a change of security groups or of public access as soon as possible and documents no time; ten minutes are allowed",
  },
  examples: [
    {
      title: "A tenant's cluster with one instance, an instance that is publicly accessible, and a proxy",
      selection: EXAMPLE,
      params: {},
      changes: [
        exampleMove("db-cluster", "acme-ledger"),
        exampleClosing("acme-ledger-1", false, ["db-cluster/acme-ledger"]),
        exampleClosing("acme-orders", true, ["db-instance/acme-orders"]),
        exampleMove("db-instance", "acme-orders"),
        exampleMove("db-proxy", "acme-pool"),
      ],
    },
  ],

  async *plan(scope, selection) {
    const [rds, ec2] = await Promise.all([rdsOf(scope, selection), ec2Of(scope, selection)]);
    const found = await findDatabases(rds, selection);
    const quarantines = new Map<string, string>();
    const moved = new Set<string>();
    for (const database of found.databases.filter((one) => isChangeable(one) && one.cluster === undefined)) {
      const vpc = await vpcOf(rds, database);
      const group = quarantines.get(vpc) ?? (await quarantineGroupOf(ec2, vpc, selection));
      quarantines.set(vpc, group);
      const resource = refOf(selection, database.type, database.name);
      moved.add(keyOf(resource));
      yield {
        key: keyOf(resource),
        resource,
        summary: sayMove(resource, selection.quarantineGroup),
        before: { groups: database.groups },
        after: { groups: [group] },
        reversal: { kind: "restore" },
        asks: { group },
      };
    }
    for (const instance of found.databases.filter((one) => isChangeable(one) && !isMultiAz(one, found))) {
      if (instance.type !== "db-instance") continue;
      const resource = refOf(selection, EXPOSURE, instance.name);
      // RDS takes one change at a time.
      const first = instance.cluster === undefined ? `db-instance/${instance.name}` : `db-cluster/${instance.cluster}`;
      yield {
        key: keyOf(resource),
        resource,
        summary: sayClosing(resource, instance.public === true),
        before: { public: instance.public === true },
        after: { public: false },
        ...(moved.has(first) ? { needs: [first] } : {}),
        reversal: { kind: "restore" },
      };
    }
  },

  async leaves(scope, selection) {
    const found = await findDatabases(await rdsOf(scope, selection), selection);
    return found.databases.flatMap((database) => {
      const reason = whyLeft(database, found);
      return reason === null ? [] : [{ resource: refOf(selection, database.type, database.name), reason }];
    });
  },

  read: async (scope, resource) => stateOf(resource, await lookAt(scope, resource)),

  async apply(scope, { resource, after, asks }) {
    if (after === null) return defect("a database is not removed");
    const rds = await rdsOf(scope, resource);
    const { id } = resource;
    if ("public" in after) {
      const input = { DBInstanceIdentifier: id, PubliclyAccessible: after.public, ApplyImmediately: true };
      await rds.send(new ModifyDBInstanceCommand(input));
      return;
    }
    const asked = askedGroup(asks);
    if (asked !== null && after.groups.includes(asked)) await refuseOpened(await ec2Of(scope, resource), asked, resource);
    const VpcSecurityGroupIds = [...after.groups];
    if (resource.type === "db-cluster")
      await rds.send(new ModifyDBClusterCommand({ DBClusterIdentifier: id, VpcSecurityGroupIds, ApplyImmediately: true }));
    else if (resource.type === "db-proxy")
      await rds.send(new ModifyDBProxyCommand({ DBProxyName: id, SecurityGroups: VpcSecurityGroupIds }));
    else await rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: id, VpcSecurityGroupIds, ApplyImmediately: true }));
  },

  async verify(scope, { resource, after, asks }, direction) {
    const level = "configuration";
    const database = await lookAt(scope, resource);
    const now = stateOf(resource, database);
    if (!sameJson(now, after)) return { verdict: "contradicted", level, detail: `it has ${say(now)}, not ${say(after)}` };
    if (database?.settled === false)
      return { verdict: "inconclusive", level, detail: `RDS has not finished changing it: its status is "${database.status}"` };
    const asked = askedGroup(asks);
    if (direction === "restore" || asked === null) return { verdict: "confirmed", level };
    const rules = await rulesNow(await ec2Of(scope, resource), asked);
    if (rules.length === 0) return { verdict: "confirmed", level };
    return { verdict: "contradicted", level, detail: `the quarantine group ${asked} lets traffic pass: ${rules.join("; ")}` };
  },

  effects({ resource }) {
    if (resource.type === EXPOSURE) return [];
    const { account, region } = resource;
    // Only new connections: what is open and tracked survives, which is residual access and no failure.
    const at = keyOf(resource);
    return [{ kind: "flow", provider: "aws", account, region, peer: "*", at, direction: "both", established: false }];
  },

  merge(base, { after, asks }, now, held) {
    if (now === null || held.length > 0) return { state: now };
    if ("public" in now) return { state: sameJson(now, after) ? base : now };
    const ours = askedGroup(asks);
    const theirs = now.groups.filter((group) => group !== ours);
    const were = base !== null && "groups" in base ? base.groups : [];
    if (theirs.length === now.groups.length) {
      if (sameJson(now, base)) return { state: now };
      return { state: now, conflict: "somebody else took it out of the quarantine and gave it other groups" };
    }
    const groups = [...new Set([...were, ...theirs])].sort();
    if (groups.length <= MOST_GROUPS) return { state: { groups } };
    const conflict = `with the groups that somebody else added it would have ${groups.length}; a database takes ${MOST_GROUPS}`;
    return { state: now, conflict };
  },

  async residual(scope, { resource }) {
    return resource.type === EXPOSURE ? [] : residualOf(await lookAt(scope, resource), WORDS[resource.type] ?? "database");
  },
});

/** Errors: `config-part-missing`, `quarantine-group-open`. */
async function quarantineGroupOf(ec2: Ec2, vpc: string, { region, quarantineGroup: name }: Place): Promise<string> {
  const group = await findGroup(ec2, { vpc, name });
  if (group?.GroupId === undefined) {
    throw new ErError("config-part-missing", `${vpc} has no security group "${name}" to quarantine databases with`, {
      hints: [
        `aws ec2 create-security-group --region ${region} --vpc-id ${vpc} --group-name "${name}" --description "quarantine"`,
        "remove the outbound rule that it is made with",
      ],
    });
  }
  refuseOpen(group, { account: "", region });
  return group.GroupId;
}

/** Since the plan was made somebody may have put rules into it. */
async function refuseOpened(ec2: Ec2, id: string, resource: ResourceRef): Promise<void> {
  const group = await groupCalled(ec2, id);
  if (group === null) throw notAsRead("DescribeSecurityGroups", id);
  refuseOpen(group, resource);
}

async function rulesNow(ec2: Ec2, id: string): Promise<readonly string[]> {
  const group = await groupCalled(ec2, id);
  return group === null ? [] : rulesOf(group);
}

async function lookAt(scope: ReadScope, resource: ResourceRef): Promise<Database | null> {
  return findDatabase(await rdsOf(scope, resource), resource);
}

function stateOf({ type }: ResourceRef, database: Database | null): State | null {
  if (database === null) return null;
  return type === EXPOSURE ? { public: database.public === true } : { groups: database.groups };
}

function isStopped({ status }: Database): boolean {
  return status === "stopped" || status === "stopping";
}

function isChangeable(database: Database): boolean {
  return !isStopped(database) && database.status !== "deleting";
}

/** Instances of a Multi-AZ DB cluster cannot be changed one by one. */
function isMultiAz({ cluster }: Database, { clusters }: Found): boolean {
  return cluster !== undefined && ["mysql", "postgres"].includes(clusters.get(cluster)?.engine ?? "");
}

function whyLeft(database: Database, found: Found): string | null {
  const { cluster } = database;
  const said = `${WORDS[database.type]} "${database.name}"`;
  const together = found.databases.some(({ type, name }) => type === "db-cluster" && name === cluster);
  if (isStopped(database) && together) return null;
  if (isStopped(database))
    return `${said} is ${database.status}, and RDS changes none that does not run: nobody reaches it until it is started, which RDS does by itself after seven days`;
  if (cluster !== undefined && !together)
    return `${said} has the security groups of cluster "${cluster}", which has no such tag: of it only public access is closed`;
  if (database.public === true && isMultiAz(database, found))
    return `${said} stays publicly accessible, behind the cluster's quarantine group: instances of a Multi-AZ DB cluster are not changed one by one`;
  return null;
}

function refOf({ account, region }: Place, type: string, id: string): ResourceRef {
  return { provider: "aws", type, account, region, id };
}

function keyOf({ type, id }: Pick<ResourceRef, "type" | "id">): string {
  return `${type}/${id}`;
}

function sayMove({ type, id }: Pick<ResourceRef, "type" | "id">, group: string): string {
  return `move ${WORDS[type]} "${id}" into quarantine group "${group}" alone`;
}

function sayClosing({ id }: Pick<ResourceRef, "id">, open: boolean): string {
  return open ? `take public access from DB instance "${id}"` : `hold DB instance "${id}" without public access`;
}

function exampleMove(type: Database["type"], id: string) {
  const resource = refOf(EXAMPLE, type, id);
  return {
    key: keyOf(resource),
    resource,
    summary: sayMove(resource, EXAMPLE.quarantineGroup),
    before: { groups: ["sg-0db01"] },
    after: { groups: ["sg-0dbq01"] },
    asks: { group: "sg-0dbq01" },
  };
}

function exampleClosing(id: string, open: boolean, needs: readonly string[]) {
  const resource = refOf(EXAMPLE, EXPOSURE, id);
  const summary = sayClosing(resource, open);
  return { key: keyOf(resource), resource, summary, before: { public: open }, after: { public: false }, needs };
}

function say(state: State | null): string {
  if (state === null) return "gone";
  if ("public" in state) return state.public ? "public access" : "no public access";
  return `groups ${state.groups.join(", ")}`;
}

function askedGroup(asks: Json | undefined): string | null {
  return (asks as { readonly group?: string } | undefined)?.group ?? null;
}
