import type { NetworkInterface } from "@aws-sdk/client-ec2";
import { defect, ErError, type SelectionOf } from "../../../model/index.ts";
import { findInterfaces, findInterfacesIn, idOf, vpcOf } from "./interfaces.ts";
import { type LockdownAcl, lookForLockdownAcl, type Subnet } from "./lockdown-acl.ts";
import type { Ec2 } from "./pages.ts";

/** A subnet that a tenant's hosts are in: with what it can be cut off, or why it is left. */
export type HostSubnet = Subnet & { readonly acl: LockdownAcl | { readonly left: string } };

/** Interfaces that are named where a subnet is not the tenant's alone. */
const NAMED = 3;

/** By id, in one order. A network ACL works on a whole subnet: one that others are in is left. */
export async function findHostSubnets(ec2: Ec2, place: SelectionOf<"aws.host-subnets">): Promise<HostSubnet[]> {
  const hosts = await findInterfaces(ec2, place.tag);
  const own = new Set(hosts.map(idOf));
  const subnets = [...new Set(hosts.map(subnetOf))].sort();
  const bySubnet = Map.groupBy(await findInterfacesIn(ec2, subnets), subnetOf);
  const vpcs = [...new Set([...bySubnet.values()].flatMap((nics) => nics.map(vpcOf)))];
  const looks = vpcs.map(async (vpc) => [vpc, await lookForLockdownAcl(ec2, vpc, place)] as const);
  const acls = new Map(await Promise.all(looks));
  return subnets.map((id) => {
    const nics = bySubnet.get(id) ?? [];
    const others = nics.filter((nic) => !own.has(idOf(nic)));
    const vpc = vpcOf(nics[0] ?? defect(`no interface was found in ${id}`));
    const acl = acls.get(vpc) ?? defect(`no network ACL was looked for in ${vpc}`);
    if (others.length > 0) return { id, vpc, acl: { left: sayShared(others) } };
    return { id, vpc, acl: acl instanceof ErError ? { left: [acl.message, ...acl.hints.slice(0, 1)].join("; ") } : acl };
  });
}

function sayShared(others: readonly NetworkInterface[]): string {
  const named = others.slice(0, NAMED).map((nic) => {
    const what = nic.Attachment?.InstanceId ?? nic.Description;
    return what ? `${idOf(nic)} of ${what}` : idOf(nic);
  });
  const more = others.length > NAMED ? ` and ${others.length - NAMED} more` : "";
  return `others are in it: ${named.join(", ")}${more}; cut its peers off by their addresses: soc2-er block ip ADDRESS`;
}

function subnetOf(nic: NetworkInterface): string {
  return nic.SubnetId ?? defect("a network interface is in no subnet");
}
