import type { SecurityRule } from "@azure/arm-network";
import { type Cidr, compact, type Json, type JsonObject, overlaps, parseCidr } from "../../../model/index.ts";

/**
 * A security rule as ARM keeps it, in one spelling: what is empty is left out, and of the two ways to name prefixes or ports (one, or a
 * list) the list is used, sorted. The service answers both, and fields that the SDK does not know are kept.
 */
export type Rule = JsonObject;
export type Direction = "in" | "out";
/** Unique among the rules of one direction; a lower number is tried first. */
export type Slot = { readonly direction: Direction; readonly priority: number };

/** ARM takes 140 characters. */
const DESCRIPTION = "Emergency containment by soc2-er: do not edit or remove. `soc2-er status` names the incident that holds it.";

const LISTS = [
  ["sourceAddressPrefix", "sourceAddressPrefixes"],
  ["destinationAddressPrefix", "destinationAddressPrefixes"],
  ["sourcePortRange", "sourcePortRanges"],
  ["destinationPortRange", "destinationPortRanges"],
] as const;

/** Whom a rule of a direction is about: those outside (`theirs`), and what the group guards (`ours`). */
const SIDES = { in: { theirs: "source", ours: "destination" }, out: { theirs: "destination", ours: "source" } } as const;
const WAYS = { in: "Inbound", out: "Outbound" } as const;

/** From what ARM calls `properties`. */
export function ruleOf(properties: JsonObject): Rule {
  const lists = LISTS.map(([one, list]): [string, Json] => {
    const texts = [...textsOf(properties[one]), ...textsOf(properties[list])].map(spelled);
    return [list, [...new Set(texts)].sort()];
  });
  const folded: readonly string[] = ["provisioningState", ...LISTS.map(([one]) => one)];
  const others = Object.entries(properties).filter(([name]) => !folded.includes(name));
  return Object.fromEntries([...others, ...lists].filter(([, value]) => !isEmpty(value)));
}

export function denial({ direction, priority }: Slot, networks: readonly string[]): Rule {
  const { theirs, ours } = SIDES[direction];
  return ruleOf({
    description: DESCRIPTION,
    access: "Deny",
    protocol: "*",
    direction: WAYS[direction],
    priority,
    sourcePortRange: "*",
    destinationPortRange: "*",
    [`${theirs}AddressPrefixes`]: [...networks],
    [`${ours}AddressPrefix`]: "*",
  });
}

/** As the service takes it: `*` only as the single form. */
export function sent(rule: Rule): SecurityRule {
  const single = LISTS.flatMap(([one, list]) => {
    const texts = textsOf(rule[list]);
    return texts.length === 1
      ? [
          [one, texts[0]],
          [list, undefined],
        ]
      : [];
  });
  return compact({ ...rule, ...Object.fromEntries(single) }) as SecurityRule;
}

export function priorityOf(rule: Rule): number {
  return Number(rule["priority"]);
}

export function isIn(rule: Rule, direction: Direction): boolean {
  return isWord(rule["direction"], WAYS[direction]);
}

/** The networks outside that a rule names; null where it names something else, too: everybody, a service tag, a group of hosts. */
export function networksOf(rule: Rule, direction: Direction): readonly Cidr[] | null {
  const { theirs } = SIDES[direction];
  const networks = textsOf(rule[`${theirs}AddressPrefixes`]).map(parseCidr);
  const named = networks.filter((network) => network !== null);
  return named.length < networks.length || named.length === 0 || rule[`${theirs}ApplicationSecurityGroups`] !== undefined
    ? null
    : named;
}

/** Denies everything between the group and those outside that it names, whatever the host, port or protocol. */
export function deniesAll(rule: Rule, direction: Direction): boolean {
  const { ours } = SIDES[direction];
  const all = [`${ours}AddressPrefixes`, "sourcePortRanges", "destinationPortRanges"];
  return isWord(rule["access"], "deny") && rule["protocol"] === "*" && all.every((list) => textsOf(rule[list]).join() === "*");
}

/** Whether a rule that is tried before the slot lets some of the networks' traffic pass; of a service tag nobody knows. */
export function passesBefore(rule: Rule, { direction, priority }: Slot, networks: readonly Cidr[]): boolean {
  if (!isIn(rule, direction) || !isWord(rule["access"], "allow") || priorityOf(rule) >= priority) return false;
  const named = networksOf(rule, direction);
  return named === null || named.some((one) => networks.some((network) => overlaps(one, network)));
}

export function sayRule(rule: Rule, direction: Direction): string {
  const { theirs } = SIDES[direction];
  const whom = textsOf(rule[`${theirs}AddressPrefixes`]);
  const protocol = rule["protocol"] === "*" ? "all protocols" : `protocol ${rule["protocol"]}`;
  return `${rule["access"]} ${rule["direction"]} ${protocol} ${direction === "in" ? "from" : "to"} ${sayNetworks(whom)} at priority ${rule["priority"]}`;
}

export function sayNetworks(texts: readonly string[]): string {
  return texts.length <= 3 ? texts.join(", ") : `${texts.slice(0, 3).join(", ")} and ${texts.length - 3} more`;
}

function textsOf(value: Json | undefined): readonly string[] {
  return (Array.isArray(value) ? value : [value]).filter((text): text is string => typeof text === "string" && text !== "");
}

function spelled(text: string): string {
  return parseCidr(text)?.text ?? text;
}

function isEmpty(value: Json | undefined): boolean {
  return value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}

function isWord(value: Json | undefined, word: string): boolean {
  return String(value).toLowerCase() === word.toLowerCase();
}
