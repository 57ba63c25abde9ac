import { type Cidr, type JsonObject, parseCidr } from "../../model/index.ts";
import { without } from "./packets.ts";
import type { RuleGroupRow } from "./rows.ts";

type Variables = { readonly [name: string]: { readonly Definition?: readonly string[] } };
type Group = {
  readonly RuleVariables?: { readonly IPSets?: Variables; readonly PortSets?: Variables };
  readonly RulesSource?: { readonly RulesString?: string };
};

export function rulesOf(group: JsonObject): readonly string[] {
  const { RulesSource } = group as Group;
  return (RulesSource?.RulesString ?? "").split("\n").filter((line) => /^\s*\w+ /.test(line));
}

/** Null for a variable that the group does not define. */
export function variableOf(group: JsonObject, name: string): readonly string[] | null {
  const { RuleVariables } = group as Group;
  return (RuleVariables?.IPSets?.[name] ?? RuleVariables?.PortSets?.[name])?.Definition ?? null;
}

/** Whether rules on addresses alone drop all that comes from a network, as if all traffic went through the group. Others are not understood. */
export function dropsFrom({ group }: RuleGroupRow, peer: Cidr): boolean {
  const dropped = rulesOf(group).flatMap((rule) => {
    const [, from, , to] = /^\s*(?:drop|reject)\s+ip\s+(\S+)\s+any\s+(->|<>)\s+(\S+)\s+any\b/.exec(rule) ?? [];
    const named = to === "any" ? from : undefined;
    return named?.startsWith("$") ? (variableOf(group, named.slice(1)) ?? []) : [];
  });
  const holes = dropped.map(parseCidr).filter((cidr) => cidr !== null);
  return holes.reduce((remaining, hole) => remaining.flatMap((part) => without(part, hole)), [peer]).length === 0;
}
