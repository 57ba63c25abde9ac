import type { AwsEdge, Config } from "../config/index.ts";
import {
  type Change,
  type Check,
  type Cidr,
  contains,
  ErError,
  overlaps,
  parseCidr,
  type Selection,
  sameJson,
} from "../model/index.ts";
import { ProviderError, type ReadScope } from "../providers/index.ts";
import { excludedFromBlock, type Inbound, inboundOf, interfacesTagged, subnetsOf, vpcsOf } from "./inbound.ts";

/** A network that a change would keep from what it reached before. */
type Cut = { readonly network: string; readonly what: string };
type Place = { readonly account: string; readonly region: string };

/** Everybody, where nobody's networks are configured: whoever comes in there is taken for a responder. */
const ANYBODY = ["0.0.0.0/0", "::/0"];

/**
 * Errors: `self-lockout` when a change of security groups, network ACLs or internet gateways takes from the responders' networks what they reach at their own entrance
 * or hosts. What cannot be looked at, or depends on lists that are not looked into, is said and left to who approves.
 */
export async function guardWaysIn(
  changes: readonly Change[],
  config: Config,
  selectionOf: (change: Change) => Selection | null,
  scope: ReadScope,
): Promise<Check[]> {
  const checks: Check[] = [];
  const hosts = hostsSeen(config, scope);
  for (const change of changes) {
    const judge = judgeOf(change);
    if (judge === null) continue;
    const check = (status: Check["status"], detail: string): Check[] => [
      { id: `way-in:${change.resource.id}`, level: "read-only", status, detail },
    ];
    try {
      const verdict = await judge({ change, config, scope, selection: selectionOf(change), hosts: await hosts(change.resource) });
      if (verdict === "kept") checks.push(...check("passed", "the responders' networks reach here what they reached before"));
      else if (verdict !== "elsewhere") checks.push(...check("not-checkable", verdict.unknown));
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      checks.push(...check("not-checkable", `whether it is the responders' own way in could not be looked at: ${error.message}`));
    }
  }
  return checks;
}

function judgeOf({ before, after, resource }: Change): ((judged: Case) => Promise<Verdict>) | null {
  if (hasGroups(before) && hasGroups(after)) return judgeGroups;
  if (resource.type === "vpc-block-public-access") return judgeInternet;
  return resource.type === "subnet" ? judgeSubnet : null;
}

/** A change, and what is known of the responders' own entrances and hosts (interface to subnet). */
type Case = {
  readonly change: Change;
  readonly config: Config;
  readonly scope: ReadScope;
  readonly selection: Selection | null;
  readonly hosts: ReadonlyMap<string, string>;
};
type Verdict = "elsewhere" | "kept" | { readonly unknown: string };

async function judgeGroups({ change, config, scope, selection, hosts }: Case): Promise<Verdict> {
  const { before, after, resource } = change;
  if (!hasGroups(before) || !hasGroups(after)) return "elsewhere";
  if (!isOwnEntrance(selection, config) && !hosts.has(resource.id)) return "elsewhere";
  const [was, is] = await Promise.all([inboundOf(scope, resource, before.groups), inboundOf(scope, resource, after.groups)]);
  const cut = firstCut(was, is, config.responderNetworks);
  if (cut !== null && !is.some(byList)) refuse(resource.id, cut);
  const vague = cut !== null || was.some(byList);
  return vague ? { unknown: "whether the responders' networks are let in depends on a prefix list" } : "kept";
}

/** A subnet is the responders' own where an entrance or a host of theirs is in it. What its network ACL kept out before is not looked at. */
async function judgeSubnet({ change, config, scope, selection, hosts }: Case): Promise<Verdict> {
  const { resource, asks } = change;
  const own = ownEntrances(config, resource);
  const theirs = await subnetsOfThem(own, scope, resource);
  const among = isOwnEntrance(selection, config) || theirs.includes(resource.id) || [...hosts.values()].includes(resource.id);
  if (among) {
    const lets = (asks as { lets?: readonly string[] } | undefined)?.lets ?? [];
    const networks = config.responderNetworks.length === 0 ? ANYBODY : config.responderNetworks;
    const cut = networks.find((text) => !passesBothWays(lets, text));
    if (cut !== undefined) refuse(resource.id, { network: cut, what: "any port" });
    return "kept";
  }
  const untold = own.filter(({ subnets }) => subnets === undefined).map(({ name }) => `"${name}"`);
  if (untold.length === 0) return "elsewhere";
  return { unknown: `in which subnets the responders' own entrance ${untold.join(", ")} stands is not configured` };
}

