import {
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  type NetworkInterface,
  type SecurityGroup,
} from "@aws-sdk/client-ec2";
import { defect, type ResourceRef, type Tag } from "../../../model/index.ts";
import { orAbsent } from "../../../providers/index.ts";
import { findInstances, idOf as instanceId } from "./instances.ts";
import { type Ec2, everyPage, type Place } from "./pages.ts";

/** Values that one filter takes. */
const MOST_VALUES = 200;

export function interfaceRef({ account, region }: Place, id: string): ResourceRef {
  return { provider: "aws", type: "network-interface", account, region, id };
}

/** An instance that is terminated has no interfaces any more; a stopped one has, and may be started. */
export async function findInterfaces(ec2: Ec2, tag: Tag): Promise<NetworkInterface[]> {
  const ids = (await findInstances(ec2, tag)).map(instanceId);
  // Listed as `findInterface` reads them, so that a plan and a later look cannot differ by where they looked.
  return interfacesBy(ec2, "attachment.instance-id", ids);
}

/** All that is there, whoever put it there: hosts, load balancers, databases, NAT and VPC endpoints, functions. */
export function findInterfacesIn(ec2: Ec2, subnets: readonly string[]): Promise<NetworkInterface[]> {
  return interfacesBy(ec2, "subnet-id", subnets);
}

/** By id, in one order. */
async function interfacesBy(ec2: Ec2, Name: string, values: readonly string[]): Promise<NetworkInterface[]> {
  const found = await Promise.all(
    chunks(values).map((Values) =>
      everyPage(
        (from) => ec2.send(new DescribeNetworkInterfacesCommand({ Filters: [{ Name, Values }], ...from })),
        ({ NetworkInterfaces }) => NetworkInterfaces,
      ),
    ),
  );
  return found.flat().toSorted((left, right) => (idOf(left) < idOf(right) ? -1 : 1));
}

export async function findInterface(ec2: Ec2, id: string): Promise<NetworkInterface | null> {
  const answer = await orAbsent(() => ec2.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [id] })));
  return answer?.NetworkInterfaces?.[0] ?? null;
}

/** The security groups of these interfaces. */
export async function groupsOf(ec2: Ec2, nics: readonly NetworkInterface[]): Promise<SecurityGroup[]> {
  return describeGroups(ec2, [...new Set(nics.flatMap(groupIds))]);
}

export async function describeGroups(ec2: Ec2, ids: readonly string[]): Promise<SecurityGroup[]> {
  const found = await Promise.all(
    chunks(ids).map((GroupIds) =>
      everyPage(
        (from) => ec2.send(new DescribeSecurityGroupsCommand({ GroupIds, ...from })),
        ({ SecurityGroups }) => SecurityGroups,
      ),
    ),
  );
  return found.flat();
}

export function groupIds(nic: NetworkInterface): string[] {
  return (nic.Groups ?? []).map(({ GroupId }) => GroupId ?? defect("a security group has no id"));
}

export function idOf(nic: NetworkInterface): string {
  return nic.NetworkInterfaceId ?? defect("a network interface has no id");
}

export function vpcOf(nic: NetworkInterface): string {
  return nic.VpcId ?? defect("a network interface is in no VPC");
}

function chunks(ids: readonly string[]): string[][] {
  const count = Math.ceil(ids.length / MOST_VALUES);
  return Array.from({ length: count }, (_, index) => ids.slice(index * MOST_VALUES, (index + 1) * MOST_VALUES));
}
