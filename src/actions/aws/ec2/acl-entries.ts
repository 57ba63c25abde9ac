import { DescribeNetworkAclsCommand, type NetworkAcl, type NetworkAclEntry } from "@aws-sdk/client-ec2";
import { type Cidr, compact, defect, overlaps, parseCidr, type ResourceRef, type TagOrIds } from "../../../model/index.ts";
import { orAbsent } from "../../../providers/index.ts";
import { type Ec2, everyPage, type Place } from "./pages.ts";

/** One rule of a network ACL. `cidr` is canonical; `protocol` -1 is all, else its number. */
export type Rule = {
  readonly action: string;
  readonly protocol: string;
  readonly cidr: string;
  readonly ports?: { readonly from: number; readonly to: number };
  readonly icmp?: { readonly type: number; readonly code: number };
};
export type Direction = "in" | "out";
/** Where a rule stands. A number names one rule in each direction, whatever its address family. */
export type Slot = { readonly acl: string; readonly direction: Direction; readonly number: number };
export type Entry = { readonly number: number; readonly rule: Rule; readonly network: Cidr };

export const ALL_PROTOCOLS = "-1";

export function slotRef(place: Place, { acl, direction, number }: Slot): ResourceRef {
  const id = `${acl}/${direction}/${number}`;
  return { provider: "aws", type: "network-acl-entry", account: place.account, region: place.region, id };
}

export function slotOf({ id }: ResourceRef): Slot {
  const [acl, direction, number] = id.split("/");
  if (acl === undefined || (direction !== "in" && direction !== "out") || number === undefined)
    return defect(`"${id}" names no rule of a network ACL`);
  return { acl, direction, number: Number(number) };
}

/** By id, in one order. Errors: what is missing among ids is the provider's to say. */
export async function findAcls(ec2: Ec2, select: TagOrIds): Promise<NetworkAcl[]> {
  const asked =
    "ids" in select
      ? { NetworkAclIds: [...select.ids] }
      : { Filters: [{ Name: `tag:${select.tag.key}`, Values: [select.tag.value] }] };
  const found = await everyPage(
    (from) => ec2.send(new DescribeNetworkAclsCommand({ ...asked, ...from })),
    ({ NetworkAcls }) => NetworkAcls,
  );
  // Filters take wildcards; a tag is meant as it stands.
  const meant = (acl: NetworkAcl) =>
    "ids" in select || acl.Tags?.some(({ Key, Value }) => Key === select.tag.key && Value === select.tag.value);
  return found.filter(meant).toSorted((left, right) => (idOf(left) < idOf(right) ? -1 : 1));
}

export async function findAcl(ec2: Ec2, id: string): Promise<NetworkAcl | null> {
  const answer = await orAbsent(() => ec2.send(new DescribeNetworkAclsCommand({ NetworkAclIds: [id] })));
  return answer?.NetworkAcls?.[0] ?? null;
}

export function idOf(acl: NetworkAcl): string {
  return acl.NetworkAclId ?? defect("a network ACL has no id");
}

/** The rules of one direction in the order in which they are tried, the final denials included. */
export function entriesOf(acl: NetworkAcl, direction: Direction): Entry[] {
  const own = (acl.Entries ?? []).filter(({ Egress }) => (Egress === true) === (direction === "out"));
  return own.map(entryOf).toSorted((left, right) => left.number - right.number);
}

function entryOf({
  RuleNumber,
  RuleAction,
  Protocol,
  CidrBlock,
  Ipv6CidrBlock,
  PortRange,
  IcmpTypeCode,
}: NetworkAclEntry): Entry {
  const text = CidrBlock ?? Ipv6CidrBlock ?? "";
  const network = parseCidr(text) ?? defect(`EC2 answered "${text}", which is no network`);
  const rule = compact({
    action: RuleAction ?? "",
    protocol: Protocol ?? ALL_PROTOCOLS,
    cidr: network.text,
    ports: PortRange && { from: PortRange.From ?? 0, to: PortRange.To ?? 65_535 },
    icmp: IcmpTypeCode && { type: IcmpTypeCode.Type ?? -1, code: IcmpTypeCode.Code ?? -1 },
  });
  return { number: RuleNumber ?? defect("a rule of a network ACL has no number"), rule, network };
}

/** The rule that lets some of a network's traffic pass before a rule of this number is tried. */
export function passesBefore(entries: readonly Entry[], number: number, network: Cidr): Entry | undefined {
  return entries.find((entry) => entry.number < number && entry.rule.action === "allow" && overlaps(entry.network, network));
}
