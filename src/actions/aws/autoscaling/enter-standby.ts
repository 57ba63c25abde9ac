import {
  type AutoScalingClient,
  type AutoScalingGroup,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  EnterStandbyCommand,
  ExitStandbyCommand,
} from "@aws-sdk/client-auto-scaling";
import * as z from "zod";
import { defect, type Json, type ResourceRef, type Reversal, sameJson } from "../../../model/index.ts";
import type { ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { EXAMPLE_HOSTS, findLiving, idOf } from "../ec2/instances.ts";
import { ec2Of, everyPage, type Place } from "../ec2/pages.ts";

/** A group's instance, in the words of Auto Scaling; one that is in no group has no state. */
type State = { readonly group: string; readonly lifecycle: string };
type Client = Pick<AutoScalingClient, "send">;

const SERVING = "InService";
const STANDBY = "Standby";
/** On the way between the two, or held there by a hook. */
const MOVING = /^(EnteringStandby|Pending)/;
const LOOK_MS = 1_000;
const MOST_LOOKS = 60;
/** Instances that are asked about at once. */
const MOST_ASKED = 50;

export const enterStandby = defineAction<"aws.tagged-instances", Record<string, never>, State>({
  id: "aws.autoscaling.enter-standby",
  title: "Take instances out of their Auto Scaling groups' service",
  description:
    "Puts each instance that serves in an Auto Scaling group into standby: the group does not check its health any more, takes it out of its load balancers, and neither terminates nor replaces it for being cut off. The group's desired capacity goes down by one, so that nothing is launched, as long as that is not below its minimum; where it would be, the group launches a replacement at once, from its own template and with its own security groups, and the plan says so for that instance. Instances of no group are not touched.",
  containment: "destination",
  blastRadius:
    "the groups' applications lose these instances' capacity until they are back, or get replacements that are new hosts of the tenant, which no quarantine of this plan holds; Auto Scaling may rebalance zones, that is terminate others; requests that a load balancer has passed on end within its deregistration delay",
  targets: ["aws.tagged-instances"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "ec2", operation: "DescribeInstances", iam: ["ec2:DescribeInstances"] },
      {
        service: "autoscaling",
        operation: "DescribeAutoScalingInstances",
        iam: ["autoscaling:DescribeAutoScalingInstances"],
      },
      { service: "autoscaling", operation: "DescribeAutoScalingGroups", iam: ["autoscaling:DescribeAutoScalingGroups"] },
    ],
    write: [
      { service: "autoscaling", operation: "EnterStandby", iam: ["autoscaling:EnterStandby"] },
      { service: "autoscaling", operation: "ExitStandby", iam: ["autoscaling:ExitStandby"] },
    ],
  },
  bound: {
    ms: 300_000,
    source:
      "Amazon EC2 Auto Scaling User Guide, temporarily remove instances: a load balancer waits 300 seconds by default for requests that are on their way",
  },
  examples: [
    {
      title: "Two instances of a group that may shrink",
      selection: EXAMPLE_HOSTS,
      params: {},
      changes: ["i-0acme01", "i-0acme02"].map((id) => ({
        key: id,
        resource: memberRef(EXAMPLE_HOSTS, id),
        summary: say(id, "acme-web", SERVING, false),
        before: { group: "acme-web", lifecycle: SERVING },
        after: { group: "acme-web", lifecycle: STANDBY },
        asks: { replacement: false },
      })),
    },
  ],

  async *plan(scope, selection) {
    const client = await clientOf(scope, selection);
    const ids = (await findLiving(await ec2Of(scope, selection), selection.tag)).map(idOf);
    const members = await membersOf(client, ids);
    const spare = new Map((await groupsOf(client, members)).map((group) => [group.AutoScalingGroupName, spareOf(group)]));
    for (const { id, state } of members) {
      if (state.lifecycle !== SERVING && state.lifecycle !== STANDBY) continue;
      const left = spare.get(state.group) ?? 0;
      const replacement = state.lifecycle === SERVING && left < 1;
      if (state.lifecycle === SERVING) spare.set(state.group, left - 1);
      yield {
        key: id,
        resource: memberRef(selection, id),
        summary: say(id, state.group, state.lifecycle, replacement),
        before: state,
        after: { ...state, lifecycle: STANDBY },
        reversal: reversalOf(id, state.group, replacement),
        asks: { replacement },
      };
    }
  },

  async read(scope, resource) {
    for (let looks = 1; ; looks++) {
      const state = await look(scope, resource);
      if (state === null || !MOVING.test(state.lifecycle) || looks >= MOST_LOOKS) return state;
      await scope.clock.sleep(LOOK_MS, scope.signal);
    }
  },

  async apply(scope, { resource, after, asks }) {
    if (after === null) return defect(`${resource.id} cannot be taken out of its group`);
    const client = await clientOf(scope, resource);
    const input = { AutoScalingGroupName: after.group, InstanceIds: [resource.id] };
    if (after.lifecycle === SERVING) await client.send(new ExitStandbyCommand(input));
    else await client.send(new EnterStandbyCommand({ ...input, ShouldDecrementDesiredCapacity: !isReplaced(asks) }));
  },

  async verify(scope, { resource, after }) {
    const now = await look(scope, resource);
    if (sameJson(now, after)) return { verdict: "confirmed", level: "configuration" };
    const detail = now === null ? "it is in no group" : `group "${now.group}" has it ${now.lifecycle}`;
    return { verdict: "contradicted", level: "configuration", detail };
  },

  async residual(_scope, { resource: { id }, after, asks }) {
    const group = after?.group ?? "";
    const taken = {
      what: `termination of ${id} by whoever may change or delete Auto Scaling group "${group}"`,
      until: "until that permission is denied to them",
      why: "standby holds what the group does by itself; deleting the group by force terminates what is in standby too",
    };
    if (!isReplaced(asks)) return [taken];
    return [
      {
        what: `a replacement of ${id} that group "${group}" launches from its template, on the network and with the template's role`,
        until: "until it is put into quarantine too: plan once more when it runs",
        why: "the group was at its minimum, and a weakness of the template is in the replacement too",
      },
      taken,
    ];
  },
});

