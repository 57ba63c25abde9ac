import assert from "node:assert/strict";

type Ask = <T = Record<string, never>>(name: string, input: object) => Promise<T>;
type Balancer = { LoadBalancerArn: string; LoadBalancerName: string; SecurityGroups?: string[] };

export async function answersOfSubnets(ask: Ask): Promise<void> {
  const tagged = { Filters: [{ Name: "tag:entrance", Values: ["shop"] }] };
  const { Subnets } = await ask<{ Subnets: { SubnetId: string }[] }>("ec2:DescribeSubnets", tagged);
  assert.deepEqual(
    Subnets.map(({ SubnetId }) => SubnetId),
    ["subnet-0shop01"],
  );
  const replace = (AssociationId: string, NetworkAclId: string) =>
    ask<{ NewAssociationId: string }>("ec2:ReplaceNetworkAclAssociation", { AssociationId, NetworkAclId });
  const { NewAssociationId } = await replace("aclassoc-0shop01", "acl-0lock01");
  await assert.rejects(replace("aclassoc-0shop01", "acl-0app01"), { name: "InvalidAssociationID.NotFound" });
  await assert.rejects(replace(NewAssociationId, "acl-nowhere"), { name: "InvalidNetworkAclID.NotFound" });
  await replace(NewAssociationId, "acl-0app01");
}

export async function answersOfBalancers(ask: Ask): Promise<void> {
  const { LoadBalancers } = await ask<{ LoadBalancers: Balancer[] }>("elbv2:DescribeLoadBalancers", {});
  const arnOf = (name: string) => LoadBalancers.find(({ LoadBalancerName }) => LoadBalancerName === name)?.LoadBalancerArn;
  const told = await ask<{ TagDescriptions: { Tags: object[] }[] }>("elbv2:DescribeTags", { ResourceArns: [arnOf("shop")] });
  assert.deepEqual(told.TagDescriptions[0]?.Tags, [{ Key: "entrance", Value: "shop" }]);
  const unknown = { name: "LoadBalancerNotFoundException" };
  await assert.rejects(ask("elbv2:DescribeLoadBalancers", { Names: ["shop", "nobody"] }), unknown);
  const set = (name: string, SecurityGroups: string[]) =>
    ask("elbv2:SetSecurityGroups", { LoadBalancerArn: arnOf(name) ?? "arn:none", SecurityGroups });
  await set("shop", ["sg-0web01", "sg-0lock01"]);
  const { LoadBalancers: after } = await ask<{ LoadBalancers: Balancer[] }>("elbv2:DescribeLoadBalancers", { Names: ["shop"] });
  assert.deepEqual(after[0]?.SecurityGroups, ["sg-0lock01", "sg-0web01"]);
  await assert.rejects(ask("ec2:DeleteSecurityGroup", { GroupId: "sg-0lock01" }), { name: "DependencyViolation" });
  await assert.rejects(set("nobody", ["sg-0web01"]), unknown);
  await assert.rejects(set("shop", ["sg-nowhere"]), { name: "InvalidSecurityGroupException" });
  for (const [name, groups] of [
    ["shop-legacy", ["sg-0web01"]],
    ["shop", []],
  ] as const)
    await assert.rejects(set(name, [...groups]), { name: "InvalidConfigurationRequestException" });
  await set("shop", ["sg-0web01"]);
}

export async function answersOfPrefixLists(ask: Ask): Promise<void> {
  const PrefixListId = "pl-0shop01";
  type Lists = { PrefixLists: { Version: number; State: string }[] };
  const { PrefixLists } = await ask<Lists>("ec2:DescribeManagedPrefixLists", { PrefixListIds: [PrefixListId] });
  assert.deepEqual([PrefixLists[0]?.Version, PrefixLists[0]?.State], [1, "create-complete"]);
  const { Entries } = await ask<{ Entries: object[] }>("ec2:GetManagedPrefixListEntries", { PrefixListId });
  assert.equal(Entries.length, 2);
  const modify = (input: object) => ask("ec2:ModifyManagedPrefixList", { PrefixListId, ...input });
  const one = [{ Cidr: "192.0.2.0/24" }];
  await assert.rejects(modify({ CurrentVersion: 7, AddEntries: one }), { name: "PrefixListVersionMismatch" });
  const many = Array.from({ length: 9 }, (_, index) => ({ Cidr: `192.0.2.${index}/32` }));
  await assert.rejects(modify({ CurrentVersion: 1, AddEntries: many }), { name: "PrefixListMaxEntriesExceeded" });
  await modify({ CurrentVersion: 1, AddEntries: one });
  await assert.rejects(modify({ CurrentVersion: 2, RemoveEntries: one }), { name: "IncorrectState" });
}
