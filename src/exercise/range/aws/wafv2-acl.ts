import type * as WAF from "@aws-sdk/client-wafv2";
import type { Json, JsonObject } from "../../../model/index.ts";
import { wafv2 } from "../keys.ts";
import type { WafRuleGroupRow, WebAclRow } from "../rows.ts";
import { type Call, type Operation, operation } from "./operation.ts";
import { page } from "./paging.ts";
import { invalid, missing, scopeOf, staleToken } from "./wafv2.ts";

type OnAcl = { Scope?: string | undefined; Id?: string | undefined; Name?: string | undefined };
type Kind = "webacl" | "rulegroup";

const arnOf = (call: Call, kind: Kind, { scope, name, id }: { scope: string; name: string; id: string }) =>
  `arn:aws:wafv2:${call.region}:${call.account}:${scope === "CLOUDFRONT" ? "global" : "regional"}/${kind}/${name}/${id}`;

const onAcl = (call: Call<OnAcl>) =>
  arnOf(call, "webacl", { scope: call.input.Scope ?? "", name: call.input.Name ?? "", id: call.input.Id ?? "" });

/** Bytes as the SDK has them, from the base64 of the API, and back. */
function bytesOf(value: Json): unknown {
  if (Array.isArray(value)) return value.map(bytesOf);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      name === "SearchString" ? Uint8Array.from(Buffer.from(String(member), "base64")) : bytesOf(member),
    ]),
  );
}

function textOf(value: unknown): Json {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(textOf);
  if (value === null || typeof value !== "object") return value as Json;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, textOf(member)]));
}

function aclOf(call: Call<OnAcl>): WebAclRow {
  const { Scope = "", Id = "", Name } = call.input;
  const acl = call.tx.newest<WebAclRow>(wafv2.webAcl(call.account, call.region, scopeOf(call, Scope), Id));
  if (acl === null || acl.name !== Name) throw missing();
  return acl;
}

/** An update replaces everything that it may name: what it leaves out is gone. */
function bodyOf(input: WAF.UpdateWebACLCommandInput): JsonObject {
  const { Name: _name, Scope: _scope, Id: _id, LockToken: _token, ...body } = input;
  const { DefaultAction, Rules = [], CustomResponseBodies = {}, VisibilityConfig } = body;
  if ((DefaultAction?.Allow === undefined) === (DefaultAction?.Block === undefined))
    throw invalid("DEFAULT_ACTION", "", "Exactly one default action is needed.");
  if (VisibilityConfig === undefined) throw invalid("METRIC_NAME", "", "A visibility configuration is needed.");
  const answer = DefaultAction?.Block?.CustomResponse?.CustomResponseBodyKey;
  if (answer !== undefined && CustomResponseBodies[answer] === undefined)
    throw invalid("CUSTOM_RESPONSE_BODY", answer, "There is no such custom response body.");
  for (const part of ["Name", "Priority"] as const)
    if (new Set(Rules.map((rule) => rule[part])).size < Rules.length) throw invalid("RULE", part, "It is used twice.");
  for (const { Name = "", Statement, Action, OverrideAction } of Rules)
    if ((Statement?.RuleGroupReferenceStatement === undefined) !== (OverrideAction === undefined) || (Action && OverrideAction))
      throw invalid("RULE_ACTION", Name, "Rule groups take an override, other rules an action.");
  return textOf(body) as JsonObject;
}

function groupAt(call: Call, scope: string, id: string): WafRuleGroupRow {
  const group = call.tx.newest<WafRuleGroupRow>(wafv2.ruleGroup(call.account, call.region, scope, id));
  if (group === null) throw missing();
  return group;
}

