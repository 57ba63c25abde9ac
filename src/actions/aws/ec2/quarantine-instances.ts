import {
  CreateSecurityGroupCommand,
  ModifyNetworkInterfaceAttributeCommand,
  type NetworkInterface,
  type SecurityGroup,
} from "@aws-sdk/client-ec2";
import * as z from "zod";
import { defect, type Json, type Merge, type ResourceRef, sameJson } from "../../../model/index.ts";
import type { ProbeScope, ReadScope } from "../../../providers/index.ts";
import { defineAction, type ProbeResult } from "../../action.ts";
import { findInterface, findInterfaces, groupIds, groupsOf, idOf, interfaceRef, vpcOf } from "./interfaces.ts";
import { type Ec2, ec2Of } from "./pages.ts";
import {
  callGroup,
  DESCRIPTION,
  findGroup,
  type GroupState,
  groupCalled,
  groupRef,
  makeGroup,
  notAsRead,
  partsOf,
  readGroup,
  refuseOpen,
  removeGroup,
  rulesOf,
} from "./quarantine-group.ts";
import { residualOf } from "./quarantine-residual.ts";

/** The groups of a network interface in EC2's order, each as `callGroup` says. */
type InterfaceState = { readonly groups: readonly string[] };
type State = InterfaceState | GroupState;
type Params = { readonly group?: string | undefined };

const DEFAULT_GROUP = "soc2-er-quarantine";
const MOST_GROUPS = 5;
const EXAMPLE = { account: "123456789012", region: "us-east-1" };

