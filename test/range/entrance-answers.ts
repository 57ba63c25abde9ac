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
  await answersOfWebAcls(ask);
  await answersOfDistributions(ask);
}

async function answersOfDistributions(ask: AskFor): Promise<void> {
  const Id = "E0SHOP00000001";
  type Looked = { ETag: string; DistributionConfig: object };
  const { ETag, DistributionConfig } = await ask<Looked>("cloudfront:GetDistributionConfig", { Id });
  const update = (more: object, IfMatch: string | undefined = ETag) =>
    ask("cloudfront:UpdateDistribution", { Id, IfMatch, DistributionConfig: { ...DistributionConfig, ...more } });
  const status = async () =>
    (await ask<{ Distribution: { Status: string } }>("cloudfront:GetDistribution", { Id })).Distribution.Status;
  assert.equal(await status(), "Deployed");
  await assert.rejects(update({ Origins: undefined }), { name: "InvalidArgument" });
  await assert.rejects(update({ CallerReference: "other" }), { name: "IllegalUpdate" });
  await assert.rejects(ask("cloudfront:UpdateDistribution", { Id, DistributionConfig }), { name: "InvalidIfMatchVersion" });
  await update({ Comment: "other" });
  assert.equal(await status(), "InProgress");
  await assert.rejects(update({}), { name: "PreconditionFailed" });
  await assert.rejects(ask("cloudfront:GetDistribution", { Id: "E0NOBODY000001" }), { name: "NoSuchDistribution" });
}

async function answersOfWebAcls(ask: AskFor): Promise<void> {
  type Listed = Readonly<Record<"WebACLs" | "RuleGroups", readonly { Name: string; Id: string; ARN: string }[]>>;
  const { WebACLs } = await ask<Listed>("wafv2:ListWebACLs", { Scope: "REGIONAL" });
  const acl = { Scope: "REGIONAL", Name: "shop-front", Id: WebACLs[0]?.Id };
  type Looked = { LockToken: string; WebACL: { Rules: readonly { Name: string; Priority: number }[] } };
  const { LockToken, WebACL } = await ask<Looked>("wafv2:GetWebACL", acl);
  const update = (more: object = {}) => ask("wafv2:UpdateWebACL", { ...WebACL, ...acl, LockToken, ...more });
  const twice = [...WebACL.Rules, ...WebACL.Rules];
  const overridden = WebACL.Rules.map((rule) => ({ ...rule, OverrideAction: { Count: {} } }));
  const answer = { Block: { CustomResponse: { ResponseCode: 503, CustomResponseBodyKey: "nowhere" } } };
  for (const wrong of [
    { Rules: twice },
    { Rules: overridden },
    { DefaultAction: {} },
    { DefaultAction: answer },
    { VisibilityConfig: undefined },
  ])
    await assert.rejects(update(wrong), { name: "WAFInvalidParameterException" });
  await update();
  await assert.rejects(update(), { name: "WAFOptimisticLockException" });
  await assert.rejects(ask("wafv2:GetWebACL", { ...acl, Name: "other" }), { name: "WAFNonexistentItemException" });

  const { RuleGroups } = await ask<Listed>("wafv2:ListRuleGroups", { Scope: "REGIONAL" });
  const [{ Name, Id, ARN } = assert.fail()] = RuleGroups;
  type Group = { LockToken: string; RuleGroup: { Rules: object[]; VisibilityConfig: object } };
  const group = await ask<Group>("wafv2:GetRuleGroup", { ARN });
  const { Rules, VisibilityConfig } = group.RuleGroup;
  const next = { Scope: "REGIONAL", Name, Id, Rules, VisibilityConfig, LockToken: group.LockToken };
  await ask("wafv2:UpdateRuleGroup", next);
  await assert.rejects(ask("wafv2:UpdateRuleGroup", next), { name: "WAFOptimisticLockException" });
  await assert.rejects(ask("wafv2:GetRuleGroup", { ARN: `${ARN}0` }), { name: "WAFNonexistentItemException" });
}
