import type { ForeignEdit } from "../bench.ts";

export const foreignEdit: ForeignEdit = {
  what: "an administrator lets the examiners in through a group of their own at the load balancer",
  async edit(bench, resource) {
    type Found = { LoadBalancers: { LoadBalancerArn: string; VpcId: string; SecurityGroups: string[] }[] };
    const Names = [resource.id.split("/")[1]];
    const { LoadBalancers } = (await bench.aws("elbv2", "DescribeLoadBalancers", { Names }, resource)) as Found;
    const [balancer] = LoadBalancers;
    const input = { GroupName: "examiners", Description: "examiners", VpcId: balancer?.VpcId };
    const { GroupId } = (await bench.aws("ec2", "CreateSecurityGroup", input, resource)) as { GroupId: string };
    const SecurityGroups = [...(balancer?.SecurityGroups ?? []), GroupId];
    await bench.aws("elbv2", "SetSecurityGroups", { LoadBalancerArn: balancer?.LoadBalancerArn, SecurityGroups }, resource);
  },
  kept: (state) => {
    const { groups } = (state ?? { groups: [] }) as { groups: string[] };
    return groups.length > 1;
  },
};