export const quarantineInstances = defineAction<"aws.tagged-instances", Params, State>({
  id: "aws.ec2.quarantine-instances",
  title: "Quarantine instances",
  description:
    "Replaces the security groups of every network interface of the instances by the VPC's quarantine group, which has no rules: nothing new gets in or out. The group is taken as it stands, if it has no rules in either direction and either family; where the VPC has none it is made, and emptied before anything is moved into it. A restore gives each interface its own groups back, in their order.",
  containment: "destination",
  blastRadius:
    "whoever uses these instances, responders included, reaches them no more over the network, and they reach nothing: load balancers take them out of service, and an Auto Scaling group may terminate and replace them; connections that are open and tracked are not cut, nor are the VPC's DNS resolver and the instance metadata service",
  targets: ["aws.tagged-instances"],
  params: z.strictObject({
    /** Another quarantine group than the organization's. */
    group: z
      .string()
      .regex(/^(?!sg-)[\w .:/()#,@[\]+=&;{}!$*-]{1,255}$/, "a security group's name, which does not begin with sg-")
      .optional(),
  }),
  permissions: {
    read: [
      { service: "ec2", operation: "DescribeInstances", iam: ["ec2:DescribeInstances"] },
      { service: "ec2", operation: "DescribeNetworkInterfaces", iam: ["ec2:DescribeNetworkInterfaces"] },
      { service: "ec2", operation: "DescribeSecurityGroups", iam: ["ec2:DescribeSecurityGroups"] },
    ],
    write: [
      { service: "ec2", operation: "CreateSecurityGroup", iam: ["ec2:CreateSecurityGroup", "ec2:CreateTags"] },
      { service: "ec2", operation: "RevokeSecurityGroupEgress", iam: ["ec2:RevokeSecurityGroupEgress"] },
      { service: "ec2", operation: "ModifyNetworkInterfaceAttribute", iam: ["ec2:ModifyNetworkInterfaceAttribute"] },
      { service: "ec2", operation: "DeleteSecurityGroup", iam: ["ec2:DeleteSecurityGroup"] },
    ],
  },
  bound: {
    ms: 60_000,
    source:
      "Amazon VPC User Guide, security groups: changes are applied to the associated resources automatically; no figure is given, one minute is allowed",
  },
  examples: [
    {
      title: "A tenant's two instances, one of them with two interfaces, in a VPC without a quarantine group",
      selection: {
        kind: "aws.tagged-instances",
        tenant: "acme",
        ...EXAMPLE,
        tag: { key: "tenant", value: "acme" },
        quarantineGroup: DEFAULT_GROUP,
      },
      params: {},
      changes: [
        {
          key: "vpc-0edge/soc2-er-quarantine",
          resource: groupRef(EXAMPLE, "vpc-0edge", DEFAULT_GROUP),
          summary: 'make security group "soc2-er-quarantine" in vpc-0edge, without rules',
          before: null,
          after: { rules: [] },
        },
        exampleMove("eni-0acme01", "i-0acme01", ["sg-0web01"]),
        exampleMove("eni-0acme02a", "i-0acme02", ["sg-0web01", "sg-0app01"]),
        exampleMove("eni-0acme02b", "i-0acme02", ["sg-0app01"]),
      ],
    },
  ],

  async *plan(scope, selection, params) {
    const name = params.group ?? selection.quarantineGroup;
    const ec2 = await ec2Of(scope, selection);
    const found = await findInterfaces(ec2, selection.tag);
    const groups = await groupsOf(ec2, found);
    const quarantine = new Map<string, string>();
    for (const vpc of [...new Set(found.map(vpcOf))].sort()) {
      const resource = groupRef(selection, vpc, name);
      const group = await findGroup(ec2, { vpc, name });
      // As `apply` will see it: what a creation that was cut short has left counts as absent.
      const before = await readGroup(scope, resource);
      if (group !== null && before !== null) refuseOpen(group, selection);
      quarantine.set(vpc, group === null ? resource.id : callGroup(group));
      const said = `security group "${name}" in ${vpc}`;
      yield {
        key: resource.id,
        resource,
        summary: before === null ? `make ${said}, without rules` : `hold ${said} without rules`,
        before,
        after: { rules: [] },
        reversal: { kind: "restore" },
      };
    }
    for (const nic of found) {
      const vpc = vpcOf(nic);
      const called = quarantine.get(vpc) ?? defect(`no quarantine group was looked for in ${vpc}`);
      const id = idOf(nic);
      yield {
        key: id,
        resource: interfaceRef(selection, id),
        summary: sayMove(id, nic.Attachment?.InstanceId ?? "", name),
        before: stateOf(nic, groups),
        after: { groups: [called] },
        needs: [groupRef(selection, vpc, name).id],
        reversal: { kind: "restore" },
        asks: { group: called },
      };
    }
  },

  read,

  async apply(scope, { resource, after, asks }) {
    if (resource.type === "security-group") return after === null ? removeGroup(scope, resource) : makeGroup(scope, resource);
    if (after === null || !("groups" in after)) return defect("a network interface is neither made nor removed");
    const ec2 = await ec2Of(scope, resource);
    const Groups = await Promise.all(after.groups.map((called) => idToWrite(ec2, called, askedGroup(asks), resource)));
    await ec2.send(new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId: resource.id, Groups }));
  },

  async verify(scope, { resource, after, asks }, direction) {
    const level = "configuration";
    const { state, rules } =
      resource.type === "security-group" ? await lookAtGroup(scope, resource) : await look(scope, resource);
    if (!sameJson(state, after)) return { verdict: "contradicted", level, detail: `it has ${say(state)}, not ${say(after)}` };
    if (direction === "restore" || rules.length === 0) return { verdict: "confirmed", level };
    const detail = `the quarantine group "${askedGroup(asks) ?? resource.id}" lets traffic pass: ${rules.join("; ")}`;
    return { verdict: "contradicted", level, detail };
  },

  effects(change) {
    if (change.resource.type === "security-group") return [];
    const { account, region, id } = change.resource;
    // Only new connections: what is open and tracked survives, which is residual access and no failure.
    return [{ kind: "flow", provider: "aws", account, region, peer: "*", at: id, direction: "both", established: false }];
  },

  merge(base, { resource, asks }, now, held) {
    if (now === null) return { state: null };
    if (resource.type === "security-group") return mergeGroup(base, now, held.length > 0);
    const others = held.flatMap((other) => askedGroup(other.asks) ?? []);
    return mergeGroups(namesIn(base), askedGroup(asks), namesIn(now), others);
  },

  async probe(scope, { resource, before, after }) {
    if (sameJson(before, after)) return { status: "passed", detail: "it stands already: nothing has to be written" };
    if (resource.type === "security-group") return probeGroup(scope, resource);
    const ec2 = await ec2Of(scope, resource);
    const nic = await findInterface(ec2, resource.id);
    // The quarantine group may not exist yet. With the groups that are there EC2 asks for the same permission.
    const Groups = nic === null ? [] : groupIds(nic);
    await ec2.send(new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId: resource.id, Groups }));
    return { status: "passed", detail: `EC2 would let the groups of ${resource.id} be changed` };
  },

  async residual(scope, { resource }) {
    return resource.type === "security-group" ? [] : residualOf(scope, resource);
  },
});

