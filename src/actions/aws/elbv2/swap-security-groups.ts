import { type LoadBalancer, SetSecurityGroupsCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import * as z from "zod";
import { defect, ErError, type Json, type ResourceRef, sameJson } from "../../../model/index.ts";
import { ProviderError, type ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { describeGroups } from "../ec2/interfaces.ts";
import { type Ec2, ec2Of } from "../ec2/pages.ts";
import { rulesOf } from "../ec2/quarantine-group.ts";
import { balancerId, balancerRef, elbOf, findBalancer, findBalancers, nameOf } from "./load-balancers.ts";
import { type LockdownGroup, lockdownGroupOf, networksIn, sayInbound } from "./lockdown-group.ts";

/** Ids, sorted: a load balancer keeps a set. */
type State = { readonly groups: readonly string[] };
/** The lockdown group, and what it lets pass: rules that somebody changes later are not what was approved. */
type Asks = { readonly group: string; readonly rules: readonly string[] };

const MOST_GROUPS = 5;
const EXAMPLE = { account: "123456789012", region: "us-east-1" };
const EXAMPLE_ASKS: Asks = {
  group: "sg-0lock01",
  rules: ["in tcp 443-443 198.51.100.0/24", "out all 0.0.0.0/0", "out all ::/0"],
};

export const swapSecurityGroups = defineAction<"aws.load-balancers", Record<string, never>, State>({
  id: "aws.elbv2.swap-security-groups",
  title: "Close load balancers to all but the responders",
  description:
    "Replaces the security groups of the entrance's load balancers by the lockdown group of their VPC, which was made beforehand and lets only the responders in: its rules must be the approved ones, or nobody but the responder networks may be let in by them. A restore gives each load balancer its own groups back. A Network Load Balancer that was made without security groups can never get any: the plan says so.",
  containment: "destination",
  blastRadius:
    "everybody but who the lockdown group lets in, customers of all tenants included, loses the services behind these load balancers, health checks from outside included; connections that are open and tracked are not cut, and neither are hosts that are reached past the load balancers",
  targets: ["aws.load-balancers"],
  params: z.strictObject({}),
  permissions: {
    read: [
      {
        service: "elbv2",
        operation: "DescribeLoadBalancers",
        iam: ["elasticloadbalancing:DescribeLoadBalancers"],
      },
      { service: "elbv2", operation: "DescribeTags", iam: ["elasticloadbalancing:DescribeTags"] },
      { service: "ec2", operation: "DescribeSecurityGroups", iam: ["ec2:DescribeSecurityGroups"] },
    ],
    write: [{ service: "elbv2", operation: "SetSecurityGroups", iam: ["elasticloadbalancing:SetSecurityGroups"] }],
  },
  bound: {
    ms: 60_000,
    source:
      "assumed: Elastic Load Balancing documents no time for a change of security groups; one minute is allowed, as for network interfaces",
  },
  examples: [
    {
      title: "An Application and a Network Load Balancer, and one that never had security groups",
      selection: {
        kind: "aws.load-balancers",
        entrance: "shop",
        ...EXAMPLE,
        select: { tag: { key: "entrance", value: "shop" } },
        lockdownGroup: "lockdown",
        responderNetworks: ["198.51.100.0/24"],
      },
      params: {},
      changes: [
        exampleChange("app/shop/0a1b2c3d4e5f6a7b", ["sg-0web01"]),
        exampleChange("net/shop-tcp/1a1b2c3d4e5f6a7b", ["sg-0app01"]),
      ],
    },
  ],

  async *plan(scope, selection) {
    const [elb, ec2] = await Promise.all([elbOf(scope, selection), ec2Of(scope, selection)]);
    const lockdown = new Map<string, LockdownGroup>();
    for (const balancer of await findBalancers(elb, selection)) {
      if (!takesGroups(balancer)) continue;
      const vpc = balancer.VpcId ?? defect("a load balancer is in no VPC");
      const group = lockdown.get(vpc) ?? (await lockdownGroupOf(ec2, vpc, selection));
      lockdown.set(vpc, group);
      const resource = balancerRef(selection, balancerId(balancer));
      yield {
        key: resource.id,
        resource,
        summary: sayClose(resource, selection.entrance, selection.lockdownGroup, group.rules),
        before: stateOf(balancer),
        after: { groups: [group.id] },
        reversal: { kind: "restore" },
        asks: { group: group.id, rules: group.rules },
      };
    }
  },

  async leaves(scope, selection) {
    const elb = await elbOf(scope, selection);
    const without = (await findBalancers(elb, selection)).filter((balancer) => !takesGroups(balancer));
    return without.map((balancer) => ({
      resource: balancerRef(selection, balancerId(balancer)),
      reason: `load balancer "${balancer.LoadBalancerName}" has no security groups and can be given none: it stays open`,
    }));
  },

  read,

  async apply(scope, { resource, after, asks }) {
    if (after === null) return defect("a load balancer is not removed");
    const elb = await elbOf(scope, resource);
    const balancer = await findBalancer(elb, resource);
    if (balancer === null) throw gone(resource);
    const asked = asksOf(asks);
    if (asked !== null && after.groups.includes(asked.group)) await refuseChanged(await ec2Of(scope, resource), asked);
    const privateLink = balancer.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic;
    await elb.send(
      new SetSecurityGroupsCommand({
        LoadBalancerArn: balancer.LoadBalancerArn,
        SecurityGroups: [...after.groups],
        // Left out, it would be switched on.
        ...(privateLink === "on" || privateLink === "off"
          ? { EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: privateLink }
          : {}),
      }),
    );
  },

  async verify(scope, { resource, after, asks }, direction) {
    const level = "configuration";
    const now = await read(scope, resource);
    if (!sameJson(now, after)) {
      const detail = `it has ${now === null ? "gone" : `groups ${now.groups.join(", ")}`}, not ${after?.groups.join(", ")}`;
      return { verdict: "contradicted", level, detail };
    }
    const asked = asksOf(asks);
    if (direction === "restore" || asked === null) return { verdict: "confirmed", level };
    const rules = await rulesNow(await ec2Of(scope, resource), asked.group);
    if (sameJson([...rules], [...asked.rules])) return { verdict: "confirmed", level };
    return { verdict: "contradicted", level, detail: `the rules of ${asked.group} were changed: it ${sayInbound(rules)}` };
  },

  effects({ resource, asks }) {
    const { account, region, id } = resource;
    const but = networksIn(asksOf(asks)?.rules ?? []).flatMap((network) => network ?? []);
    return [{ kind: "flow", provider: "aws", account, region, peer: "*", but, at: id, direction: "in", established: false }];
  },

  merge(base, { asks }, now, held) {
    if (now === null) return { state: null };
    if (held.length > 0) return { state: now };
    const ours = asksOf(asks)?.group;
    const theirs = now.groups.filter((group) => group !== ours);
    if (theirs.length === now.groups.length && !sameJson(now, base)) {
      return { state: now, conflict: "somebody else took it out of the lockdown and gave it other groups" };
    }
    const groups = sorted([...(base?.groups ?? []), ...theirs]);
    if (groups.length <= MOST_GROUPS) return { state: { groups } };
    const conflict = `with the groups that somebody else added it would have ${groups.length}; a load balancer takes ${MOST_GROUPS}`;
    return { state: now, conflict };
  },

  async residual(scope, { resource }) {
    const balancer = await findBalancer(await elbOf(scope, resource), resource);
    const name = nameOf(resource);
    return [
      {
        what: `connections that were open at load balancer "${name}"`,
        until: "until each is closed, or idle for the load balancer's idle timeout",
        why: "a change of security groups does not interrupt what is being tracked; a network ACL cuts it",
      },
      ...(balancer?.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic === "off"
        ? [
            {
              what: `clients of load balancer "${name}" by way of PrivateLink`,
              until: "until its inbound rules are enforced on PrivateLink traffic",
              why: "the load balancer is set not to apply its security groups to them",
            },
          ]
        : []),
      {
        what: `hosts behind load balancer "${name}" that are reached past it`,
        until: "until their own groups let in nobody but the load balancer",
        why: "the lockdown group stands at the load balancer only",
      },
    ];
  },
});

/** Gateway Load Balancers have none, Network Load Balancers only if they were made with some. */
function takesGroups({ SecurityGroups }: LoadBalancer): boolean {
  return SecurityGroups !== undefined && SecurityGroups.length > 0;
}

async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  const balancer = await findBalancer(await elbOf(scope, resource), resource);
  return balancer === null ? null : stateOf(balancer);
}

function stateOf({ SecurityGroups }: LoadBalancer): State {
  return { groups: sorted(SecurityGroups ?? []) };
}

async function rulesNow(ec2: Ec2, id: string): Promise<readonly string[]> {
  const group = await describeGroups(ec2, [id]);
  return group.flatMap(rulesOf);
}

/** Between plan and application somebody may have let others into the group. Errors: `not-as-approved`. */
async function refuseChanged(ec2: Ec2, { group, rules }: Asks): Promise<void> {
  const now = await rulesNow(ec2, group);
  if (sameJson([...now], [...rules])) return;
  throw new ErError("not-as-approved", `the rules of ${group} were changed since the plan was made: it ${sayInbound(now)}`, {
    hints: ["make a new plan"],
  });
}

function gone({ id }: ResourceRef): ProviderError {
  const facts = { service: "aws.elbv2", operation: "SetSecurityGroups", providerCode: "", status: null, requestId: null };
  return new ProviderError("missing", { ...facts, message: `load balancer "${id}" is not there as it was read just now` });
}

function sayClose(resource: Pick<ResourceRef, "id">, entrance: string, group: string, rules: readonly string[]): string {
  return `close load balancer "${nameOf(resource)}" of entrance "${entrance}" with security group "${group}" alone, which ${sayInbound(rules)}`;
}

function exampleChange(id: string, groups: readonly string[]) {
  return {
    key: id,
    resource: balancerRef(EXAMPLE, id),
    summary: sayClose({ id }, "shop", "lockdown", EXAMPLE_ASKS.rules),
    before: { groups },
    after: { groups: [EXAMPLE_ASKS.group] },
    asks: EXAMPLE_ASKS,
  };
}

function asksOf(asks: Json | undefined): Asks | null {
  return (asks as Asks | undefined) ?? null;
}

const sorted = (groups: readonly string[]): string[] => [...new Set(groups)].sort();
