import type { ForeignEdit } from "../bench.ts";

const THEIRS = "198.51.100.7/32";

type Described = {
  readonly UpdateToken: string;
  readonly RuleGroup: { readonly RuleVariables: { readonly IPSets: Record<string, { Definition: string[] }> } };
};

export const foreignEdit: ForeignEdit = {
  what: "an administrator blocks an address of their own through the same variable",
  async edit(bench, resource) {
    const [RuleGroupName = "", variable = ""] = resource.id.split("/");
    const group = { RuleGroupName, Type: "STATEFUL" };
    const { UpdateToken, RuleGroup } = (await bench.aws("networkfirewall", "DescribeRuleGroup", group, resource)) as Described;
    const { IPSets } = RuleGroup.RuleVariables;
    const edited = { ...IPSets, [variable]: { Definition: [...(IPSets[variable]?.Definition ?? []), THEIRS] } };
    const RuleVariables = { ...RuleGroup.RuleVariables, IPSets: edited };
    const input = { ...group, UpdateToken, RuleGroup: { ...RuleGroup, RuleVariables } };
    await bench.aws("networkfirewall", "UpdateRuleGroup", input, resource);
  },
  kept: (state) => JSON.stringify(state).includes(THEIRS),
};
