import { GetRuleGroupCommand, ListRuleGroupsCommand, type Rule, type RuleGroup } from "@aws-sdk/client-wafv2";
import {
  compact,
  type Digest,
  defect,
  digestJson,
  ErError,
  type Json,
  type JsonObject,
  type SelectionOf,
} from "../../../model/index.ts";
import { orAbsent, type ReadScope } from "../../../providers/index.ts";
import { findByName } from "./by-name.ts";
import { byPriority, homeOf, plain } from "./web-acl.ts";

type Place = SelectionOf<"aws.web-acl-ruleset">;
type At = { readonly account: string; readonly region: string };

/** The rule group that an organization wrote beforehand. Errors: `config-part-missing`, `not-as-approved`. */
export async function approvedGroup(scope: ReadScope, place: Place): Promise<{ readonly arn: string; readonly digest: Digest }> {
  const arn = await findGroup(scope, place);
  const digest = await digestOf(scope, homeOf(place), arn);
  if (digest !== null && digest === place.approved) return { arn, digest };
  const what = place.approved === undefined ? "was never approved" : "is not as it was approved";
  throw new ErError("not-as-approved", `rule group "${place.ruleGroup}" of entrance "${place.entrance}" ${what}`, {
    hints: [`if its rules are right, have them approved and write approved: "${digest}"`],
    detail: { group: arn, digest, approved: place.approved ?? null },
  });
}

async function findGroup(scope: ReadScope, place: Place): Promise<string> {
  const { account, region } = homeOf(place);
  const waf = await scope.aws("wafv2", { account, region });
  const { ARN } = await findByName(
    place.ruleGroup,
    `rule group "${place.ruleGroup}" of entrance "${place.entrance}"`,
    { account, region },
    (from) => waf.send(new ListRuleGroupsCommand(compact({ Scope: place.scope, NextMarker: from }))),
    ({ RuleGroups }) => RuleGroups,
  );
  return ARN ?? defect("a rule group has no ARN");
}

/** Null for a rule group that is gone. */
export async function digestOf(scope: ReadScope, at: At, arn: string): Promise<Digest | null> {
  const waf = await scope.aws("wafv2", at);
  const answer = await orAbsent(() => waf.send(new GetRuleGroupCommand({ ARN: arn })));
  return answer?.RuleGroup === undefined ? null : digestJson(definitionOf(answer.RuleGroup));
}

/**
 * What is approved: what the rules do, and what they answer with. Metrics are not part of it, nor is what stands in the IP sets
 * and pattern sets that rules refer to: they are filled while an incident goes on.
 */
function definitionOf({ Rules, CustomResponseBodies }: RuleGroup): Json {
  const rules = byPriority(Rules).map(({ VisibilityConfig: _metrics, ...rule }) => plain(rule));
  return { Rules: rules, CustomResponseBodies: plain(CustomResponseBodies ?? {}) as JsonObject };
}

/** The rule of a web ACL that refers to the group. */
export function referenceTo(rules: readonly Rule[] | undefined, arn: string): Rule | null {
  return (rules ?? []).find(({ Statement }) => Statement?.RuleGroupReferenceStatement?.ARN === arn) ?? null;
}
