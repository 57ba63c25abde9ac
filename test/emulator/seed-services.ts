import type { Caller } from "./caller.ts";

type Ids = Map<string, string>;

/** What keeps the seeded hosts in service, as in the range's estate: an Auto Scaling group. */
export async function seedAutoScaling(call: Caller, ids: Ids): Promise<void> {
  const AutoScalingGroupName = "acme-web";
  await call("autoscaling:CreateLaunchConfiguration", {
    LaunchConfigurationName: "acme-web",
    ImageId: "ami-12c6146b",
    InstanceType: "t3.medium",
  });
  await call("autoscaling:CreateAutoScalingGroup", {
    AutoScalingGroupName,
    LaunchConfigurationName: "acme-web",
    MinSize: 0,
    MaxSize: 2,
    DesiredCapacity: 0,
    VPCZoneIdentifier: ids.get("subnet-0edge01"),
  });
  const InstanceIds = ["i-0acme01", "i-0acme02"].map((id) => ids.get(id));
  await call("autoscaling:AttachInstances", { AutoScalingGroupName, InstanceIds });
}

/** Their load balancers' target groups, from one of which a containment took the first host before. */
export async function seedTargets(call: Caller, ids: Ids): Promise<void> {
  for (const [Name, TargetType, Port, there, targets] of [
    ["acme-api", "ip", 8080, "0a1b2c3d4e5f6a70", ["10.0.1.21"]],
    ["acme-web", "instance", 443, "0a1b2c3d4e5f6a71", ["i-0acme01", "i-0acme02", "i-0globex01"]],
  ] as const) {
    type Made = { TargetGroups: { TargetGroupArn: string }[] };
    const input = { Name, TargetType, Port, Protocol: "HTTPS", VpcId: ids.get("vpc-0edge") };
    const { TargetGroups } = await call<Made>("elbv2:CreateTargetGroup", input);
    const TargetGroupArn = TargetGroups[0]?.TargetGroupArn ?? "";
    ids.set(there, TargetGroupArn.split("/").at(-1) ?? "");
    const Targets = targets.map((id) => ({ Id: ids.get(id) ?? id, Port }));
    await call("elbv2:RegisterTargets", { TargetGroupArn, Targets });
  }
  await seedListeners(call, ids);
  const Key = `soc2-er:target:acme-api:${ids.get("0a1b2c3d4e5f6a70")}:10.0.1.11:8080`;
  await call("ec2:CreateTags", { Resources: [ids.get("i-0acme01")], Tags: [{ Key, Value: "deregistered" }] });
}

/** What the shop's load balancers listen on: the range's two listeners of requests, with their rules, and one that knows none. */
async function seedListeners(call: Caller, ids: Ids): Promise<void> {
  const arn = (kind: string, id: string) => `arn:aws:elasticloadbalancing:us-east-1:123456789012:${kind}/${id}`;
  const to = (name: string, hash: string) => [
    { Type: "forward", TargetGroupArn: arn("targetgroup", `${name}/${ids.get(hash)}`) },
  ];
  const DefaultActions = to("acme-web", "0a1b2c3d4e5f6a71");
  type Made = { Listeners: { ListenerArn: string }[] };
  const listen = async (balancer: string, Protocol: string, Port: number, there: string): Promise<string> => {
    const LoadBalancerArn = arn("loadbalancer", ids.get(balancer) ?? balancer);
    const { Listeners } = await call<Made>("elbv2:CreateListener", { LoadBalancerArn, Protocol, Port, DefaultActions });
    const ListenerArn = Listeners[0]?.ListenerArn ?? "";
    ids.set(there, ListenerArn.split("/").at(-1) ?? "");
    return ListenerArn;
  };
  await listen("app/shop/0a1b2c3d4e5f6a7b", "HTTP", 80, "8a1b2c3d4e5f6a80");
  await listen("net/shop-tcp/1a1b2c3d4e5f6a7b", "TCP", 443, "8a1b2c3d4e5f6a82");
  const ListenerArn = await listen("app/shop/0a1b2c3d4e5f6a7b", "HTTPS", 443, "8a1b2c3d4e5f6a81");
  const rule = (Priority: number, condition: object, Actions: object[]) =>
    call("elbv2:CreateRule", { ListenerArn, Priority, Conditions: [condition], Actions });
  const host = { Field: "host-header", HostHeaderConfig: { Values: ["globex.shop.example"] } };
  await rule(1, host, DefaultActions);
  const path = { Field: "path-pattern", PathPatternConfig: { Values: ["/api/*"] } };
  await rule(10, path, to("acme-api", "0a1b2c3d4e5f6a70"));
}
