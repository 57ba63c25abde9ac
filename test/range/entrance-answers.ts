import assert from "node:assert/strict";

export type AskFor = <T = Record<string, never>>(name: string, input: object) => Promise<T>;

/** What the services at an entrance answer, beside what the laws of actions see of them. */
export async function answersAtEntrances(ask: AskFor): Promise<void> {
  const group = { RuleGroupName: "er-block-networks", Type: "STATEFUL" };
  type Described = { UpdateToken: string; RuleGroup: { RuleVariables: object; RulesSource: { RulesString: string } } };
  const { UpdateToken, RuleGroup } = await ask<Described>("networkfirewall:DescribeRuleGroup", group);
  const update = (token: string, more: object = {}) =>
    ask("networkfirewall:UpdateRuleGroup", { ...group, UpdateToken: token, RuleGroup: { ...RuleGroup, ...more } });
  for (const IPSets of [{}, { SOC2_ER_BLOCK: { Definition: [] } }])
    await assert.rejects(update(UpdateToken, { RuleVariables: { IPSets } }), { name: "InvalidRequestException" });
  await update(UpdateToken);
  await assert.rejects(update(UpdateToken), { name: "InvalidTokenException" });
  const stateless = { ...group, Type: "STATELESS" };
  await assert.rejects(ask("networkfirewall:DescribeRuleGroup", stateless), { name: "ResourceNotFoundException" });
}
