import type * as AS from "@aws-sdk/client-auto-scaling";
import { autoscaling, ec2, elbv2 } from "../keys.ts";
import type { InstanceRow, InterfaceRow } from "../rows.ts";
import type { AutoScalingGroupRow, MemberRow, TargetGroupRow } from "../service-rows.ts";
import { putTargets } from "./elbv2-targets.ts";
import { AwsFault } from "./fault.ts";
import { type Call, type Operation, operation } from "./operation.ts";
import { page } from "./paging.ts";

const PAGE = 50;

type OnGroup = { readonly AutoScalingGroupName?: string | undefined };

const refused = (text: string) => new AwsFault("ValidationError", 400, text);

function groupOf(call: Call<OnGroup>): AutoScalingGroupRow {
  const name = call.input.AutoScalingGroupName ?? "";
  const group = call.tx.newest<AutoScalingGroupRow>(autoscaling.group(call.account, call.region, name));
  return group ?? fail(`AutoScalingGroup name not found - AutoScalingGroup ${name} not found`);
}

function fail(text: string): never {
  throw refused(text);
}

function members(call: Call): readonly MemberRow[] {
  return call.tx.list<MemberRow>(autoscaling.member(call.account, call.region, "")).map((row) => row.value);
}

/** Between the call and its effect an instance is on its way. */
function lifecycleOf(call: Call, { instance, lifecycle }: MemberRow): string {
  const now = call.tx.effective<MemberRow>(autoscaling.member(call.account, call.region, instance))?.lifecycle;
  if (now === lifecycle) return lifecycle;
  return lifecycle === "Standby" ? "EnteringStandby" : "Pending";
}

function describeInstances(call: Call<AS.DescribeAutoScalingInstancesCommandInput>) {
  const { InstanceIds: ids = [], MaxRecords, NextToken } = call.input;
  const found = members(call).filter(({ instance }) => ids.length === 0 || ids.includes(instance));
  const { items, next } = page(found, ({ instance }) => instance, call.pageSize(MaxRecords, PAGE), NextToken);
  const AutoScalingInstances = items.map((member) => ({
    InstanceId: member.instance,
    AutoScalingGroupName: member.group,
    AvailabilityZone: "us-east-1a",
    LifecycleState: lifecycleOf(call, member),
    HealthStatus: "HEALTHY",
    ProtectedFromScaleIn: false,
  }));
  return { AutoScalingInstances, ...(next === undefined ? {} : { NextToken: next }) };
}

function describeGroups(call: Call<AS.DescribeAutoScalingGroupsCommandInput>) {
  const { AutoScalingGroupNames: names = [], MaxRecords, NextToken } = call.input;
  const all = call.tx.list<AutoScalingGroupRow>(autoscaling.group(call.account, call.region, "")).map((row) => row.value);
  const found = all.filter(({ name }) => names.length === 0 || names.includes(name));
  const { items, next } = page(found, ({ name }) => name, call.pageSize(MaxRecords, PAGE), NextToken);
  const AutoScalingGroups = items.map((group) => ({
    AutoScalingGroupName: group.name,
    MinSize: group.min,
    MaxSize: group.max,
    DesiredCapacity: group.desired,
    DefaultCooldown: 300,
    AvailabilityZones: ["us-east-1a"],
    HealthCheckType: "ELB",
    CreatedTime: new Date("2026-03-02T09:00:00.000Z"),
    TargetGroupARNs: group.targetGroups.map(
      (id) => `arn:aws:elasticloadbalancing:${call.region}:${call.account}:targetgroup/${id}`,
    ),
  }));
  return { AutoScalingGroups, ...(next === undefined ? {} : { NextToken: next }) };
}

/** The one instance of a call; several are one call each here. */
function memberOf(call: Call<OnGroup & { InstanceIds?: string[] | undefined }>, wanted: MemberRow["lifecycle"]): MemberRow {
  const [id = "", ...others] = call.input.InstanceIds ?? [];
  if (others.length > 0) throw refused("the range takes one instance at a time");
  const member = members(call).find(({ instance, group }) => instance === id && group === call.input.AutoScalingGroupName);
  if (member === undefined)
    throw refused(`The instance ${id} is not part of Auto Scaling group ${call.input.AutoScalingGroupName}.`);
  if (lifecycleOf(call, member) === wanted) return member;
  throw refused(`The instance ${id} is in ${lifecycleOf(call, member)} and not in ${wanted}.`);
}

