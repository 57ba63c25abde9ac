import type { Caller } from "./caller.ts";

type Ids = Map<string, string>;

/** What stands in front of the shop, and the group that closes it. Of the network there has to be something already. */
export async function seedBalancers(call: Caller, ids: Ids): Promise<void> {
  const here = (id: string): string => ids.get(id) ?? id;
  const input = { GroupName: "lockdown", Description: "closes an entrance", VpcId: here("vpc-0edge") };
  const { GroupId } = await call<{ GroupId: string }>("ec2:CreateSecurityGroup", input);
  const IpPermissions = [{ IpProtocol: "tcp", FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: "198.51.100.0/24" }] }];
  await call("ec2:AuthorizeSecurityGroupIngress", { GroupId, IpPermissions });
  ids.set("sg-0lock01", GroupId);
  const Subnets = ["subnet-0edge01", "subnet-0app01"].map(here);
  for (const [there, Type, groups] of [
    ["app/shop/0a1b2c3d4e5f6a7b", "application", ["sg-0web01"]],
    ["net/shop-tcp/1a1b2c3d4e5f6a7b", "network", ["sg-0app01"]],
    ["net/shop-legacy/2a1b2c3d4e5f6a7b", "network", []],
  ] as const) {
    const Name = there.split("/")[1] ?? there;
    const SecurityGroups = groups.map(here);
    const Tags = [{ Key: "entrance", Value: "shop" }];
    type Made = { LoadBalancers: { LoadBalancerArn: string }[] };
    const made = await call<Made>("elbv2:CreateLoadBalancer", { Name, Type, Subnets, SecurityGroups, Tags });
    ids.set(there, made.LoadBalancers[0]?.LoadBalancerArn.split(":loadbalancer/")[1] ?? there);
  }
}