export const webAclOperations: Operation[] = [
  operation<WAF.ListWebACLsCommandInput, WAF.ListWebACLsCommandOutput>("wafv2", "ListWebACLs", {
    iam: "wafv2:ListWebACLs",
    answer(call) {
      const { Scope = "", NextMarker, Limit } = call.input;
      const acls = call.tx.list<WebAclRow>(wafv2.webAcl(call.account, call.region, scopeOf(call, Scope), ""));
      const shown = page(acls, (row) => row.key, call.pageSize(Limit, 100), NextMarker);
      return {
        WebACLs: shown.items.map(({ value }) => ({ Name: value.name, Id: value.id, ARN: arnOf(call, "webacl", value) })),
        NextMarker: shown.next,
      };
    },
  }),
  operation<WAF.GetWebACLCommandInput, WAF.GetWebACLCommandOutput>("wafv2", "GetWebACL", {
    iam: "wafv2:GetWebACL",
    resource: onAcl,
    answer(call) {
      const acl = aclOf(call);
      const identity = { Name: acl.name, Id: acl.id, ARN: arnOf(call, "webacl", acl), Capacity: 10 };
      return { LockToken: acl.lockToken, WebACL: { ...(bytesOf(acl.body) as WAF.WebACL), ...identity } };
    },
  }),
  operation<WAF.UpdateWebACLCommandInput, WAF.UpdateWebACLCommandOutput>("wafv2", "UpdateWebACL", {
    iam: "wafv2:UpdateWebACL",
    resource: onAcl,
    answer(call) {
      const acl = aclOf(call);
      if (call.input.LockToken !== acl.lockToken) throw staleToken();
      const next: WebAclRow = { ...acl, body: bodyOf(call.input), lockToken: call.newId(32) };
      call.put("waf", wafv2.webAcl(call.account, call.region, acl.scope, acl.id), next);
      return { NextLockToken: next.lockToken };
    },
  }),
  operation<WAF.ListRuleGroupsCommandInput, WAF.ListRuleGroupsCommandOutput>("wafv2", "ListRuleGroups", {
    iam: "wafv2:ListRuleGroups",
    answer(call) {
      const { Scope = "", NextMarker, Limit } = call.input;
      const groups = call.tx.list<WafRuleGroupRow>(wafv2.ruleGroup(call.account, call.region, scopeOf(call, Scope), ""));
      const shown = page(groups, (row) => row.key, call.pageSize(Limit, 100), NextMarker);
      return {
        RuleGroups: shown.items.map(({ value }) => ({ Name: value.name, Id: value.id, ARN: arnOf(call, "rulegroup", value) })),
        NextMarker: shown.next,
      };
    },
  }),
  operation<WAF.GetRuleGroupCommandInput, WAF.GetRuleGroupCommandOutput>("wafv2", "GetRuleGroup", {
    iam: "wafv2:GetRuleGroup",
    resource: (call) => call.input.ARN ?? "*",
    answer(call) {
      const [scope = "", , , id = ""] = (call.input.ARN?.split(":").at(-1) ?? "").split("/");
      const group = groupAt(call, scope === "global" ? "CLOUDFRONT" : "REGIONAL", id);
      const identity = { Name: group.name, Id: group.id, ARN: arnOf(call, "rulegroup", group), Capacity: 10 };
      return { LockToken: group.lockToken, RuleGroup: { ...(bytesOf(group.body) as WAF.RuleGroup), ...identity } };
    },
  }),
  operation<WAF.UpdateRuleGroupCommandInput, WAF.UpdateRuleGroupCommandOutput>("wafv2", "UpdateRuleGroup", {
    iam: "wafv2:UpdateRuleGroup",
    answer(call) {
      const { Name: _name, Scope = "", Id = "", LockToken, ...body } = call.input;
      const group = groupAt(call, scopeOf(call, Scope), Id);
      if (LockToken !== group.lockToken) throw staleToken();
      const next: WafRuleGroupRow = { ...group, body: textOf(body) as JsonObject, lockToken: call.newId(32) };
      call.put("waf", wafv2.ruleGroup(call.account, call.region, group.scope, group.id), next);
      return { NextLockToken: next.lockToken };
    },
  }),
];