async function look(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  const [member] = await membersOf(await clientOf(scope, resource), [resource.id]);
  return member?.state ?? null;
}

function clientOf(scope: ReadScope, { account, region }: Place): Promise<Client> {
  return scope.aws("autoscaling", { account, region });
}

type Member = { readonly id: string; readonly state: State };

/** In the order of the ids; those of no group are left out. */
async function membersOf(client: Client, ids: readonly string[]): Promise<Member[]> {
  const chunks = Array.from({ length: Math.ceil(ids.length / MOST_ASKED) }, (_, index) =>
    ids.slice(index * MOST_ASKED, (index + 1) * MOST_ASKED),
  );
  const found = await Promise.all(
    chunks.map((InstanceIds) =>
      everyPage(
        (from) => client.send(new DescribeAutoScalingInstancesCommand({ InstanceIds, ...from })),
        ({ AutoScalingInstances }) => AutoScalingInstances,
      ),
    ),
  );
  const byId = new Map(found.flat().map((one) => [one.InstanceId, one]));
  return ids.flatMap((id) => {
    const { AutoScalingGroupName: group, LifecycleState: lifecycle } = byId.get(id) ?? {};
    return group === undefined || lifecycle === undefined ? [] : [{ id, state: { group, lifecycle } }];
  });
}

async function groupsOf(client: Client, members: readonly Member[]): Promise<AutoScalingGroup[]> {
  const AutoScalingGroupNames = [...new Set(members.map(({ state }) => state.group))];
  // Without a name Auto Scaling would list all there are.
  if (AutoScalingGroupNames.length === 0) return [];
  return everyPage(
    (from) => client.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames, ...from })),
    ({ AutoScalingGroups }) => AutoScalingGroups,
  );
}

/** By how many instances a group may shrink. */
function spareOf({ DesiredCapacity = 0, MinSize = 0 }: AutoScalingGroup): number {
  return DesiredCapacity - MinSize;
}

function reversalOf(id: string, group: string, replacement: boolean): Reversal {
  if (!replacement) return { kind: "restore" };
  const how = `${id} serves again; group "${group}" keeps its replacement and wants one instance more than before, which its maximum must allow`;
  return { kind: "compensate", how };
}

function isReplaced(asks: Json | undefined): boolean {
  return (asks as { readonly replacement?: boolean } | undefined)?.replacement === true;
}

function memberRef({ account, region }: Place, id: string): ResourceRef {
  return { provider: "aws", type: "auto-scaling-instance", account, region, id };
}

function say(id: string, group: string, lifecycle: string, replacement: boolean): string {
  if (lifecycle === STANDBY) return `hold ${id} of Auto Scaling group "${group}" in standby`;
  const and = replacement
    ? "which launches a replacement, because it is at its minimum"
    : "whose desired capacity goes down by one";
  return `put ${id} into standby in Auto Scaling group "${group}", ${and}`;
}
