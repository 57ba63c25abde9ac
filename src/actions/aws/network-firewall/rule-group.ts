import {
  DescribeRuleGroupCommand,
  type DescribeRuleGroupCommandOutput,
  type IPSet,
  type PortSet,
  type RuleGroup,
} from "@aws-sdk/client-network-firewall";
import { defect, parseCidr, type ResourceRef } from "../../../model/index.ts";
import { orAbsent, type ReadScope } from "../../../providers/index.ts";

/** Networks that one variable of a rule group stands for: canonical and sorted. What is no network is kept as it is. */
export type State = { readonly networks: readonly string[] };

/** Suricata's rules may not be longer, the values of their variables included. */
const MOST_CHARACTERS = 8_192;

export function resourceOf(place: { account: string; region: string }, group: string, variable: string): ResourceRef {
  const { account, region } = place;
  return { provider: "aws", type: "network-firewall-variable", account, region, id: `${group}/${variable}` };
}

export function partsOf({ id }: ResourceRef): { readonly group: string; readonly variable: string } {
  const [group, variable] = id.split("/");
  if (group === undefined || variable === undefined) return defect(`"${id}" names no variable of a rule group`);
  return { group, variable };
}

export async function describe(scope: ReadScope, resource: ResourceRef): Promise<DescribeRuleGroupCommandOutput | null> {
  const firewall = await scope.aws("networkfirewall", resource);
  const { group } = partsOf(resource);
  return orAbsent(() => firewall.send(new DescribeRuleGroupCommand({ RuleGroupName: group, Type: "STATEFUL" })));
}

/** Null where the group has no such variable. */
export function stateOf(group: RuleGroup | undefined, variable: string): State | null {
  const set = group?.RuleVariables?.IPSets?.[variable];
  return set === undefined ? null : { networks: sorted((set.Definition ?? []).map(canonical)) };
}

export function withNetworks(group: RuleGroup, variable: string, networks: readonly string[]): RuleGroup {
  const { IPSets, ...others } = group.RuleVariables ?? {};
  return { ...group, RuleVariables: { ...others, IPSets: { ...IPSets, [variable]: { Definition: [...networks] } } } };
}

export type Direction = "from" | "to";

/** Directions in which a rule drops whatever comes from the variable's networks, or goes to them. */
export function dropped(group: RuleGroup | undefined, variable: string): ReadonlySet<Direction> {
  const found = rulesOf(group).flatMap((rule): Direction[] => {
    const [action = "", protocol, from, fromPort, arrow, to, toPort] = rule.split(/\s+/);
    if (!["drop", "reject"].includes(action) || protocol !== "ip" || fromPort !== "any" || toPort?.replace(/\(.*/, "") !== "any")
      return [];
    const name = `$${variable}`;
    if (from === name && to === "any") return arrow === "<>" ? ["from", "to"] : ["from"];
    if (to === name && from === "any") return arrow === "<>" ? ["from", "to"] : ["to"];
    return [];
  });
  return new Set(found);
}

/** What the longest rule that names the variable lacks of the length that the firewall takes; negative when it is too long. */
export function room(group: RuleGroup, variable: string): number {
  const sets = { ...group.RuleVariables?.PortSets, ...group.RuleVariables?.IPSets };
  const lengths = rulesOf(group)
    .filter((rule) => namesIn(rule).includes(variable))
    .map((rule) => namesIn(rule).reduce((length, name) => length + sizeOf(sets[name]) - name.length - 1, rule.length));
  return MOST_CHARACTERS - Math.max(0, ...lengths);
}

function sizeOf(set: IPSet | PortSet | undefined): number {
  return `[${(set?.Definition ?? []).join(",")}]`.length;
}

function rulesOf(group: RuleGroup | undefined): readonly string[] {
  const lines = (group?.RulesSource?.RulesString ?? "").split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "" && !line.startsWith("#"));
}

function namesIn(rule: string): readonly string[] {
  return [...rule.matchAll(/\$([A-Za-z][A-Za-z0-9_]*)/g)].flatMap(([, name]) => name ?? []);
}

function canonical(text: string): string {
  return parseCidr(text)?.text ?? text;
}

export function sorted(networks: readonly string[]): string[] {
  return [...new Set(networks)].sort();
}