function move(call: Call, member: MemberRow, group: AutoScalingGroupRow, lifecycle: MemberRow["lifecycle"], by: number): void {
  const { account, region } = call;
  call.put("auto-scaling", autoscaling.member(account, region, member.instance), { ...member, lifecycle });
  call.put("auto-scaling", autoscaling.group(account, region, group.name), { ...group, desired: group.desired + by });
  for (const id of group.targetGroups) {
    const row = call.tx.newest<TargetGroupRow>(elbv2.targetGroup(account, region, id));
    if (row === null) continue;
    const others = row.targets.filter((target) => target.id !== member.instance);
    putTargets(call, row, lifecycle === "Standby" ? others : [...others, { id: member.instance, port: row.port }]);
  }
}

function enterStandby(call: Call<AS.EnterStandbyCommandInput>) {
  const group = groupOf(call);
  const member = memberOf(call, "InService");
  const shrinks = call.input.ShouldDecrementDesiredCapacity === true;
  if (shrinks && group.desired <= group.min)
    throw refused(
      `AutoScalingGroup ${group.name} has min-size=${group.min}, max-size=${group.max}, and desired-size=${group.desired}. To place into standby 1 instance, please update the AutoScalingGroup sizes appropriately.`,
    );
  move(call, member, group, "Standby", shrinks ? -1 : 0);
  if (!shrinks) replace(call, member);
  return { Activities: [] };
}

/** A new host of the same template: with the tenant's tags, and in the groups in which the old one was. */
function replace(call: Call, member: MemberRow): void {
  const { account, region } = call;
  const old = call.tx.newest<InstanceRow>(ec2.instance(account, region, member.instance));
  const [nic] = call.tx
    .list<InterfaceRow>(ec2.networkInterface(account, region, ""))
    .filter(({ value }) => value.instance === member.instance);
  if (old === null || nic === undefined) return;
  const instance = `i-0${call.newId(16)}`;
  const id = `eni-0${call.newId(16)}`;
  call.put("auto-scaling", ec2.instance(account, region, instance), { ...old, id: instance, interfaces: [id], volumes: [] });
  call.put("auto-scaling", ec2.networkInterface(account, region, id), { ...nic.value, id, instance, address: "10.0.1.200" });
  call.put("auto-scaling", autoscaling.member(account, region, instance), { ...member, instance, lifecycle: "InService" });
}

function exitStandby(call: Call<AS.ExitStandbyCommandInput>) {
  const group = groupOf(call);
  const member = memberOf(call, "Standby");
  if (group.desired >= group.max)
    throw refused(
      `AutoScalingGroup ${group.name} has min-size=${group.min}, max-size=${group.max}, and desired-size=${group.desired}. To place into service 1 instance, please update the AutoScalingGroup sizes appropriately.`,
    );
  move(call, member, group, "InService", 1);
  return { Activities: [] };
}

function detach(call: Call<AS.DetachInstancesCommandInput>) {
  const group = groupOf(call);
  for (const instance of call.input.InstanceIds ?? [])
    call.put("auto-scaling", autoscaling.member(call.account, call.region, instance), null);
  const desired =
    group.desired - (call.input.ShouldDecrementDesiredCapacity === true ? (call.input.InstanceIds ?? []).length : 0);
  call.put("auto-scaling", autoscaling.group(call.account, call.region, group.name), { ...group, desired });
  return { Activities: [] };
}

export const autoScalingOperations: Operation[] = [
  operation<AS.DescribeAutoScalingInstancesCommandInput, AS.DescribeAutoScalingInstancesCommandOutput>(
    "autoscaling",
    "DescribeAutoScalingInstances",
    { iam: "autoscaling:DescribeAutoScalingInstances", answer: describeInstances },
  ),
  operation<AS.DescribeAutoScalingGroupsCommandInput, AS.DescribeAutoScalingGroupsCommandOutput>(
    "autoscaling",
    "DescribeAutoScalingGroups",
    { iam: "autoscaling:DescribeAutoScalingGroups", answer: describeGroups },
  ),
  operation<AS.EnterStandbyCommandInput, AS.EnterStandbyCommandOutput>("autoscaling", "EnterStandby", {
    iam: "autoscaling:EnterStandby",
    answer: enterStandby,
  }),
  operation<AS.ExitStandbyCommandInput, AS.ExitStandbyCommandOutput>("autoscaling", "ExitStandby", {
    iam: "autoscaling:ExitStandby",
    answer: exitStandby,
  }),
  operation<AS.DetachInstancesCommandInput, AS.DetachInstancesCommandOutput>("autoscaling", "DetachInstances", {
    iam: "autoscaling:DetachInstances",
    answer: detach,
  }),
];
