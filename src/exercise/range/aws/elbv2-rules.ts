import type * as ELB from "@aws-sdk/client-elastic-load-balancing-v2";
import type { JsonObject } from "../../../model/index.ts";
import { elbv2 } from "../keys.ts";
import type { ListenerRow, ListenerRuleRow } from "../service-rows.ts";
import { AwsFault } from "./fault.ts";
import { type Call, type Operation, operation } from "./operation.ts";
import { page } from "./paging.ts";

const PAGE = 400;
const LAST_PRIORITY = 50_000;
/** Of one load balancer's listeners, defaults apart. */
const MOST_RULES = 200;
const LIMITS = { "listeners-per-application-load-balancer": 50, "rules-per-application-load-balancer": MOST_RULES };

function listeners(call: Call): readonly ListenerRow[] {
  return call.tx.list<ListenerRow>(elbv2.listener(call.account, call.region, "")).map((row) => row.value);
}

const arn = (call: Call, kind: "listener" | "listener-rule", id: string): string =>
  `arn:aws:elasticloadbalancing:${call.region}:${call.account}:${kind}/${id}`;
const balancerOf = ({ id }: ListenerRow): string => id.slice(0, id.lastIndexOf("/"));
const ruleArn = (call: Call, { id }: ListenerRow, rule: string): string => arn(call, "listener-rule", `${id}/${rule}`);

function listenerOf(call: Call, asked: string | undefined): ListenerRow {
  const found = listeners(call).find(({ id }) => arn(call, "listener", id) === asked);
  if (found !== undefined) return found;
  throw new AwsFault("ListenerNotFoundException", 400, "One or more listeners not found", "ListenerNotFound");
}

const noRule = () => new AwsFault("RuleNotFoundException", 400, "One or more rules not found", "RuleNotFound");

function ruleOf(call: Call, asked: string | undefined): { listener: ListenerRow; rule: ListenerRuleRow } {
  for (const listener of listeners(call)) {
    const rule = listener.rules.find(({ id }) => ruleArn(call, listener, id) === asked);
    if (rule !== undefined) return { listener, rule };
  }
  throw noRule();
}

export function ruleTags(call: Call, asked: string): ListenerRuleRow["tags"] {
  return ruleOf(call, asked).rule.tags;
}

function describeListeners(call: Call<ELB.DescribeListenersCommandInput>) {
  const of = call.input.LoadBalancerArn?.split(":loadbalancer/")[1];
  const found = listeners(call).filter((listener) => balancerOf(listener) === of);
  const { items, next } = page(found, ({ id }) => id, call.pageSize(call.input.PageSize, PAGE), call.input.Marker);
  const Listeners = items.map(({ id, protocol, port, otherwise }) => ({
    ListenerArn: arn(call, "listener", id),
    LoadBalancerArn: call.input.LoadBalancerArn,
    Protocol: protocol,
    Port: port,
    DefaultActions: [asAction(otherwise)],
  }));
  return { Listeners, ...(next === undefined ? {} : { NextMarker: next }) };
}

const asAction = (row: JsonObject): ELB.Action => row as unknown as ELB.Action;

/** Names of hosts and paths are told in both of the places where they may be written. */
function told(condition: JsonObject): ELB.RuleCondition {
  const { HostHeaderConfig, PathPatternConfig } = condition as ELB.RuleCondition;
  const Values = HostHeaderConfig?.Values ?? PathPatternConfig?.Values;
  return { ...(condition as ELB.RuleCondition), ...(Values === undefined ? {} : { Values }) };
}

function describeRule(call: Call, listener: ListenerRow, rule: ListenerRuleRow): ELB.Rule {
  return {
    RuleArn: ruleArn(call, listener, rule.id),
    Priority: String(rule.priority),
    Conditions: rule.conditions.map(told),
    Actions: rule.actions.map((action) => ({ ...asAction(action), Order: 1 })),
    IsDefault: false,
  };
}

function describeRules(call: Call<ELB.DescribeRulesCommandInput>) {
  const listener = listenerOf(call, call.input.ListenerArn);
  const own = listener.rules.map((rule) => describeRule(call, listener, rule));
  const RuleArn = ruleArn(call, listener, "default");
  const all = [
    ...own,
    { RuleArn, Priority: "default", Conditions: [], Actions: [asAction(listener.otherwise)], IsDefault: true },
  ];
  const { items, next } = page(all, (rule) => rule.RuleArn ?? "", call.pageSize(call.input.PageSize, PAGE), call.input.Marker);
  return { Rules: [...items], ...(next === undefined ? {} : { NextMarker: next }) };
}

