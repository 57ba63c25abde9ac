import {
  DescribeListenersCommand,
  DescribeRulesCommand,
  type Listener,
  type LoadBalancer,
  type Rule,
  type RuleCondition,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { compact, defect, type Json, type JsonObject, type ResourceRef } from "../../../model/index.ts";
import { everyPage } from "../../../providers/index.ts";
import { type Elb, tagsByArn } from "./load-balancers.ts";

/** Priority, conditions and actions, whose form does not depend on how the rule was written. */
export type RuleState = {
  readonly priority: number;
  readonly conditions: readonly JsonObject[];
  readonly actions: readonly JsonObject[];
};

/** Tag of the rules that are ours; its value names the host. */
export const MARK = "soc2-er";
/** Of a listener's priorities. */
const LAST = 50_000;

type Place = { readonly account: string; readonly region: string };
export type Spot = { readonly listener: string; readonly host: string };

export function markFor(host: string): string {
  return `tenant-host:${host}`;
}

/** `app/NAME/1a2b…/2a3b…/HOST` */
export function ruleRef({ account, region }: Place, listener: Listener, host: string): ResourceRef {
  const id = listener.ListenerArn?.split(":listener/")[1] ?? defect("a listener has no ARN");
  return { provider: "aws", type: "listener-rule", account, region, id: `${id}/${host}` };
}

export function spotOf({ account, region, id }: ResourceRef): Spot {
  const cut = id.lastIndexOf("/");
  const listener = `arn:aws:elasticloadbalancing:${region}:${account}:listener/${id.slice(0, cut)}`;
  return { listener, host: id.slice(cut + 1) };
}

/** Those that understand requests, in one order. */
export async function httpListeners(elb: Elb, { LoadBalancerArn }: LoadBalancer): Promise<Listener[]> {
  const listeners = await everyPage(
    (from) => elb.send(new DescribeListenersCommand(compact({ LoadBalancerArn, Marker: from }))),
    ({ Listeners }) => Listeners,
  );
  return listeners
    .filter(({ Protocol }) => Protocol === "HTTP" || Protocol === "HTTPS")
    .toSorted((left, right) => ((left.ListenerArn ?? "") < (right.ListenerArn ?? "") ? -1 : 1));
}

/** Without the default, which decides what no rule does. */
export async function rulesAt(elb: Elb, listener: string): Promise<Rule[]> {
  const rules = await everyPage(
    (from) => elb.send(new DescribeRulesCommand(compact({ ListenerArn: listener, Marker: from }))),
    ({ Rules }) => Rules,
  );
  return rules.filter(({ IsDefault }) => IsDefault !== true);
}

/** The rule that closes this host, by its tag: whatever somebody made of it meanwhile. */
export async function ownRule(elb: Elb, rules: readonly Rule[], host: string): Promise<Rule | null> {
  const tags = await tagsByArn(
    elb,
    rules.flatMap(({ RuleArn }) => RuleArn ?? []),
  );
  const isOwn = ({ RuleArn = "" }: Rule) =>
    tags.get(RuleArn)?.some(({ Key, Value }) => Key === MARK && Value === markFor(host)) === true;
  return rules.find(isOwn) ?? null;
}

export function stateOf(rule: Rule): RuleState {
  return {
    priority: priorityOf(rule),
    conditions: (rule.Conditions ?? []).map((condition) => stated({ ...condition, ...namesOf(condition) })),
    // The order of a single action is told by some and not by others.
    actions: (rule.Actions ?? []).map(({ Order, ...action }) =>
      stated(rule.Actions?.length === 1 ? action : { ...action, Order }),
    ),
  };
}

export function priorityOf({ Priority }: Rule): number {
  return Number(Priority);
}

/** The rules before this number that may take a request for the host: one that names other hosts alone cannot. */
export function rulesBefore(rules: readonly Rule[], priority: number, host: string): Rule[] {
  return rules
    .filter((rule) => priorityOf(rule) < priority && mayTake(rule, host))
    .toSorted((left, right) => priorityOf(left) - priorityOf(right));
}

/** The lowest free number in front of every rule that may take a request for the host; null where there is none. */
export function slotFor(rules: readonly Rule[], host: string): number | null {
  const taken = new Set(rules.map(priorityOf));
  let number = 1;
  while (taken.has(number)) number += 1;
  return number <= LAST && rulesBefore(rules, number, host).length === 0 ? number : null;
}

function mayTake({ Conditions = [] }: Rule, host: string): boolean {
  return Conditions.filter(({ Field }) => Field === "host-header").every((condition) => {
    const { HostHeaderConfig } = condition;
    if ((HostHeaderConfig?.RegexValues ?? []).length > 0) return true;
    return (HostHeaderConfig?.Values ?? condition.Values ?? []).some((pattern) => matches(pattern, host));
  });
}

function matches(pattern: string, host: string): boolean {
  const source = pattern
    .replace(/[^A-Za-z0-9*?]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "i").test(host);
}

/** Names of hosts are told twice, or once. */
function namesOf({ HostHeaderConfig, Values }: RuleCondition): Partial<RuleCondition> {
  if (HostHeaderConfig === undefined || (HostHeaderConfig.RegexValues ?? []).length > 0) return {};
  return { Values: HostHeaderConfig.Values ?? Values, HostHeaderConfig: undefined };
}

/** As the provider said it, without what is undefined or empty. */
function stated(value: object): JsonObject {
  const isSaid = (item: unknown) => item !== undefined && !(Array.isArray(item) && item.length === 0);
  const members = Object.entries(value).filter(([, item]) => isSaid(item));
  const nested = (item: unknown): Json =>
    item !== null && typeof item === "object" && !Array.isArray(item) ? stated(item) : (item as Json);
  return Object.fromEntries(members.map(([name, item]) => [name, nested(item)]));
}
