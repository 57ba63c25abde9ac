import assert from "node:assert/strict";

type Ask = <T = Record<string, never>>(name: string, input: object) => Promise<T>;
type Instance = {
  DBInstanceIdentifier: string;
  DBInstanceStatus: string;
  VpcSecurityGroups: { VpcSecurityGroupId: string; Status: string }[];
};

export async function answersOfDatabases(ask: Ask): Promise<void> {
  const lookAt = async (DBInstanceIdentifier: string) =>
    (await ask<{ DBInstances: Instance[] }>("rds:DescribeDBInstances", { DBInstanceIdentifier })).DBInstances[0];
  await assert.rejects(lookAt("nobody"), { name: "DBInstanceNotFoundFault" });
  await assert.rejects(ask("rds:DescribeDBClusters", { DBClusterIdentifier: "nobody" }), { name: "DBClusterNotFoundFault" });
  const { DBProxies } = await ask<{ DBProxies: { DBProxyArn: string }[] }>("rds:DescribeDBProxies", {});
  const ofProxy = { ResourceName: DBProxies[0]?.DBProxyArn };
  const { TagList } = await ask<{ TagList: object[] }>("rds:ListTagsForResource", ofProxy);
  assert.deepEqual(TagList, [{ Key: "tenant", Value: "acme" }]);
  const subnets = { DBSubnetGroupName: "0data" };
  const { DBSubnetGroups } = await ask<{ DBSubnetGroups: { VpcId: string }[] }>("rds:DescribeDBSubnetGroups", subnets);
  assert.deepEqual(
    DBSubnetGroups.map(({ VpcId }) => VpcId),
    ["vpc-0data"],
  );
  const modify = (DBInstanceIdentifier: string, input: object) =>
    ask("rds:ModifyDBInstance", { DBInstanceIdentifier, ApplyImmediately: true, ...input });
  const VpcSecurityGroupIds = ["sg-0dbq01"];
  await assert.rejects(modify("acme-archive", { VpcSecurityGroupIds }), { name: "InvalidDBInstanceStateFault" });
  await assert.rejects(modify("acme-ledger-1", { VpcSecurityGroupIds }), { name: "InvalidParameterCombination" });
  await assert.rejects(modify("acme-orders", { VpcSecurityGroupIds: ["sg-0web01"] }), { name: "InvalidParameterValue" });
  await assert.rejects(modify("acme-orders", { VpcSecurityGroupIds: "abcdef".split("") }), { name: "InvalidParameterValue" });
  await modify("acme-orders", { VpcSecurityGroupIds });
  const now = await lookAt("acme-orders");
  assert.equal(now?.DBInstanceStatus, "modifying");
  assert.deepEqual(now?.VpcSecurityGroups, [
    { VpcSecurityGroupId: "sg-0dbq01", Status: "adding" },
    { VpcSecurityGroupId: "sg-0db01", Status: "removing" },
  ]);
  await assert.rejects(modify("acme-orders", { PubliclyAccessible: false }), { name: "InvalidDBInstanceStateFault" });
  await ask("rds:ModifyDBCluster", { DBClusterIdentifier: "acme-ledger", VpcSecurityGroupIds, ApplyImmediately: true });
  await ask("rds:ModifyDBProxy", { DBProxyName: "acme-pool", SecurityGroups: VpcSecurityGroupIds });
  await assert.rejects(ask("ec2:DeleteSecurityGroup", { GroupId: "sg-0dbq01" }), { name: "DependencyViolation" });
}
