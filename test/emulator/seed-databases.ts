import type { Caller } from "./caller.ts";

type Ids = Map<string, string>;

/** The tenants' databases as in the range's estate, in a VPC of their own that has a quarantine group. */
export async function seedDatabases(call: Caller, ids: Ids): Promise<void> {
  const { Vpc } = await call<{ Vpc: { VpcId: string } }>("ec2:CreateVpc", { CidrBlock: "10.1.0.0/16" });
  const { VpcId } = Vpc;
  ids.set("vpc-0data", VpcId);
  const SubnetIds: string[] = [];
  for (const [index, AvailabilityZone] of ["us-east-1a", "us-east-1b"].entries()) {
    const input = { VpcId, CidrBlock: `10.1.${index}.0/24`, AvailabilityZone };
    SubnetIds.push((await call<{ Subnet: { SubnetId: string } }>("ec2:CreateSubnet", input)).Subnet.SubnetId);
  }
  for (const [there, GroupName] of [
    ["sg-0db01", "database"],
    ["sg-0dbq01", "soc2-er-quarantine"],
  ] as const) {
    const input = { GroupName, Description: GroupName, VpcId };
    ids.set(there, (await call<{ GroupId: string }>("ec2:CreateSecurityGroup", input)).GroupId);
  }
  const IpPermissions = [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];
  await call("ec2:RevokeSecurityGroupEgress", { GroupId: ids.get("sg-0dbq01"), IpPermissions });
  const DBSubnetGroupName = "data";
  await call("rds:CreateDBSubnetGroup", { DBSubnetGroupName, DBSubnetGroupDescription: "data", SubnetIds });
  await databases(call, { DBSubnetGroupName, VpcSecurityGroupIds: [ids.get("sg-0db01")] });
  await call("rds:CreateDBProxy", {
    DBProxyName: "acme-pool",
    EngineFamily: "POSTGRESQL",
    Auth: [{ AuthScheme: "SECRETS", SecretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:acme" }],
    RoleArn: "arn:aws:iam::123456789012:role/pool",
    VpcSubnetIds: SubnetIds,
    VpcSecurityGroupIds: [ids.get("sg-0db01")],
    Tags: tagsOf("acme"),
  });
}

const tagsOf = (tenant: string) => [{ Key: "tenant", Value: tenant }];

async function databases(call: Caller, network: object): Promise<void> {
  const user = { MasterUsername: "owner", MasterUserPassword: "not-a-secret" };
  const own = { ...network, ...user, DBInstanceClass: "db.t3.medium", Engine: "postgres", AllocatedStorage: 20 };
  for (const [DBInstanceIdentifier, PubliclyAccessible, tenant] of [
    ["acme-orders", true, "acme"],
    ["acme-archive", false, "acme"],
    ["globex-orders", true, "globex"],
  ] as const)
    await call("rds:CreateDBInstance", { ...own, DBInstanceIdentifier, PubliclyAccessible, Tags: tagsOf(tenant) });
  await call("rds:StopDBInstance", { DBInstanceIdentifier: "acme-archive" });
  const DBClusterIdentifier = "acme-ledger";
  const Engine = "aurora-postgresql";
  await call("rds:CreateDBCluster", { ...network, ...user, DBClusterIdentifier, Engine, Tags: tagsOf("acme") });
  await call("rds:CreateDBInstance", {
    DBInstanceIdentifier: "acme-ledger-1",
    DBClusterIdentifier,
    Engine,
    DBInstanceClass: "db.t3.medium",
    PubliclyAccessible: false,
  });
}