/** What the responders have in the Region stays open only where an exclusion that lets in covers its subnet or VPC. */
async function judgeInternet({ change, config, scope, hosts }: Case): Promise<Verdict> {
  const { before, after, resource } = change;
  if (sameJson(before, after)) return "elsewhere";
  const own = ownEntrances(config, resource);
  const theirs = [...new Set([...(await subnetsOfThem(own, scope, resource)), ...hosts.values()])];
  if (own.length === 0 && theirs.length === 0) {
    if (config.responderHosts.length > 0 || config.edge.some((edge) => "responderEntrance" in edge && edge.responderEntrance))
      return "elsewhere";
    return { unknown: "no entrance and no host is configured as the responders' own: nobody's way in is spared" };
  }
  const excluded = await excludedFromBlock(scope, resource);
  const vpcs = await vpcsOf(scope, resource, theirs);
  const cut = theirs.find((subnet) => !excluded.has(subnet) && !excluded.has(vpcs.get(subnet) ?? ""));
  if (cut !== undefined) refuseInternet(resource.region, `subnet "${cut}"`);
  const untold = own.filter(({ subnets }) => subnets === undefined);
  const lost = excluded.size === 0 ? untold.find(({ distribution }) => distribution === undefined) : undefined;
  if (lost !== undefined) refuseInternet(resource.region, `entrance "${lost.name}"`);
  if (untold.length === 0) return "kept";
  const names = untold.map(({ name }) => `"${name}"`).join(", ");
  return {
    unknown: `whether an exclusion covers the responders' own entrance ${names} is not known: its subnets are not configured`,
  };
}

function ownEntrances({ edge }: Config, { account, region }: Place): AwsEdge[] {
  return edge
    .filter((one) => one.provider === "aws")
    .filter((one) => one.responderEntrance === true && one.account === account && one.region === region);
}

async function subnetsOfThem(own: readonly AwsEdge[], scope: ReadScope, place: Place): Promise<readonly string[]> {
  const placed = own.flatMap(({ subnets }) => (subnets === undefined ? [] : [subnets.select]));
  return (await Promise.all(placed.map((select) => subnetsOf(scope, place, select)))).flat();
}

/** `lets` as the lockdown's network ACL says it: only rules for all protocols are counted. */
function passesBothWays(lets: readonly string[], text: string): boolean {
  const network = parseCidr(text);
  return (["in", "out"] as const).every((direction) =>
    lets.some((line) => {
      const [way, what, cidr = ""] = line.split(" ");
      const allowed = parseCidr(cidr);
      return way === direction && what === "all" && allowed !== null && network !== null && contains(allowed, network);
    }),
  );
}

function isOwnEntrance(selection: Selection | null, { edge }: Config): boolean {
  if (selection === null || !("entrance" in selection)) return false;
  return edge.some((one) => one.name === selection.entrance && one.provider === "aws" && one.responderEntrance === true);
}

/** The interfaces of the responders' own hosts, listed once for each account and Region. */
function hostsSeen({ responderHosts }: Config, scope: ReadScope): (place: Place) => Promise<ReadonlyMap<string, string>> {
  const seen = new Map<string, Promise<ReadonlyMap<string, string>>>();
  return ({ account, region }) => {
    const key = `${account} ${region}`;
    const found = seen.get(key) ?? interfacesTagged(scope, { account, region }, responderHosts);
    seen.set(key, found);
    return found;
  };
}

/** What one of the networks reached and no rule lets it reach any more. */
export function firstCut(was: readonly Inbound[], is: readonly Inbound[], networks: readonly string[]): Cut | null {
  for (const text of networks.length === 0 ? ANYBODY : networks) {
    const network = parseCidr(text);
    if (network === null) continue;
    for (const rule of was) {
      const part = shared(rule, network);
      if (part === null || is.some((one) => covers(one, rule, part))) continue;
      const ports = rule.protocol === "-1" ? "any port" : `${rule.protocol} ${rule.from}-${rule.to}`;
      return { network: text, what: ports };
    }
  }
  return null;
}

function shared({ peer }: Inbound, network: Cidr): Cidr | null {
  const from = peer === null ? null : parseCidr(peer);
  if (from === null || !overlaps(from, network)) return null;
  return contains(from, network) ? network : from;
}

function covers({ peer, protocol, from, to }: Inbound, asked: Inbound, part: Cidr): boolean {
  const network = peer === null ? null : parseCidr(peer);
  if (network === null || !contains(network, part)) return false;
  return protocol === "-1" || (protocol === asked.protocol && from <= asked.from && asked.to <= to);
}

const byList = ({ peer }: Inbound): boolean => peer === null;

function hasGroups(state: Change["after"]): state is { groups: string[] } {
  return state !== null && typeof state === "object" && "groups" in state && Array.isArray(state["groups"]);
}

function refuse(id: string, { network, what }: Cut): never {
  throw new ErError(
    "self-lockout",
    `"${id}" is the responders' own way in and would not let "${network}" in on ${what} any more`,
    {
      hints: [
        "let the responders' networks reach there what they reach now",
        "or come in another way first, and take it off responder-entrance or responder-hosts",
      ],
      detail: { resource: id, network, ports: what },
    },
  );
}

function refuseInternet(region: string, what: string): never {
  throw new ErError(
    "self-lockout",
    `${what} is the responders' own way in, and no exclusion keeps it open while the internet gateways of ${region} are blocked`,
    {
      hints: [
        "exclude its VPC or subnet with allow-bidirectional: aws ec2 create-vpc-block-public-access-exclusion",
        "or come in another way first, and take it off responder-entrance or responder-hosts",
      ],
      detail: { region, wayIn: what },
    },
  );
}
