import {
  type DBCluster,
  type DBInstance,
  type DBProxy,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  DescribeDBProxiesCommand,
  DescribeDBSubnetGroupsCommand,
  ListTagsForResourceCommand,
  type RDSClient,
  type VpcSecurityGroupMembership,
} from "@aws-sdk/client-rds";
import { compact, defect, type ResourceRef, type SelectionOf, type Tag } from "../../../model/index.ts";
import { everyPage, orAbsent, type ReadScope } from "../../../providers/index.ts";

export type Rds = Pick<RDSClient, "send">;
type Place = { readonly account: string; readonly region: string };

/** What has security groups of its own, or, as an instance of a cluster, takes the cluster's. */
export type Database = {
  readonly type: "db-instance" | "db-cluster" | "db-proxy";
  readonly name: string;
  readonly status: string;
  readonly engine: string;
  /** Sorted: RDS keeps a set. Those that it is taking away do not count. */
  readonly groups: readonly string[];
  /** Whether RDS has done all that it was told about them. */
  readonly settled: boolean;
  /** Of a cluster: SQL over HTTPS, past the network. */
  readonly dataApi?: boolean;
  /** Of an instance. */
  readonly cluster?: string;
  readonly public?: boolean;
  /** Where instances and proxies are; of a cluster only the name of its subnet group is told. */
  readonly vpc?: string;
  readonly subnetGroup?: string;
};

export type Found = {
  /** With the tag, and the instances of clusters with the tag. */
  readonly databases: readonly Database[];
  /** All of them, whoever's, by name. */
  readonly clusters: ReadonlyMap<string, Database>;
};

export function rdsOf(scope: ReadScope, { account, region }: Place): Promise<Rds> {
  return scope.aws("rds", { account, region });
}

/** Sorted by type and name. RDS lists no proxy's tags: each is asked for. */
export async function findDatabases(rds: Rds, { tag }: SelectionOf<"aws.tagged-databases">): Promise<Found> {
  const clusters = await everyPage(
    (from) => rds.send(new DescribeDBClustersCommand(compact({ Marker: from }))),
    ({ DBClusters }) => DBClusters,
  );
  const instances = await everyPage(
    (from) => rds.send(new DescribeDBInstancesCommand(compact({ Marker: from }))),
    ({ DBInstances }) => DBInstances,
  );
  const proxies = await everyPage(
    (from) => rds.send(new DescribeDBProxiesCommand(compact({ Marker: from }))),
    ({ DBProxies }) => DBProxies,
  );
  const ours = clusters.filter(({ TagList }) => wears(TagList, tag)).map(ofCluster);
  const names = new Set(ours.map(({ name }) => name));
  const members = instances.filter(
    ({ TagList, DBClusterIdentifier = "" }) => wears(TagList, tag) || names.has(DBClusterIdentifier),
  );
  const pools: DBProxy[] = [];
  for (const proxy of proxies) {
    const { TagList } = await rds.send(new ListTagsForResourceCommand({ ResourceName: proxy.DBProxyArn }));
    if (wears(TagList, tag)) pools.push(proxy);
  }
  return {
    databases: [...sorted(ours), ...sorted(members.map(ofInstance)), ...sorted(pools.map(ofProxy))],
    clusters: new Map(clusters.map(ofCluster).map((cluster) => [cluster.name, cluster])),
  };
}

/** Null = absent. An exposure is asked of its instance. */
export async function findDatabase(rds: Rds, { type, id }: ResourceRef): Promise<Database | null> {
  if (type === "db-cluster") {
    const answer = await orAbsent(() => rds.send(new DescribeDBClustersCommand({ DBClusterIdentifier: id })));
    return answer?.DBClusters?.map(ofCluster)[0] ?? null;
  }
  if (type === "db-proxy") {
    const answer = await orAbsent(() => rds.send(new DescribeDBProxiesCommand({ DBProxyName: id })));
    return answer?.DBProxies?.map(ofProxy)[0] ?? null;
  }
  const answer = await orAbsent(() => rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: id })));
  return answer?.DBInstances?.map(ofInstance)[0] ?? null;
}

export async function vpcOf(rds: Rds, { name, vpc, subnetGroup }: Database): Promise<string> {
  if (vpc !== undefined) return vpc;
  const { DBSubnetGroups } = await rds.send(new DescribeDBSubnetGroupsCommand({ DBSubnetGroupName: subnetGroup }));
  return DBSubnetGroups?.[0]?.VpcId ?? defect(`"${name}" is in no VPC`);
}

function ofInstance(instance: DBInstance): Database {
  const { DBInstanceIdentifier, DBInstanceStatus = "", Engine = "", DBClusterIdentifier, DBSubnetGroup } = instance;
  return {
    type: "db-instance",
    name: DBInstanceIdentifier ?? defect("a DB instance has no name"),
    ...told(DBInstanceStatus, Engine, instance.VpcSecurityGroups),
    public: instance.PubliclyAccessible === true,
    ...(DBClusterIdentifier === undefined ? {} : { cluster: DBClusterIdentifier }),
    ...(DBSubnetGroup?.VpcId === undefined ? {} : { vpc: DBSubnetGroup.VpcId }),
  };
}

function ofCluster(cluster: DBCluster): Database {
  const { DBClusterIdentifier, Status = "", Engine = "", DBSubnetGroup, VpcSecurityGroups, HttpEndpointEnabled } = cluster;
  return {
    type: "db-cluster",
    name: DBClusterIdentifier ?? defect("a DB cluster has no name"),
    ...told(Status, Engine, VpcSecurityGroups),
    dataApi: HttpEndpointEnabled === true,
    ...(DBSubnetGroup === undefined ? {} : { subnetGroup: DBSubnetGroup }),
  };
}

function ofProxy({ DBProxyName, Status, EngineFamily = "", VpcId, VpcSecurityGroupIds = [] }: DBProxy): Database {
  return {
    type: "db-proxy",
    name: DBProxyName ?? defect("a DB proxy has no name"),
    ...told(
      Status ?? "",
      EngineFamily,
      VpcSecurityGroupIds.map((VpcSecurityGroupId) => ({ VpcSecurityGroupId, Status: "active" })),
    ),
    ...(VpcId === undefined ? {} : { vpc: VpcId }),
  };
}

function told(status: string, engine: string, memberships: readonly VpcSecurityGroupMembership[] = []) {
  const kept = memberships.filter(({ Status }) => Status !== "removing");
  return {
    status,
    engine,
    groups: [...new Set(kept.flatMap(({ VpcSecurityGroupId }) => VpcSecurityGroupId ?? []))].sort(),
    settled: status !== "modifying" && memberships.every(({ Status }) => Status === "active"),
  };
}

function wears(tags: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined, tag: Tag): boolean {
  return tags?.some(({ Key, Value }) => Key === tag.key && Value === tag.value) ?? false;
}

function sorted(databases: readonly Database[]): Database[] {
  return databases.toSorted((left, right) => (left.name < right.name ? -1 : 1));
}
