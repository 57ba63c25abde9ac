import { type Cidr, type EffectAnswer, type EffectQuestion, overlaps, parseCidr } from "../../../model/index.ts";
import { peersOf, without } from "../packets.ts";
import type { Transaction } from "../world.ts";
import { DEFAULT_RULES, type NsgRow, nsgId, nsgKey, nsgPrefix, type SecurityRule, settled } from "./nsg.ts";
import { portsOf, prefixesOf } from "./rules.ts";

type Direction = "in" | "out";

export function effectiveNsg(tx: Transaction, subscription: string, group: string, name: string): NsgRow | null {
  const row = tx.effective<NsgRow>(nsgKey(subscription, group, name));
  return row === null ? null : settled(row, tx.now);
}

/**
 * Whether a new connection of any of the peers may begin: rules are tried in ascending priority, and replies need none. Asked without a port, a
 * rule of some ports lets pass but does not block.
 */
export function groupPasses(row: NsgRow, peers: readonly Cidr[], direction: Direction, port?: number): boolean {
  const way = direction === "in" ? "inbound" : "outbound";
  const side = direction === "in" ? "source" : "destination";
  const rules = [...row.rules, ...DEFAULT_RULES]
    .filter(({ properties }) => String(properties["direction"]).toLowerCase() === way)
    .toSorted((left, right) => Number(left.properties["priority"]) - Number(right.properties["priority"]));
  let remaining = [...peers];
  for (const rule of rules) {
    const networks = prefixesOf(rule, side).flatMap(networksOf);
    if (String(rule.properties["access"]).toLowerCase() === "allow") {
      const meant = port === undefined || onPort(rule, port);
      if (meant && remaining.some((peer) => networks.some((network) => overlaps(peer, network)))) return true;
    } else if (blocksAll(rule, port)) {
      remaining = networks.reduce((left, hole) => left.flatMap((peer) => without(peer, hole)), remaining);
    }
  }
  return false;
}

/** The attacker is on the internet and in nobody's virtual network: other service tags do not name it. */
function networksOf(prefix: string): readonly Cidr[] {
  if (prefix === "*" || prefix.toLowerCase() === "internet") return peersOf("*");
  const network = parseCidr(prefix);
  return network === null ? [] : [network];
}

function onPort(rule: SecurityRule, port: number): boolean {
  const protocol = String(rule.properties["protocol"]).toLowerCase();
  if (protocol !== "*" && protocol !== "tcp") return false;
  return portsOf(rule).some((range) => {
    if (range === "*") return true;
    const [from = "", to = from] = range.split("-");
    return Number(from) <= port && port <= Number(to);
  });
}

function blocksAll(rule: SecurityRule, port: number | undefined): boolean {
  if (port !== undefined) return onPort(rule, port);
  return rule.properties["protocol"] === "*" && portsOf(rule).includes("*");
}

type FlowQuestion = Extract<EffectQuestion, { kind: "flow" }>;

/** By what is enforced. A group keeps no list of open connections that the range could look at. */
export function askGroup(tx: Transaction, question: FlowQuestion): EffectAnswer {
  const peers = peersOf(question.peer);
  if (peers.length === 0 || question.established) return "unknown";
  const row = tx
    .listEffective<NsgRow>(nsgPrefix(question.account))
    .map(({ value }) => settled(value, tx.now))
    .find((group) => nsgId(group).toLowerCase() === question.at.toLowerCase());
  if (row === undefined) return "unknown";
  const directions = question.direction === "both" ? (["in", "out"] as const) : [question.direction];
  return directions.some((direction) => groupPasses(row, peers, direction)) ? "open" : "blocked";
}
