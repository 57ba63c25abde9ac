import { type Cidr, contains, overlaps, parseCidr } from "../../model/index.ts";
import { ec2, wafv2 } from "./keys.ts";
import type {
  AclEntry,
  AclRow,
  FlowRow,
  GroupRow,
  GroupRule,
  InterfaceRow,
  InternetBlockRow,
  IpSetRow,
  LoadBalancerRow,
  SubnetRow,
} from "./rows.ts";
import type { Transaction } from "./world.ts";

type Place = { readonly account: string; readonly region: string };
type Direction = "in" | "out";

/** A network's halves, down to what is asked for: cutting a hole into a block leaves one sibling per bit. */
export function without(whole: Cidr, hole: Cidr): Cidr[] {
  if (!overlaps(whole, hole)) return [whole];
  if (contains(hole, whole)) return [];
  const width = whole.family === 4 ? 32 : 128;
  const left: Cidr[] = [];
  for (let bits = whole.bits + 1; bits <= hole.bits; bits++) {
    const shift = BigInt(width - bits);
    const base = ((hole.base >> shift) ^ 1n) << shift;
    left.push({ family: whole.family, bits, base, text: "" });
  }
  return left;
}

/** `*` is everybody, of both families. */
export function peersOf(text: string): readonly Cidr[] {
  return (text === "*" ? ["0.0.0.0/0", "::/0"] : [text]).map(parseCidr).filter((cidr) => cidr !== null);
}

/** Whether an ACL lets any packet between any of the peers pass in this direction; rules are tried in ascending order. */
export function aclPasses(acl: AclRow, peers: readonly Cidr[], direction: Direction, port?: number): boolean {
  const entries = acl.entries.filter((entry) => entry.direction === direction).sort((left, right) => left.number - right.number);
  let remaining = [...peers];
  for (const entry of entries) {
    const network = parseCidr(entry.cidr ?? entry.ipv6Cidr ?? "");
    if (network === null) continue;
    if (entry.action === "allow" && concerns(entry, direction, port) && remaining.some((peer) => overlaps(peer, network)))
      return true;
    if (entry.action === "deny" && blocksAll(entry, direction, port))
      remaining = remaining.flatMap((peer) => without(peer, network));
  }
  return false;
}

/** Ports of an entry are the destination's: of a reply, the peer's, which may be any. */
function concerns(entry: AclEntry, direction: Direction, port: number | undefined): boolean {
  if (entry.ports === undefined || port === undefined || direction === "out") return true;
  return entry.ports.from <= port && port <= entry.ports.to;
}

function blocksAll(entry: AclEntry, direction: Direction, port: number | undefined): boolean {
  if (entry.protocol === "-1") return true;
  if (port === undefined || entry.protocol !== "6") return false;
  return entry.ports === undefined || (direction === "in" && concerns(entry, direction, port));
}

/** Whether the groups let a new connection with any of the peers begin in this direction. Groups know only allow. */
export function groupsPass(groups: readonly GroupRow[], peers: readonly Cidr[], direction: Direction, port?: number): boolean {
  return groups.some((group) => group.rules.some((rule) => rule.direction === direction && rulePasses(rule, peers, port)));
}

function rulePasses(rule: GroupRule, peers: readonly Cidr[], port: number | undefined): boolean {
  if (port !== undefined && rule.protocol !== "-1" && !(rule.protocol === "tcp" && rule.from <= port && port <= rule.to))
    return false;
  const network = parseCidr(rule.ipv4 ?? rule.ipv6 ?? "");
  // A peer outside is in no group; asked about everybody, members of the group count.
  if (network === null) return rule.group !== undefined && peers.some((peer) => peer.bits === 0);
  return peers.some((peer) => overlaps(peer, network));
}

export type Wall = {
  readonly nic: InterfaceRow;
  readonly groups: readonly GroupRow[];
  readonly acl: AclRow | null;
};

