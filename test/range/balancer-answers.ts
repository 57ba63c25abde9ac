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

export async function answersOfRules(ask: Ask): Promise<void> {
  const { LoadBalancers } = await ask<{ LoadBalancers: Balancer[] }>("elbv2:DescribeLoadBalancers", { Names: ["shop"] });
  const of = { LoadBalancerArn: LoadBalancers[0]?.LoadBalancerArn };
  const { Listeners } = await ask<{ Listeners: { ListenerArn: string; Port: number }[] }>("elbv2:DescribeListeners", of);
  assert.deepEqual(
    Listeners.map(({ Port }) => Port),
    [80, 443],
  );
  const ListenerArn = Listeners[1]?.ListenerArn;
  type Rules = { Rules: { RuleArn: string; Priority: string; Conditions: { Values?: string[] }[] }[] };
  const { Rules } = await ask<Rules>("elbv2:DescribeRules", { ListenerArn });
  assert.deepEqual(
    Rules.map(({ Priority, Conditions }) => [Priority, Conditions[0]?.Values]),
    [
      ["1", ["globex.shop.example"]],
      ["10", ["/api/*"]],
      ["default", undefined],
    ],
  );
  const Conditions = [{ Field: "host-header", HostHeaderConfig: { Values: ["acme.shop.example"] } }];
  const Actions = [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "503" } }];
  const create = (input: object) => ask<Rules>("elbv2:CreateRule", { ListenerArn, Priority: 2, Conditions, Actions, ...input });
  await assert.rejects(create({ Priority: 1 }), { name: "PriorityInUseException" });
  await assert.rejects(create({ Priority: 0 }), { name: "ValidationError" });
  await assert.rejects(create({ ListenerArn: `${ListenerArn}0` }), { name: "ListenerNotFoundException" });
  const made = await create({ Tags: [{ Key: "made-by", Value: "hand" }] });
  const RuleArn = made.Rules[0]?.RuleArn;
  const told = await ask<{ TagDescriptions: { Tags: object[] }[] }>("elbv2:DescribeTags", { ResourceArns: [RuleArn] });
  assert.deepEqual(told.TagDescriptions[0]?.Tags, [{ Key: "made-by", Value: "hand" }]);
  const { Rules: changed } = await ask<Rules>("elbv2:ModifyRule", { RuleArn, Actions });
  assert.deepEqual(changed[0]?.Conditions[0]?.Values, ["acme.shop.example"]);
  const { Limits } = await ask<{ Limits: { Name: string; Max: string }[] }>("elbv2:DescribeAccountLimits", {});
  const most = Number(Limits.find(({ Name }) => Name === "rules-per-application-load-balancer")?.Max);
  for (let Priority = 100; Priority < 100 + most - 3; Priority += 1) await create({ Priority });
  await assert.rejects(create({ Priority: 3 }), { name: "TooManyRulesException" });
  await ask("elbv2:DeleteRule", { RuleArn });
  await assert.rejects(ask("elbv2:DeleteRule", { RuleArn }), { name: "RuleNotFoundException" });
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

export async function answersOfInternetBlock(ask: Ask): Promise<void> {
  type Told = { VpcBlockPublicAccessOptions: { State: string; InternetGatewayBlockMode: string; ManagedBy: string } };
  const told = async () => (await ask<Told>("ec2:DescribeVpcBlockPublicAccessOptions", {})).VpcBlockPublicAccessOptions;
  const { State, InternetGatewayBlockMode, ManagedBy } = await told();
  assert.deepEqual([State, InternetGatewayBlockMode, ManagedBy], ["update-complete", "off", "account"]);
  const modify = (mode: string) => ask("ec2:ModifyVpcBlockPublicAccessOptions", { InternetGatewayBlockMode: mode });
  await assert.rejects(modify("block-egress"), { name: "InvalidParameterValue" });
  await modify("block-ingress");
  assert.equal((await told()).State, "update-in-progress");
  await assert.rejects(modify("off"), { name: "IncorrectState" });
  const exclude = (input: object) =>
    ask("ec2:CreateVpcBlockPublicAccessExclusion", { InternetGatewayExclusionMode: "allow-egress", ...input });
  await assert.rejects(exclude({}), { name: "InvalidParameterCombination" });
  await assert.rejects(exclude({ VpcId: "vpc-nowhere" }), { name: "InvalidVpcID.NotFound" });
  await assert.rejects(exclude({ SubnetId: "subnet-nowhere" }), { name: "InvalidSubnetID.NotFound" });
  await exclude({ SubnetId: "subnet-0shop01" });
  type Excluded = { VpcBlockPublicAccessExclusions: { ResourceArn: string; State: string }[] };
  const { VpcBlockPublicAccessExclusions } = await ask<Excluded>("ec2:DescribeVpcBlockPublicAccessExclusions", {});
  assert.deepEqual(
    VpcBlockPublicAccessExclusions.map((one) => [one.ResourceArn, one.State]),
    [["arn:aws:ec2:us-east-1:123456789012:subnet/subnet-0shop01", "create-in-progress"]],
  );
}
