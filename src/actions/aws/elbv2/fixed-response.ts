import {
  CreateRuleCommand,
  DeleteRuleCommand,
  DescribeAccountLimitsCommand,
  type Listener,
  type LoadBalancer,
  type Rule,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import * as z from "zod";
import { compact, defect, ErError, type ResourceRef, sameJson } from "../../../model/index.ts";
import { everyPage, orAbsent, type ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import {
  httpListeners,
  MARK,
  markFor,
  ownRule,
  priorityOf,
  type RuleState,
  ruleRef,
  rulesAt,
  rulesBefore,
  slotFor,
  spotOf,
  stateOf,
} from "./listener-rules.ts";
import { balancerId, balancerRef, type Elb, elbOf, findBalancers } from "./load-balancers.ts";

type Look = { readonly rules: readonly Rule[]; readonly own: Rule | null };

/** A host, its port and its load balancer, as they are spoken of. */
type Said = { readonly host: string; readonly port: number; readonly balancer: string };

const ANSWER = { StatusCode: "503", ContentType: "text/plain", MessageBody: "Service unavailable" };
const EXAMPLE = { account: "123456789012", region: "us-east-1" };

export const fixedResponse = defineAction<"aws.tenant-hosts", Record<string, never>, RuleState>({
  id: "aws.elbv2.fixed-response",
  title: "Answer requests to one tenant's host name with 503",
  description:
    "Puts a rule that answers every request for the tenant's host name with a fixed 503 in front of the others, at each HTTP and HTTPS listener of the entrance's Application Load Balancers. Rules for other hosts stay in force, whatever their place. It takes the lowest free priority, and refuses where a rule that may take such requests stands before that. The rule is known by its tag; a rollback deletes it, and leaves one that somebody else edited.",
  containment: "destination",
  blastRadius:
    "everybody who comes to the tenant by this host name, the responders included: a rule knows whom it answers and not whom it spares. Other tenants, other names of this one, and ways past the load balancers are not stopped; neither is a connection that was upgraded to a WebSocket before",
  targets: ["aws.tenant-hosts"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "elbv2", operation: "DescribeLoadBalancers", iam: ["elasticloadbalancing:DescribeLoadBalancers"] },
      { service: "elbv2", operation: "DescribeListeners", iam: ["elasticloadbalancing:DescribeListeners"] },
      { service: "elbv2", operation: "DescribeRules", iam: ["elasticloadbalancing:DescribeRules"] },
      { service: "elbv2", operation: "DescribeTags", iam: ["elasticloadbalancing:DescribeTags"] },
      { service: "elbv2", operation: "DescribeAccountLimits", iam: ["elasticloadbalancing:DescribeAccountLimits"] },
    ],
    write: [
      {
        service: "elbv2",
        operation: "CreateRule",
        iam: ["elasticloadbalancing:CreateRule", "elasticloadbalancing:AddTags"],
      },
      { service: "elbv2", operation: "DeleteRule", iam: ["elasticloadbalancing:DeleteRule"] },
    ],
  },
  bound: {
    ms: 60_000,
    source: "assumed: Elastic Load Balancing documents no time for a change of a listener's rules; one minute is allowed",
  },
  examples: [
    {
      title: "An Application Load Balancer with two listeners, beside Network Load Balancers",
      selection: {
        kind: "aws.tenant-hosts",
        tenant: "acme",
        entrance: "shop",
        ...EXAMPLE,
        select: { tag: { key: "entrance", value: "shop" } },
        host: "acme.shop.example",
      },
      params: {},
      changes: [exampleChange("8a1b2c3d4e5f6a80", 80, 1), exampleChange("8a1b2c3d4e5f6a81", 443, 2)],
    },
  ],

  async *plan(scope, selection) {
    const { host } = selection;
    const elb = await elbOf(scope, selection);
    for (const balancer of (await findBalancers(elb, selection)).filter(hasRules)) {
      const listeners = await httpListeners(elb, balancer);
      const looks: (Look & { readonly listener: Listener })[] = [];
      for (const listener of listeners) looks.push({ listener, ...(await lookAt(elb, listener.ListenerArn ?? "", host)) });
      await refuseFull(elb, balancer, looks);
      for (const { listener, rules, own } of looks) {
        const said = { host, port: listener.Port ?? 0, balancer: balancer.LoadBalancerName ?? "" };
        const resource = ruleRef(selection, listener, host);
        const after = own === null ? closing(host, freeSlot(rules, said)) : standing(own, rules, said);
        const before = own === null ? null : after;
        yield { key: resource.id, resource, summary: say(said, after), before, after, reversal: { kind: "restore" } };
      }
    }
  },

  async leaves(scope, selection) {
    const elb = await elbOf(scope, selection);
    const without = (await findBalancers(elb, selection)).filter((balancer) => !hasRules(balancer));
    return without.map((balancer) => ({
      resource: balancerRef(selection, balancerId(balancer)),
      reason: `load balancer "${balancer.LoadBalancerName}" is of type ${balancer.Type} and has no rules: it knows no host names and stays open`,
    }));
  },

  read,

  async apply(scope, { resource, before, after }) {
    const elb = await elbOf(scope, resource);
    const { listener, host } = spotOf(resource);
    if (after === null) {
      const { own } = await lookAt(elb, listener, host);
      if (own !== null) await elb.send(new DeleteRuleCommand({ RuleArn: own.RuleArn }));
    } else if (before === null) {
      await elb.send(
        new CreateRuleCommand({
          ListenerArn: listener,
          Priority: after.priority,
          Conditions: [{ Field: "host-header", HostHeaderConfig: { Values: [host] } }],
          Actions: [{ Type: "fixed-response", FixedResponseConfig: ANSWER }],
          Tags: [{ Key: MARK, Value: markFor(host) }],
        }),
      );
    } else defect("a rule is made or deleted, not edited");
  },

  async verify(scope, { resource, after }, direction) {
    const level = "configuration";
    const { listener, host } = spotOf(resource);
    const look = await orAbsent(async () => lookAt(await elbOf(scope, resource), listener, host));
    const now = look === null || look.own === null ? null : stateOf(look.own);
    if (!sameJson(now, after)) {
      const detail = now === null ? "the rule is gone" : after === null ? "the rule is still there" : "the rule was edited";
      return { verdict: "contradicted", level, detail };
    }
    if (direction === "restore" || now === null) return { verdict: "confirmed", level };
    const [first] = rulesBefore(look?.rules ?? [], now.priority, host);
    if (first === undefined) return { verdict: "confirmed", level };
    const detail = `rule ${priorityOf(first)} stands before it and may take requests for "${host}"`;
    return { verdict: "contradicted", level, detail };
  },

  effects({ resource }) {
    const { account, region, id } = resource;
    const { host } = spotOf(resource);
    return [{ kind: "request", account, region, listener: id.slice(0, -host.length - 1), host }];
  },

  async residual(_scope, { resource }) {
    const { host } = spotOf(resource);
    return [
      {
        what: `WebSockets and answers that are under way for "${host}"`,
        until: "until they end, or are idle for the load balancer's idle timeout",
        why: "a rule decides when a request begins",
      },
      {
        what: "the tenant's application under another host name, and past the load balancer",
        until: "until that is closed",
        why: `the rule knows requests by the name "${host}", which clients may leave out; caches in front may answer too`,
      },
    ];
  },
});

