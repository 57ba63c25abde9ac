import type { OverrideAction, Rule, WebACL } from "@aws-sdk/client-wafv2";
import * as z from "zod";
import {
  type Digest,
  defect,
  ErError,
  type Json,
  type JsonObject,
  type ResourceRef,
  type SelectionOf,
  sameJson,
} from "../../../model/index.ts";
import type { ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { EMERGENCY, ENV_FILES, EXAMPLE_PLACE, RESPONDERS, REST, SHOP_ACL, said } from "./example-acl.ts";
import { approvedGroup, digestOf, referenceTo } from "./ruleset.ts";
import { changedSince, findWebAcl, lookAt, type Others, othersOf, partsOf, plain, writeBack } from "./web-acl.ts";

/** `override` is the reference's, `ruleset` the digest of the rule group behind it: null once it is gone. */
type State = Others & { readonly override: JsonObject | null; readonly ruleset: Digest | null };
type Place = SelectionOf<"aws.web-acl-ruleset">;
type Asks = { readonly approved: Digest };

const ACTIVE: JsonObject = { None: {} };
const EXAMPLE_DIGEST: Digest = "sha256:1e75d9a8e16cc782e72ed9988ff73fdb3971dc9718c162581e6c14d64d5c03d0";
const EXAMPLE_OTHERS: Others = { rules: said(RESPONDERS, EMERGENCY, ENV_FILES), rest: { ...REST, DefaultAction: { Allow: {} } } };
const EXAMPLE_ID = `${SHOP_ACL}/emergency`;

export const activateRuleset = defineAction<"aws.web-acl-ruleset", Record<string, never>, State>({
  id: "aws.wafv2.activate-ruleset",
  title: "Activate the emergency rules of a web ACL",
  description:
    "Lets the rule group that the organization wrote beforehand, and that its web ACL only counts with, act: the reference's override goes from Count to None, under WAF's optimistic lock; everything else of the web ACL stays as it is, whoever edits it meanwhile. The rules must be the approved ones when it is planned and when it is applied: a digest of what they do stands in the organization's file. What stands in IP sets that they refer to is not part of it.",
  containment: "source",
  blastRadius:
    "every request that the emergency rules match gets what they say, at every resource that the web ACL protects; what they match is what was approved, and may be customers; hosts that are reached past the firewall are not protected",
  targets: ["aws.web-acl-ruleset"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "wafv2", operation: "ListWebACLs", iam: ["wafv2:ListWebACLs"] },
      { service: "wafv2", operation: "GetWebACL", iam: ["wafv2:GetWebACL"] },
      { service: "wafv2", operation: "ListRuleGroups", iam: ["wafv2:ListRuleGroups"] },
      { service: "wafv2", operation: "GetRuleGroup", iam: ["wafv2:GetRuleGroup"] },
    ],
    write: [{ service: "wafv2", operation: "UpdateWebACL", iam: ["wafv2:UpdateWebACL"] }],
  },
  bound: {
    ms: 300_000,
    source:
      "AWS WAF Developer Guide, temporary inconsistencies during updates: a few seconds to a number of minutes; five minutes are allowed",
  },
  examples: [
    {
      title: "A rule group that the web ACL counted with",
      selection: {
        kind: "aws.web-acl-ruleset",
        entrance: "shop",
        ...EXAMPLE_PLACE,
        scope: "REGIONAL",
        name: "shop-front",
        ruleGroup: "er-emergency",
        approved: EXAMPLE_DIGEST,
      },
      params: {},
      changes: [
        {
          key: EXAMPLE_ID,
          resource: { provider: "aws", type: "waf-rule-group-reference", ...EXAMPLE_PLACE, id: EXAMPLE_ID },
          summary: sayActivate("shop", "er-emergency", "shop-front"),
          before: { ...EXAMPLE_OTHERS, override: { Count: {} }, ruleset: EXAMPLE_DIGEST },
          after: { ...EXAMPLE_OTHERS, override: ACTIVE, ruleset: EXAMPLE_DIGEST },
          asks: { approved: EXAMPLE_DIGEST },
        },
      ],
    },
  ],

  async *plan(scope, selection) {
    const { arn, digest } = await approvedGroup(scope, selection);
    const whole = await findWebAcl(scope, selection, "waf-rule-group-reference");
    const { acl } = (await lookAt(scope, whole)) ?? defect("a web ACL disappeared while it was looked at");
    const rule = referenceTo(acl.Rules, arn)?.Name ?? refuseWithout(selection);
    const resource = { ...whole, id: `${whole.id}/${rule}` };
    const before = stateOf(acl, rule, digest);
    yield {
      key: resource.id,
      resource,
      summary: sayActivate(selection.entrance, selection.ruleGroup, selection.name),
      before,
      after: { ...before, override: ACTIVE },
      reversal: { kind: "restore" },
      asks: { approved: digest },
    };
  },

  read,

  async apply(scope, { resource, before, after, asks }) {
    if (before === null || after === null) return defect("a web ACL is neither made nor removed");
    const looked = await lookAt(scope, resource);
    if (looked === null) throw changedSince(resource);
    const rule = ruleOf(resource);
    // The web ACL's lock does not cover the rule group: what it does is asked last.
    const ruleset = await digestBehind(scope, resource, looked.acl);
    refuseDrift(ruleset, asksOf(asks), after);
    if (!sameJson(stateOf(looked.acl, rule, ruleset), before)) throw changedSince(resource);
    const OverrideAction = (after.override ?? undefined) as unknown as OverrideAction;
    const Rules = (looked.acl.Rules ?? []).map((one) => (one.Name === rule ? { ...one, OverrideAction } : one));
    await writeBack(scope, resource, { ...looked, acl: { ...looked.acl, Rules } });
  },

  async verify(scope, { resource, after, asks }, direction) {
    const level = "configuration";
    const now = await read(scope, resource);
    if (!sameJson(now?.override ?? null, after?.override ?? null))
      return { verdict: "contradicted", level, detail: `the rules' override is ${JSON.stringify(now?.override ?? "gone")}` };
    const approved = asksOf(asks)?.approved;
    if (direction === "restore" || approved === undefined || now?.ruleset === approved) return { verdict: "confirmed", level };
    return { verdict: "contradicted", level, detail: "the rules are not the approved ones any more" };
  },

  merge(base, _change, now, held) {
    if (now === null || base === null || held.length > 0 || sameJson(now.override, base.override)) return { state: now };
    if (sameJson(now.override, ACTIVE)) return { state: { ...now, override: base.override } };
    return { state: now, conflict: "somebody else took the rule group out of the web ACL, or gave it another override" };
  },

  async residual(_scope, { resource }) {
    return [
      {
        what: `requests that no rule of the emergency rules matches, and ways around web ACL "${partsOf(resource).Name}"`,
        until: "until they are closed",
        why: "the rules stop what they were written for, where WAF sees it; rules that stand before them in the web ACL decide first",
      },
    ];
  },
});

