import type { IpPermission } from "@aws-sdk/client-ec2";
import { compact, type Tag, type TagOrIds } from "../model/index.ts";
import { everyPage, type ReadScope } from "../providers/index.ts";

/** One rule of a security group that lets somebody in. `peer` is a network, or null for a prefix list. */
export type Inbound = { readonly peer: string | null; readonly protocol: string; readonly from: number; readonly to: number };
type Place = { readonly account: string; readonly region: string };

/** What groups let in from outside; a group that does not exist yet lets in nobody. */
export async function inboundOf(scope: ReadScope, { account, region }: Place, groups: readonly string[]): Promise<Inbound[]> {
  const GroupIds = groups.filter((group) => group.startsWith("sg-"));
  if (GroupIds.length === 0) return [];
  const { DescribeSecurityGroupsCommand } = await import("@aws-sdk/client-ec2");
  const ec2 = await scope.aws("ec2", { account, region });
  const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds }));
  return (SecurityGroups ?? []).flatMap(({ IpPermissions }) => IpPermissions ?? []).flatMap(rulesOf);
}

function rulesOf({ IpProtocol = "-1", FromPort = -1, ToPort = -1, ...peers }: IpPermission): Inbound[] {
  const { IpRanges = [], Ipv6Ranges = [], PrefixListIds = [] } = peers;
  const networks = [
    ...IpRanges.flatMap(({ CidrIp }) => CidrIp ?? []),
    ...Ipv6Ranges.flatMap(({ CidrIpv6 }) => CidrIpv6 ?? []),
    ...PrefixListIds.map(() => null),
  ];
  return networks.map((peer) => ({ peer, protocol: IpProtocol, from: FromPort, to: ToPort }));
}

/** Ids of the subnets that a selection names. */
export async function subnetsOf(scope: ReadScope, { account, region }: Place, select: TagOrIds): Promise<readonly string[]> {
  if ("ids" in select) return select.ids;
  const { DescribeSubnetsCommand } = await import("@aws-sdk/client-ec2");
  const ec2 = await scope.aws("ec2", { account, region });
  const Filters = [{ Name: `tag:${select.tag.key}`, Values: [select.tag.value] }];
  const found = await everyPage(
    (from) => ec2.send(new DescribeSubnetsCommand(compact({ Filters, NextToken: from }))),
    ({ Subnets }) => Subnets,
  );
  return found.flatMap(({ SubnetId }) => SubnetId ?? []);
}

/** Network interfaces of the instances that carry one of the tags, and the subnet of each. */
export async function interfacesTagged(
  scope: ReadScope,
  { account, region }: Place,
  tags: readonly Tag[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  if (tags.length === 0) return found;
  const { DescribeInstancesCommand } = await import("@aws-sdk/client-ec2");
  const ec2 = await scope.aws("ec2", { account, region });
  for (const { key, value } of tags) {
    const Filters = [{ Name: `tag:${key}`, Values: [value] }];
    const hosts = await everyPage(
      (from) => ec2.send(new DescribeInstancesCommand(compact({ Filters, NextToken: from }))),
      ({ Reservations }) => Reservations?.flatMap(({ Instances }) => Instances ?? []),
    );
    for (const { NetworkInterfaceId, SubnetId = "" } of hosts.flatMap(({ NetworkInterfaces }) => NetworkInterfaces ?? []))
      if (NetworkInterfaceId !== undefined) found.set(NetworkInterfaceId, SubnetId);
  }
  return found;
}

/** The VPC of each subnet. */
export async function vpcsOf(
  scope: ReadScope,
  { account, region }: Place,
  subnets: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (subnets.length === 0) return new Map();
  const { DescribeSubnetsCommand } = await import("@aws-sdk/client-ec2");
  const ec2 = await scope.aws("ec2", { account, region });
  const { Subnets } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [...subnets] }));
  return new Map((Subnets ?? []).map(({ SubnetId = "", VpcId = "" }) => [SubnetId, VpcId]));
}

/** Ids of the VPCs and subnets that VPC Block Public Access leaves open in both directions, as they are in force now. */
export async function excludedFromBlock(scope: ReadScope, { account, region }: Place): Promise<ReadonlySet<string>> {
  const { DescribeVpcBlockPublicAccessExclusionsCommand } = await import("@aws-sdk/client-ec2");
  const ec2 = await scope.aws("ec2", { account, region });
  const exclusions = await everyPage(
    (from) => ec2.send(new DescribeVpcBlockPublicAccessExclusionsCommand(compact({ NextToken: from }))),
    ({ VpcBlockPublicAccessExclusions }) => VpcBlockPublicAccessExclusions,
  );
  const open = exclusions.filter(
    ({ InternetGatewayExclusionMode: mode, State }) =>
      mode === "allow-bidirectional" && (State === "create-complete" || State === "update-complete"),
  );
  return new Set(open.map(({ ResourceArn = "" }) => ResourceArn.slice(ResourceArn.lastIndexOf("/") + 1)));
}
