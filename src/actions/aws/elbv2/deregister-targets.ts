import { CreateTagsCommand, DeleteTagsCommand } from "@aws-sdk/client-ec2";
import {
  DeregisterTargetsCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  RegisterTargetsCommand,
  type TargetGroup,
  type TargetHealthDescription,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import * as z from "zod";
import { compact, type ResourceRef, sameJson } from "../../../model/index.ts";
import { everyPage, orAbsent, type ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { EXAMPLE_HOSTS, findLiving } from "../ec2/instances.ts";
import { ec2Of } from "../ec2/pages.ts";
import { type Elb, elbOf } from "./load-balancers.ts";
import { groupName, isRegistered, markerOf, type Target, targetOf, targetRef, targetsIn } from "./targets.ts";

/** A registration, as it has to be made again beside its id and port; none is what gets no new requests. */
type State = { readonly zone?: string };

export const deregisterTargets = defineAction<"aws.tagged-instances", Record<string, never>, State>({
  id: "aws.elbv2.deregister-targets",
  title: "Take instances out of load balancers",
  description:
    "Deregisters each instance, by its id or by one of its addresses, from every target group of its VPC: load balancers send it no new requests. A tag on the instance names what was deregistered, because the target group forgets it; a rollback removes the tag and registers the target again, with the same port and zone.",
  containment: "destination",
  blastRadius:
    "the applications behind these target groups lose the instances' capacity, and their users are refused where no other target is left; requests that are on their way end within the deregistration delay. Classic Load Balancers and clients that reach the hosts without a load balancer are not stopped",
  targets: ["aws.tagged-instances"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "ec2", operation: "DescribeInstances", iam: ["ec2:DescribeInstances"] },
      { service: "elbv2", operation: "DescribeTargetGroups", iam: ["elasticloadbalancing:DescribeTargetGroups"] },
      { service: "elbv2", operation: "DescribeTargetHealth", iam: ["elasticloadbalancing:DescribeTargetHealth"] },
    ],
    write: [
      { service: "ec2", operation: "CreateTags", iam: ["ec2:CreateTags"] },
      { service: "elbv2", operation: "DeregisterTargets", iam: ["elasticloadbalancing:DeregisterTargets"] },
      { service: "ec2", operation: "DeleteTags", iam: ["ec2:DeleteTags"] },
      { service: "elbv2", operation: "RegisterTargets", iam: ["elasticloadbalancing:RegisterTargets"] },
    ],
  },
  bound: {
    ms: 300_000,
    source: "Elastic Load Balancing User Guide, deregistration delay: requests that are on their way have 300 seconds by default",
  },
  examples: [
    {
      title: "Two instances behind two load balancers, from one of which a containment took the first before",
      selection: EXAMPLE_HOSTS,
      params: {},
      changes: [
        exampleChange("i-0acme01", "acme-api/0a1b2c3d4e5f6a70", "10.0.1.11", 8080, null),
        exampleChange("i-0acme01", "acme-web/0a1b2c3d4e5f6a71", "i-0acme01", 443, {}),
        exampleChange("i-0acme02", "acme-web/0a1b2c3d4e5f6a71", "i-0acme02", 443, {}),
      ],
    },
  ],

  async *plan(scope, selection) {
    const instances = await findLiving(await ec2Of(scope, selection), selection.tag);
    const vpcs = new Set(instances.map(({ VpcId }) => VpcId));
    const elb = await elbOf(scope, selection);
    const groups = instances.length === 0 ? [] : await findGroups(elb);
    for (const group of groups.filter(({ VpcId }) => vpcs.has(VpcId))) {
      const { TargetGroupArn } = group;
      const { TargetHealthDescriptions: health = [] } = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
      for (const target of targetsIn(group, health, instances)) {
        const resource = targetRef(selection, target);
        const before = stateOf(health.find((one) => isOf(one, target)));
        yield { key: resource.id, resource, summary: say(target, before), before, after: null, reversal: { kind: "restore" } };
      }
    }
  },

  read,

  // Marked before it goes and unmarked before it comes back: every beginning is read as what was there before.
  async apply(scope, { resource, after }) {
    const target = targetOf(resource);
    const [ec2, elb] = await Promise.all([ec2Of(scope, resource), elbOf(scope, resource)]);
    const Resources = [target.instance];
    const registration = { Id: target.id, Port: target.port };
    if (after === null) {
      await ec2.send(new CreateTagsCommand({ Resources, Tags: [{ Key: markerOf(target), Value: "deregistered" }] }));
      await elb.send(new DeregisterTargetsCommand({ TargetGroupArn: target.group, Targets: [registration] }));
    } else {
      await ec2.send(new DeleteTagsCommand({ Resources, Tags: [{ Key: markerOf(target) }] }));
      const Targets = [compact({ ...registration, AvailabilityZone: after.zone })];
      await elb.send(new RegisterTargetsCommand({ TargetGroupArn: target.group, Targets }));
    }
  },

  async verify(scope, { resource, after }) {
    const now = await read(scope, resource);
    if (sameJson(now, after)) return { verdict: "confirmed", level: "configuration" };
    const where = `target group "${groupName(targetOf(resource))}"`;
    return { verdict: "contradicted", level: "configuration", detail: `${where} ${now === null ? "has it no more" : "has it"}` };
  },

  async residual(_scope, { resource }) {
    const target = targetOf(resource);
    return [
      {
        what: `requests and connections that target group "${groupName(target)}" has passed on to ${target.id}`,
        until: "until they end, at most the group's deregistration delay, 300 seconds by default",
        why: "a target is drained: only new requests go elsewhere",
      },
      {
        what: `registration of ${target.id} by whatever registers targets by itself (Auto Scaling, ECS, a controller of Kubernetes)`,
        until: "until that is stopped, or takes the instance for out of service",
        why: "a target group takes back what is registered again; status --verify finds it",
      },
    ];
  },
});

/** By ARN, in one order. */
async function findGroups(elb: Elb): Promise<TargetGroup[]> {
  const groups = await everyPage(
    (from) => elb.send(new DescribeTargetGroupsCommand(compact({ Marker: from }))),
    ({ TargetGroups }) => TargetGroups,
  );
  return groups.toSorted((left, right) => ((left.TargetGroupArn ?? "") < (right.TargetGroupArn ?? "") ? -1 : 1));
}

async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  const target = targetOf(resource);
  const elb = await elbOf(scope, resource);
  const Targets = [{ Id: target.id, Port: target.port }];
  const answer = await orAbsent(() => elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: target.group, Targets })));
  return stateOf(answer?.TargetHealthDescriptions?.[0]);
}

function stateOf(health: TargetHealthDescription | undefined): State | null {
  if (health === undefined || !isRegistered(health)) return null;
  return compact({ zone: health.Target?.AvailabilityZone });
}

function isOf({ Target }: TargetHealthDescription, { id, port }: Target): boolean {
  return Target?.Id === id && Target.Port === port;
}

function say(target: Target, before: State | null): string {
  const whole = `${target.id}:${target.port}${target.id === target.instance ? "" : ` (${target.instance})`}`;
  return `${before === null ? "hold" : "take"} ${whole} out of target group "${groupName(target)}"`;
}

function exampleChange(instance: string, group: string, id: string, port: number, before: State | null) {
  const arn = `arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/${group}`;
  const target = { instance, group: arn, id, port };
  const resource = targetRef(EXAMPLE_HOSTS, target);
  return { key: resource.id, resource, summary: say(target, before), before, after: null };
}