function hasRules({ Type }: LoadBalancer): boolean {
  return Type === "application";
}

async function lookAt(elb: Elb, listener: string, host: string): Promise<Look> {
  const rules = await rulesAt(elb, listener);
  return { rules, own: await ownRule(elb, rules, host) };
}

async function read(scope: ReadScope, resource: ResourceRef): Promise<RuleState | null> {
  const { listener, host } = spotOf(resource);
  const look = await orAbsent(async () => lookAt(await elbOf(scope, resource), listener, host));
  return look === null || look.own === null ? null : stateOf(look.own);
}

function closing(host: string, priority: number): RuleState {
  return {
    priority,
    conditions: [{ Field: "host-header", Values: [host] }],
    actions: [{ Type: "fixed-response", FixedResponseConfig: ANSWER }],
  };
}

/** Errors: `no-free-slot`. */
function freeSlot(rules: readonly Rule[], said: Said): number {
  const slot = slotFor(rules, said.host);
  if (slot !== null) return slot;
  const [first] = rulesBefore(rules, Number.POSITIVE_INFINITY, said.host);
  throw new ErError(
    "no-free-slot",
    `${sayListener(said)} has no free priority before rule ${first && priorityOf(first)}, which may take requests for "${said.host}"`,
    {
      hints: [
        "soc2-er status   (release what is not needed any more)",
        "move the listener's rules behind a few free numbers: aws elbv2 set-rule-priorities",
      ],
      detail: { rule: first?.RuleArn ?? null, host: said.host },
    },
  );
}