/** What stands around a network interface, as it is enforced now. */
export function wallOf(tx: Transaction, { account, region }: Place, id: string): Wall | null {
  const nic = tx.effective<InterfaceRow>(ec2.networkInterface(account, region, id));
  if (nic === null) return null;
  const groups = nic.groups
    .map((group) => tx.effective<GroupRow>(ec2.group(account, region, group)))
    .filter((group) => group !== null);
  const subnet = tx.effective<SubnetRow>(ec2.subnet(account, region, nic.subnet));
  return { nic, groups, acl: subnet === null ? null : tx.effective<AclRow>(ec2.acl(account, region, subnet.acl)) };
}

/** Whether a new connection can begin: the groups allow its start, and the stateless ACL both ways. */
export function connects(wall: Wall, peers: readonly Cidr[], direction: Direction, port?: number): boolean {
  return peers.some((peer) => groupsPass(wall.groups, [peer], direction, port) && aclPassesBothWays(wall, [peer], port));
}

/** Whether a new connection with any of the peers gets as far as a load balancer. */
export function balancerPasses(
  tx: Transaction,
  place: Place,
  { groups, type }: LoadBalancerRow,
  peers: readonly Cidr[],
  direction: Direction,
): boolean {
  return (groups.length === 0 && type === "network") || memberPasses(tx, place, groups, peers, direction);
}

/** Whether a new connection with any of the peers gets past all that these groups are. */
export function memberPasses(
  tx: Transaction,
  { account, region }: Place,
  groups: readonly string[],
  peers: readonly Cidr[],
  direction: Direction,
): boolean {
  const known = groups.map((id) => tx.effective<GroupRow>(ec2.group(account, region, id))).filter((group) => group !== null);
  return groupsPass(known, peers, direction);
}

/** Whether an open connection still carries packets: a tracked one needs no rule any more, but no ACL lets it through unseen. */
export function stillFlows(tx: Transaction, place: Place, flow: FlowRow): boolean {
  const wall = wallOf(tx, place, flow.interface);
  if (wall === null) return false;
  const peers = peersOf(flow.peer);
  if (!aclPassesBothWays(wall, peers, flow.port)) return false;
  return flow.tracked || groupsPass(wall.groups, peers, "in", flow.port);
}

function aclPassesBothWays(wall: Wall, peers: readonly Cidr[], port: number | undefined): boolean {
  const { acl } = wall;
  return acl === null || (aclPasses(acl, peers, "in", port) && aclPasses(acl, peers, "out", port));
}

/** Whether anything that is not excluded passes a Region's internet gateways; null when the question is not about these. */
export function internetPasses(
  tx: Transaction,
  { account, region, at }: Place & { readonly at: string },
  directions: readonly Direction[],
): boolean | null {
  if (at !== `internet-gateways/${region}`) return null;
  const mode = tx.effective<InternetBlockRow>(ec2.internetBlock(account, region))?.mode ?? "off";
  return mode === "off" || (mode === "block-ingress" && directions.includes("out"));
}

export function flowsOf(tx: Transaction, { account, region }: Place): readonly FlowRow[] {
  return tx.listEffective<FlowRow>(ec2.flow(account, region, "")).map((row) => row.value);
}

/** Whether the firewall's set covers all of a network. */
export function setCovers(set: IpSetRow, peer: Cidr): boolean {
  const blocked = set.addresses.map(parseCidr).filter((cidr) => cidr !== null);
  return blocked.reduce((remaining, hole) => remaining.flatMap((part) => without(part, hole)), [peer]).length === 0;
}

export function ipSets(tx: Transaction, { account, region }: Place): readonly IpSetRow[] {
  return ["REGIONAL", "CLOUDFRONT"].flatMap((scope) =>
    tx.listEffective<IpSetRow>(wafv2.ipSet(account, region, scope, "")).map((row) => row.value),
  );
}