type Look = { readonly state: State | null; readonly rules: readonly string[] };

async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  return resource.type === "security-group" ? readGroup(scope, resource) : (await look(scope, resource)).state;
}

async function look(scope: ReadScope, resource: ResourceRef): Promise<Look> {
  const ec2 = await ec2Of(scope, resource);
  const nic = await findInterface(ec2, resource.id);
  if (nic === null) return { state: null, rules: [] };
  const groups = await groupsOf(ec2, [nic]);
  return { state: stateOf(nic, groups), rules: groups.flatMap(rulesOf) };
}

async function lookAtGroup(scope: ReadScope, resource: ResourceRef): Promise<Look> {
  return { state: await readGroup(scope, resource), rules: [] };
}

function stateOf(nic: NetworkInterface, known: readonly SecurityGroup[]): InterfaceState {
  const byId = new Map(known.map((group) => [group.GroupId, group]));
  return {
    groups: groupIds(nic).map((id) => {
      const group = byId.get(id);
      return group === undefined ? id : callGroup(group);
    }),
  };
}

/** The quarantine group is looked at once more: since the plan was made somebody may have put rules into it. */
async function idToWrite(ec2: Ec2, called: string, asked: string | null, resource: ResourceRef): Promise<string> {
  if (called !== asked && called.startsWith("sg-")) return called;
  const group = await groupCalled(ec2, called);
  if (group?.GroupId === undefined) throw notAsRead("ModifyNetworkInterfaceAttribute", called);
  if (called === asked) refuseOpen(group, resource);
  return group.GroupId;
}

/** A group that was there before us is left as it is; its rules are never ours to write. */
function mergeGroup(base: State | null, now: State, held: boolean): Merge<State> {
  if (held || base !== null) return { state: now };
  if ("rules" in now && now.rules.length === 0) return { state: null };
  return { state: now, conflict: "somebody else put rules into the group that was made for the quarantine" };
}

/** What was there before comes first, in its order; what somebody else added stays. */
function mergeGroups(
  base: readonly string[],
  ours: string | null,
  now: readonly string[],
  others: readonly string[],
): Merge<State> {
  const theirs = now.filter((group) => group !== ours);
  if (others.length > 0) return { state: { groups: unique([...others, ...theirs]) } };
  if (theirs.length === now.length) {
    if (sameJson(now, base)) return { state: { groups: now } };
    return { state: { groups: now }, conflict: "somebody else took it out of the quarantine and gave it other groups" };
  }
  const groups = unique([...base, ...theirs]);
  if (groups.length <= MOST_GROUPS) return { state: { groups } };
  const conflict = `with the groups that somebody else added it would have ${groups.length}; an interface takes ${MOST_GROUPS}`;
  return { state: { groups: now }, conflict };
}

async function probeGroup(scope: ProbeScope, resource: ResourceRef): Promise<ProbeResult> {
  const ec2 = await ec2Of(scope, resource);
  const { vpc, name } = partsOf(resource);
  await ec2.send(new CreateSecurityGroupCommand({ GroupName: name, Description: DESCRIPTION, VpcId: vpc }));
  return {
    status: "passed",
    detail: "EC2 would let the group be made; whether its outbound rules may be removed shows only when it exists",
  };
}

function exampleMove(id: string, instance: string, groups: readonly string[]) {
  const called = `vpc-0edge/${DEFAULT_GROUP}`;
  return {
    key: id,
    resource: interfaceRef(EXAMPLE, id),
    summary: sayMove(id, instance, DEFAULT_GROUP),
    before: { groups },
    after: { groups: [called] },
    needs: [called],
    asks: { group: called },
  };
}

function sayMove(id: string, instance: string, group: string): string {
  return `move ${id} of ${instance} into quarantine group "${group}" alone`;
}

function say(state: State | null): string {
  if (state === null) return "nothing";
  const [what, items] = "groups" in state ? ["groups", state.groups] : ["rules", state.rules];
  return items.length === 0 ? `no ${what}` : `${what} ${items.join(", ")}`;
}

function askedGroup(asks: Json | undefined): string | null {
  return (asks as { readonly group?: string } | undefined)?.group ?? null;
}

function namesIn(state: State | null): readonly string[] {
  return state !== null && "groups" in state ? state.groups : [];
}

const unique = (groups: readonly string[]): string[] => [...new Set(groups)];
