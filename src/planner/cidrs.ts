import type { Config } from "../config/index.ts";
import { type Cidr, ErError, overlaps, parseCidr, type Selection } from "../model/index.ts";
import type { Resolved } from "./request.ts";

/** Reads networks as typed; duplicates are merged. Errors: `cidr-invalid` for the first that is none. */
export function readCidrs(words: readonly string[]): Cidr[] {
  return [...new Map(words.map(readCidr).map((cidr) => [cidr.text, cidr])).values()];
}

function readCidr(word: string): Cidr {
  const cidr = parseCidr(word);
  if (cidr) return refuseMapped(word, cidr);
  const network = networkOf(word);
  const hints = network
    ? [`host bits are set: did you mean ${network}?`]
    : ["write 203.0.113.7, 203.0.113.0/24 or 2001:db8::/48"];
  throw new ErError("cidr-invalid", `"${word}" is not a network`, { hints });
}

/** `::ffff:203.0.113.7` never stands in a packet: a wall that blocks it blocks nothing. */
function refuseMapped(word: string, cidr: Cidr): Cidr {
  if (cidr.family === 4 || cidr.bits < 96 || cidr.base >> 32n !== 0xffffn) return cidr;
  const ipv4 = [24n, 16n, 8n, 0n].map((shift) => String((cidr.base >> shift) & 0xffn)).join(".");
  throw new ErError("cidr-invalid", `"${word}" is an IPv4 network written as IPv6: blocking it as such stops nothing`, {
    hints: [`did you mean ${ipv4}/${cidr.bits - 96}?`],
  });
}

/** The network that an address with host bits set lies in; null when the text is something else. */
function networkOf(word: string): string | null {
  const [address = "", length = ""] = word.split("/");
  const host = parseCidr(address);
  if (!host || !/^\d{1,3}$/.test(length)) return null;
  const width = host.family === 4 ? 32 : 128;
  const bits = Number(length);
  if (bits > width) return null;
  const base = (host.base >> BigInt(width - bits)) << BigInt(width - bits);
  const size = host.family === 4 ? 8 : 16;
  const parts = Array.from(
    { length: width / size },
    (_, index) => (base >> BigInt(width - size * (index + 1))) & ((1n << BigInt(size)) - 1n),
  );
  const text = parts.map((part) => part.toString(host.family === 4 ? 10 : 16)).join(host.family === 4 ? "." : ":");
  return parseCidr(`${text}/${bits}`)?.text ?? null;
}

/** Every wall of every entrance, each with all networks. Errors: `block-too-wide`, `self-lockout`, `config-part-missing`. */
export function findWalls(cidrs: readonly Cidr[], config: Config): Resolved {
  for (const cidr of cidrs) guardCidr(cidr, config);
  const selections = config.edge.flatMap((edge): Selection[] => {
    const entrance = edge.name;
    if (edge.provider === "azure") {
      return edge.nsgs ? [{ kind: "azure.nsgs", entrance, subscription: edge.subscription, ...edge.nsgs, cidrs }] : [];
    }
    const { account, region, prefixLists, wafIpSets, networkAcls, networkFirewall } = edge;
    return [
      ...(wafIpSets ? [{ kind: "aws.waf-ip-sets" as const, entrance, account, region, ...wafIpSets, cidrs }] : []),
      ...(prefixLists ? [{ kind: "aws.prefix-lists" as const, entrance, account, region, ...prefixLists, cidrs }] : []),
      ...(networkAcls ? [{ kind: "aws.network-acls" as const, entrance, account, region, ...networkAcls, cidrs }] : []),
      ...(networkFirewall
        ? [{ kind: "aws.network-firewall" as const, entrance, account, region, ...networkFirewall, cidrs }]
        : []),
    ];
  });
  if (selections.length === 0) {
    throw new ErError("config-part-missing", "no entrance is configured whose walls could block a network", {
      hints: [`add edge to ${config.source}: waf-ip-sets, network-acls, network-firewall or nsgs`],
    });
  }
  return { selections, skipped: [], checks: [], owners: new Map(), evidence: "found" };
}

function guardCidr(cidr: Cidr, config: Config): void {
  const { ipv4, ipv6 } = config.policy.widestBlock;
  const widest = cidr.family === 4 ? ipv4 : ipv6;
  if (cidr.bits < widest) {
    throw new ErError("block-too-wide", `"${cidr.text}" is wider than /${widest}, the widest block that policy allows`, {
      hints: ["block the networks the attack comes from", `policy.widest-block in ${config.source} is the limit`],
    });
  }
  const own = config.responderNetworks.find((text) => {
    const network = parseCidr(text);
    return network !== null && overlaps(network, cidr);
  });
  if (own !== undefined) {
    throw new ErError("self-lockout", `"${cidr.text}" overlaps the responders' own network "${own}"`, {
      hints: ["narrow the block so that the responders stay out of it"],
    });
  }
}
