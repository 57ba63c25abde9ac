import type * as RDS from "@aws-sdk/client-rds";
import { sameJson } from "../../../model/index.ts";
import { ec2, rds } from "../keys.ts";
import type { GroupRow } from "../rows.ts";
import type { DatabaseRow } from "../service-rows.ts";
import { AwsFault } from "./fault.ts";
import { type Call, type Operation, operation } from "./operation.ts";
import { page } from "./paging.ts";

type Kind = DatabaseRow["kind"];
type Paged = { MaxRecords?: number | undefined; Marker?: string | undefined };

const PAGE = 100;
/** Of a network interface, which is what a database has. */
const MOST_GROUPS = 5;
const WORDS = {
  "db-instance": { fault: "DBInstance", arn: "db" },
  "db-cluster": { fault: "DBCluster", arn: "cluster" },
  "db-proxy": { fault: "DBProxy", arn: "db-proxy" },
} as const;

function keyOf(call: Call, { kind, name }: Pick<DatabaseRow, "kind" | "name">): string {
  return rds.database(call.account, call.region, `${kind}/${name}`);
}

function all(call: Call): readonly DatabaseRow[] {
  return call.tx.list<DatabaseRow>(rds.database(call.account, call.region, "")).map((row) => row.value);
}

function arnOf(call: Call, { kind, name }: DatabaseRow): string {
  return `arn:aws:rds:${call.region}:${call.account}:${WORDS[kind].arn}:${kind === "db-proxy" ? `prx-${name}` : name}`;
}

function tagsOf({ tags }: DatabaseRow): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

function found(call: Call, kind: Kind, name: string | undefined): DatabaseRow {
  const row = call.tx.newest<DatabaseRow>(keyOf(call, { kind, name: name ?? "" }));
  if (row !== null) return row;
  throw new AwsFault(`${WORDS[kind].fault}NotFoundFault`, 404, `${WORDS[kind].fault} ${name} not found.`);
}

/** Between the call and its effect. */
function isModifying(call: Call, row: DatabaseRow): boolean {
  return !sameJson(call.tx.effective<DatabaseRow>(keyOf(call, row)), row);
}

function statusOf(call: Call, row: DatabaseRow): string {
  if (row.stopped) return "stopped";
  return isModifying(call, row) ? "modifying" : "available";
}

function memberships(call: Call, row: DatabaseRow): RDS.VpcSecurityGroupMembership[] {
  const now = call.tx.effective<DatabaseRow>(keyOf(call, row))?.groups ?? [];
  return [
    ...row.groups.map((id) => ({ VpcSecurityGroupId: id, Status: now.includes(id) ? "active" : "adding" })),
    ...now.filter((id) => !row.groups.includes(id)).map((id) => ({ VpcSecurityGroupId: id, Status: "removing" })),
  ];
}

function subnetGroup(row: DatabaseRow): RDS.DBSubnetGroup {
  return { DBSubnetGroupName: row.vpc.replace("vpc-", ""), VpcId: row.vpc };
}

function describeInstance(call: Call, row: DatabaseRow): RDS.DBInstance {
  const keeper = row.cluster === undefined ? row : found(call, "db-cluster", row.cluster);
  return {
    DBInstanceIdentifier: row.name,
    DBInstanceStatus: statusOf(call, row),
    DBInstanceArn: arnOf(call, row),
    Engine: row.engine,
    PubliclyAccessible: row.public === true,
    VpcSecurityGroups: memberships(call, keeper),
    DBSubnetGroup: subnetGroup(row),
    PendingModifiedValues: {},
    TagList: tagsOf(row),
    ...(row.cluster === undefined ? {} : { DBClusterIdentifier: row.cluster }),
  };
}

function describeCluster(call: Call, row: DatabaseRow): RDS.DBCluster {
  const members = all(call).filter(({ cluster }) => cluster === row.name);
  return {
    DBClusterIdentifier: row.name,
    Status: statusOf(call, row),
    DBClusterArn: arnOf(call, row),
    Engine: row.engine,
    DBSubnetGroup: subnetGroup(row).DBSubnetGroupName,
    VpcSecurityGroups: memberships(call, row),
    DBClusterMembers: members.map(({ name }) => ({ DBInstanceIdentifier: name })),
    TagList: tagsOf(row),
  };
}

function describeProxy(call: Call, row: DatabaseRow): RDS.DBProxy {
  return {
    DBProxyName: row.name,
    DBProxyArn: arnOf(call, row),
    Status: isModifying(call, row) ? "modifying" : "available",
    EngineFamily: "POSTGRESQL",
    VpcId: row.vpc,
    VpcSecurityGroupIds: [...row.groups],
  };
}

function listed(call: Call<Paged>, kind: Kind, name: string | undefined) {
  const rows = name === undefined ? all(call).filter((row) => row.kind === kind) : [found(call, kind, name)];
  const { items, next } = page(rows, (row) => row.name, call.pageSize(call.input.MaxRecords, PAGE), call.input.Marker);
  return { items, rest: next === undefined ? {} : { Marker: next } };
}

function describeSubnetGroups(call: Call<RDS.DescribeDBSubnetGroupsCommandInput>) {
  const { DBSubnetGroupName: name, MaxRecords, Marker } = call.input;
  const groups = [...new Map(all(call).map((row) => [row.vpc, subnetGroup(row)])).values()];
  const asked = groups.filter(({ DBSubnetGroupName }) => name === undefined || DBSubnetGroupName === name);
  if (name !== undefined && asked.length === 0) {
    throw new AwsFault("DBSubnetGroupNotFoundFault", 404, `DB subnet group '${name}' does not exist.`);
  }
  const { items, next } = page(asked, (one) => one.DBSubnetGroupName ?? "", call.pageSize(MaxRecords, PAGE), Marker);
  return { DBSubnetGroups: [...items], ...(next === undefined ? {} : { Marker: next }) };
}