async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  const looked = await lookAt(scope, resource);
  return looked === null ? null : stateOf(looked.acl, ruleOf(resource), await digestBehind(scope, resource, looked.acl));
}

function stateOf(acl: WebACL, rule: string, ruleset: Digest | null): State {
  const override = (acl.Rules ?? []).find(({ Name }) => Name === rule)?.OverrideAction;
  const Rules = (acl.Rules ?? []).map((one) => (one.Name === rule ? withoutOverride(one) : one));
  return { ...othersOf({ ...acl, Rules }), override: override === undefined ? null : (plain(override) as JsonObject), ruleset };
}

function withoutOverride({ OverrideAction: _ours, ...rule }: Rule): Rule {
  return rule;
}

async function digestBehind(scope: ReadScope, resource: ResourceRef, acl: WebACL): Promise<Digest | null> {
  const rule = (acl.Rules ?? []).find(({ Name }) => Name === ruleOf(resource));
  const arn = rule?.Statement?.RuleGroupReferenceStatement?.ARN;
  return arn === undefined ? null : digestOf(scope, resource, arn);
}

function ruleOf({ id }: ResourceRef): string {
  return id.split("/")[3] ?? defect(`"${id}" names no rule of a web ACL`);
}

/** A rollback is not held up by rules that were changed. */
function refuseDrift(digest: Digest | null, asked: Asks | null, after: State): void {
  if (asked === null || digest === asked.approved || !sameJson(after.override, ACTIVE)) return;
  throw new ErError("not-as-approved", "the rules were changed since the plan was made", { hints: ["make a new plan"] });
}

function refuseWithout({ entrance, name, ruleGroup }: Place): never {
  throw new ErError(
    "config-part-missing",
    `web ACL "${name}" of entrance "${entrance}" has no rule with rule group "${ruleGroup}"`,
    {
      hints: ["add it beforehand, with its override set to Count, before the rules that let customers in"],
    },
  );
}

function asksOf(asks: Json | undefined): Asks | null {
  return (asks as Asks | undefined) ?? null;
}

function sayActivate(entrance: string, group: string, acl: string): string {
  return `activate rule group "${group}" in web ACL "${acl}" of entrance "${entrance}"`;
}
