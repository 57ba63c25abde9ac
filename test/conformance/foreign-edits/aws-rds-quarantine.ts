import type { ForeignEdit } from "../bench.ts";

export const foreignEdit: ForeignEdit = {
  what: "an administrator lets the examiners in through a group of their own at the cluster",
  async edit(bench, resource) {
    type Found = { DBClusters: { VpcSecurityGroups: { VpcSecurityGroupId: string; Status: string }[] }[] };
    const cluster = { DBClusterIdentifier: resource.id };
    const { DBClusters } = (await bench.aws("rds", "DescribeDBClusters", cluster, resource)) as Found;
    const kept = DBClusters[0]?.VpcSecurityGroups.filter(({ Status }) => Status !== "removing") ?? [];
    const GroupIds = kept.map(({ VpcSecurityGroupId }) => VpcSecurityGroupId);
    const { SecurityGroups } = (await bench.aws("ec2", "DescribeSecurityGroups", { GroupIds }, resource)) as {
      SecurityGroups: { VpcId: string }[];
    };
    const made = { GroupName: "examiners", Description: "examiners", VpcId: SecurityGroups[0]?.VpcId };
    const { GroupId } = (await bench.aws("ec2", "CreateSecurityGroup", made, resource)) as { GroupId: string };
    const VpcSecurityGroupIds = [...GroupIds, GroupId];
    await bench.aws("rds", "ModifyDBCluster", { ...cluster, VpcSecurityGroupIds, ApplyImmediately: true }, resource);
  },
  kept: (state) => {
    const { groups } = (state ?? { groups: [] }) as { groups: string[] };
    return groups.length > 1;
  },
};