/** Our own rule of another incident, if it still does what it was made for. Errors: `not-as-approved`, `no-free-slot`. */
function standing(own: Rule, rules: readonly Rule[], said: Said): RuleState {
  const now = stateOf(own);
  const [first] = rulesBefore(rules, now.priority, said.host);
  const hints = [`aws elbv2 delete-rule --rule-arn ${own.RuleArn}`, "make a new plan"];
  if (!sameJson(now, closing(said.host, now.priority)))
    throw new ErError(
      "not-as-approved",
      `rule ${now.priority} of ${sayListener(said)} closed "${said.host}", and somebody edited it`,
      { hints },
    );
  if (first === undefined) return now;
  throw new ErError(
    "no-free-slot",
    `rule ${priorityOf(first)} of ${sayListener(said)} stands before the one that closes "${said.host}"`,
    { hints },
  );
}

/** Errors: `limit-exceeded`, where the load balancer takes no more rules. */
async function refuseFull(elb: Elb, { LoadBalancerName: name }: LoadBalancer, looks: readonly Look[]): Promise<void> {
  const there = looks.reduce((sum, { rules }) => sum + rules.length, 0);
  const added = looks.filter(({ own }) => own === null).length;
  const most = added === 0 ? null : await mostRules(elb);
  if (most === null || there + added <= most) return;
  throw new ErError(
    "limit-exceeded",
    `load balancer "${name}" has ${there} rules and would need ${added} more; it takes ${most}`,
    {
      hints: ["remove rules, or have the quota of rules per Application Load Balancer raised"],
    },
  );
}

async function mostRules(elb: Elb): Promise<number | null> {
  const limits = await everyPage(
    (from) => elb.send(new DescribeAccountLimitsCommand(compact({ Marker: from }))),
    ({ Limits }) => Limits,
  );
  const limit = limits.find(({ Name }) => Name === "rules-per-application-load-balancer");
  return limit?.Max === undefined ? null : Number(limit.Max);
}

function sayListener({ port, balancer }: Said): string {
  return `listener ${port} of load balancer "${balancer}"`;
}

function say(said: Said, { priority }: RuleState): string {
  return `answer 503 to requests for "${said.host}" at ${sayListener(said)}, with rule ${priority}`;
}

function exampleChange(listener: string, port: number, priority: number) {
  const host = "acme.shop.example";
  const ListenerArn = `arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/shop/0a1b2c3d4e5f6a7b/${listener}`;
  const resource = ruleRef(EXAMPLE, { ListenerArn }, host);
  const after = closing(host, priority);
  return { key: resource.id, resource, summary: say({ host, port, balancer: "shop" }, after), before: null, after };
}