function put(call: Call, listener: ListenerRow, rules: readonly ListenerRuleRow[]): void {
  const sorted = rules.toSorted((left, right) => left.priority - right.priority);
  call.put("listener-rule", elbv2.listener(call.account, call.region, listener.id), { ...listener, rules: sorted });
}

function create(call: Call<ELB.CreateRuleCommandInput>) {
  const { ListenerArn, Priority: priority = 0, Conditions = [], Actions = [], Tags = [] } = call.input;
  const listener = listenerOf(call, ListenerArn);
  if (listener.protocol === "TCP" || priority < 1 || priority > LAST_PRIORITY || Conditions.length === 0 || Actions.length === 0)
    throw new AwsFault(
      "ValidationError",
      400,
      "A rule needs a listener of requests, a priority from 1 to 50000, conditions and actions",
    );
  if (listener.rules.some((rule) => rule.priority === priority))
    throw new AwsFault("PriorityInUseException", 400, `Priority '${priority}' is currently in use`, "PriorityInUse");
  const beside = listeners(call).filter((one) => balancerOf(one) === balancerOf(listener));
  if (beside.reduce((sum, { rules }) => sum + rules.length, 0) >= MOST_RULES)
    throw new AwsFault("TooManyRulesException", 400, "The maximum number of rules has been reached", "TooManyRules");
  const rule: ListenerRuleRow = {
    id: call.newId(16),
    priority,
    conditions: Conditions as JsonObject[],
    actions: Actions as unknown as JsonObject[],
    tags: Object.fromEntries(Tags.map(({ Key = "", Value = "" }) => [Key, Value])),
  };
  put(call, listener, [...listener.rules, rule]);
  return { Rules: [describeRule(call, listener, rule)] };
}

function modify(call: Call<ELB.ModifyRuleCommandInput>) {
  const { listener, rule } = ruleOf(call, call.input.RuleArn);
  const conditions = (call.input.Conditions as JsonObject[] | undefined) ?? rule.conditions;
  const actions = (call.input.Actions as unknown as JsonObject[] | undefined) ?? rule.actions;
  const changed = { ...rule, conditions, actions };
  put(call, listener, [...listener.rules.filter((one) => one !== rule), changed]);
  return { Rules: [describeRule(call, listener, changed)] };
}

function remove(call: Call<ELB.DeleteRuleCommandInput>): Record<string, never> {
  const { listener, rule } = ruleOf(call, call.input.RuleArn);
  put(
    call,
    listener,
    listener.rules.filter((one) => one !== rule),
  );
  return {};
}

export const ruleOperations: Operation[] = [
  operation<ELB.DescribeListenersCommandInput, ELB.DescribeListenersCommandOutput>("elbv2", "DescribeListeners", {
    iam: "elasticloadbalancing:DescribeListeners",
    answer: describeListeners,
  }),
  operation<ELB.DescribeRulesCommandInput, ELB.DescribeRulesCommandOutput>("elbv2", "DescribeRules", {
    iam: "elasticloadbalancing:DescribeRules",
    answer: describeRules,
  }),
  operation<ELB.DescribeAccountLimitsCommandInput, ELB.DescribeAccountLimitsCommandOutput>("elbv2", "DescribeAccountLimits", {
    iam: "elasticloadbalancing:DescribeAccountLimits",
    answer: () => ({ Limits: Object.entries(LIMITS).map(([Name, most]) => ({ Name, Max: String(most) })) }),
  }),
  operation<ELB.CreateRuleCommandInput, ELB.CreateRuleCommandOutput>("elbv2", "CreateRule", {
    iam: "elasticloadbalancing:CreateRule",
    resource: (call) => call.input.ListenerArn ?? "*",
    answer: create,
  }),
  operation<ELB.ModifyRuleCommandInput, ELB.ModifyRuleCommandOutput>("elbv2", "ModifyRule", {
    iam: "elasticloadbalancing:ModifyRule",
    resource: (call) => call.input.RuleArn ?? "*",
    answer: modify,
  }),
  operation<ELB.DeleteRuleCommandInput, ELB.DeleteRuleCommandOutput>("elbv2", "DeleteRule", {
    iam: "elasticloadbalancing:DeleteRule",
    resource: (call) => call.input.RuleArn ?? "*",
    answer: remove,
  }),
];