function listTags(call: Call<RDS.ListTagsForResourceCommandInput>) {
  const row = all(call).find((one) => arnOf(call, one) === call.input.ResourceName);
  if (row === undefined) throw new AwsFault("DBInstanceNotFoundFault", 404, `${call.input.ResourceName} not found.`);
  return { TagList: tagsOf(row) };
}

function modify(call: Call, kind: Kind, name: string | undefined, groups: readonly string[] | undefined, open?: boolean) {
  const row = found(call, kind, name);
  const { fault } = WORDS[kind];
  const status = statusOf(call, row);
  if (status !== "available")
    throw new AwsFault(`Invalid${fault}StateFault`, 400, `${fault} ${name} is not in available state: it is ${status}.`);
  if (groups !== undefined && row.cluster !== undefined)
    throw new AwsFault(
      "InvalidParameterCombination",
      400,
      "The specified DB Instance is a member of a cluster. Modify the vpc security groups of the DB Cluster instead.",
    );
  if (groups !== undefined && groups.length > MOST_GROUPS)
    throw new AwsFault("InvalidParameterValue", 400, `At most ${MOST_GROUPS} security groups are taken.`);
  for (const id of groups ?? []) {
    if (call.tx.newest<GroupRow>(ec2.group(call.account, call.region, id))?.vpc === row.vpc) continue;
    throw new AwsFault("InvalidParameterValue", 400, `Invalid security group , groupId= ${id}, groupName=.`);
  }
  const changed: DatabaseRow = {
    ...row,
    ...(groups === undefined ? {} : { groups: [...new Set(groups)].sort() }),
    ...(open === undefined ? {} : { public: open }),
  };
  if (!sameJson(changed, row)) call.put("database", keyOf(call, row), changed);
  return changed;
}

export const rdsOperations: Operation[] = [
  operation<RDS.DescribeDBInstancesCommandInput, RDS.DescribeDBInstancesCommandOutput>("rds", "DescribeDBInstances", {
    iam: "rds:DescribeDBInstances",
    answer: (call) => {
      const { items, rest } = listed(call, "db-instance", call.input.DBInstanceIdentifier);
      return { DBInstances: items.map((row) => describeInstance(call, row)), ...rest };
    },
  }),
  operation<RDS.DescribeDBClustersCommandInput, RDS.DescribeDBClustersCommandOutput>("rds", "DescribeDBClusters", {
    iam: "rds:DescribeDBClusters",
    answer: (call) => {
      const { items, rest } = listed(call, "db-cluster", call.input.DBClusterIdentifier);
      return { DBClusters: items.map((row) => describeCluster(call, row)), ...rest };
    },
  }),
  operation<RDS.DescribeDBProxiesCommandInput, RDS.DescribeDBProxiesCommandOutput>("rds", "DescribeDBProxies", {
    iam: "rds:DescribeDBProxies",
    answer: (call) => {
      const { items, rest } = listed(call, "db-proxy", call.input.DBProxyName);
      return { DBProxies: items.map((row) => describeProxy(call, row)), ...rest };
    },
  }),
  operation<RDS.DescribeDBSubnetGroupsCommandInput, RDS.DescribeDBSubnetGroupsCommandOutput>("rds", "DescribeDBSubnetGroups", {
    iam: "rds:DescribeDBSubnetGroups",
    answer: describeSubnetGroups,
  }),
  operation<RDS.ListTagsForResourceCommandInput, RDS.ListTagsForResourceCommandOutput>("rds", "ListTagsForResource", {
    iam: "rds:ListTagsForResource",
    resource: (call) => call.input.ResourceName ?? "*",
    answer: listTags,
  }),
  operation<RDS.ModifyDBInstanceCommandInput, RDS.ModifyDBInstanceCommandOutput>("rds", "ModifyDBInstance", {
    iam: "rds:ModifyDBInstance",
    resource: (call) => `arn:aws:rds:${call.region}:${call.account}:db:${call.input.DBInstanceIdentifier}`,
    answer: (call) => {
      const { DBInstanceIdentifier, VpcSecurityGroupIds, PubliclyAccessible } = call.input;
      const row = modify(call, "db-instance", DBInstanceIdentifier, VpcSecurityGroupIds, PubliclyAccessible);
      return { DBInstance: describeInstance(call, row) };
    },
  }),
  operation<RDS.ModifyDBClusterCommandInput, RDS.ModifyDBClusterCommandOutput>("rds", "ModifyDBCluster", {
    iam: "rds:ModifyDBCluster",
    resource: (call) => `arn:aws:rds:${call.region}:${call.account}:cluster:${call.input.DBClusterIdentifier}`,
    answer: (call) => {
      const row = modify(call, "db-cluster", call.input.DBClusterIdentifier, call.input.VpcSecurityGroupIds);
      return { DBCluster: describeCluster(call, row) };
    },
  }),
  operation<RDS.ModifyDBProxyCommandInput, RDS.ModifyDBProxyCommandOutput>("rds", "ModifyDBProxy", {
    iam: "rds:ModifyDBProxy",
    answer: (call) => {
      const row = modify(call, "db-proxy", call.input.DBProxyName, call.input.SecurityGroups);
      return { DBProxy: describeProxy(call, row) };
    },
  }),
];
