import type * as ELB from "@aws-sdk/client-elastic-load-balancing-v2";
import { ec2, elbv2 } from "../keys.ts";
import type { InstanceRow } from "../rows.ts";
import type { TargetGroupRow, TargetRow } from "../service-rows.ts";
import { AwsFault } from "./fault.ts";
import { type Call, type Operation, operation } from "./operation.ts";
import { page } from "./paging.ts";

const PAGE = 400;

function groups(call: Call): readonly TargetGroupRow[] {
  return call.tx.list<TargetGroupRow>(elbv2.targetGroup(call.account, call.region, "")).map((row) => row.value);
}

function arnOf(call: Call, { id }: TargetGroupRow): string {
  return `arn:aws:elasticloadbalancing:${call.region}:${call.account}:targetgroup/${id}`;
}

function groupOf(call: Call, arn: string | undefined): TargetGroupRow {
  const found = groups(call).find((group) => arnOf(call, group) === arn);
  if (found !== undefined) return found;
  throw new AwsFault("TargetGroupNotFoundException", 400, "One or more target groups not found", "TargetGroupNotFound");
}

function describeGroups(call: Call<ELB.DescribeTargetGroupsCommandInput>) {
  const { items, next } = page(groups(call), ({ id }) => id, call.pageSize(call.input.PageSize, PAGE), call.input.Marker);
  const TargetGroups = items.map((group) => ({
    TargetGroupArn: arnOf(call, group),
    TargetGroupName: group.id.split("/")[0],
    TargetType: group.type,
    Protocol: "HTTPS" as const,
    Port: group.port,
    VpcId: group.vpc,
  }));
  return { TargetGroups, ...(next === undefined ? {} : { NextMarker: next }) };
}

const same = (left: TargetRow, right: TargetRow): boolean => left.id === right.id && left.port === right.port;

function targetOf({ port }: TargetGroupRow, { Id = "", Port, AvailabilityZone }: ELB.TargetDescription): TargetRow {
  return { id: Id, port: Port ?? port, ...(AvailabilityZone === undefined ? {} : { zone: AvailabilityZone }) };
}

/** One that is not registered any more, but still takes its last requests, is draining. */
function describeHealth(call: Call<ELB.DescribeTargetHealthCommandInput>): ELB.DescribeTargetHealthOutput {
  const group = groupOf(call, call.input.TargetGroupArn);
  const served = call.tx.effective<TargetGroupRow>(elbv2.targetGroup(call.account, call.region, group.id))?.targets ?? [];
  const draining = served.filter((target) => !group.targets.some((one) => same(one, target)));
  const asked = call.input.Targets?.map((target) => targetOf(group, target)) ?? [...group.targets, ...draining];
  return {
    TargetHealthDescriptions: asked.map((target) => {
      const own = group.targets.find((one) => same(one, target));
      const { id: Id, port: Port, zone } = own ?? target;
      const Target = { Id, Port, ...(zone === undefined ? {} : { AvailabilityZone: zone }) };
      if (own !== undefined) return { Target, TargetHealth: { State: "healthy" } };
      return draining.some((one) => same(one, target))
        ? { Target, TargetHealth: { State: "draining", Reason: "Target.DeregistrationInProgress" } }
        : { Target, TargetHealth: { State: "unused", Reason: "Target.NotRegistered" } };
    }),
  };
}

/** Sorted, so that one who comes back is where it was. */
export function putTargets(call: Call, group: TargetGroupRow, targets: readonly TargetRow[]): void {
  const keyOf = ({ id, port }: TargetRow) => `${id} ${port}`;
  const sorted = targets.toSorted((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
  call.put("load-balancer-target", elbv2.targetGroup(call.account, call.region, group.id), { ...group, targets: sorted });
}

function register(call: Call<ELB.RegisterTargetsCommandInput>): Record<string, never> {
  const group = groupOf(call, call.input.TargetGroupArn);
  const asked = (call.input.Targets ?? []).map((target) => targetOf(group, target));
  for (const { id } of asked.filter(() => group.type === "instance")) {
    const state = call.tx.newest<InstanceRow>(ec2.instance(call.account, call.region, id))?.state;
    if (state !== "running")
      throw new AwsFault(
        "InvalidTargetException",
        400,
        `The following targets are not in a running state: '${id}'`,
        "InvalidTarget",
      );
  }
  putTargets(call, group, [...group.targets.filter((one) => !asked.some((other) => same(one, other))), ...asked]);
  return {};
}

/** What is not registered is no error. */
function deregister(call: Call<ELB.DeregisterTargetsCommandInput>): Record<string, never> {
  const group = groupOf(call, call.input.TargetGroupArn);
  const asked = (call.input.Targets ?? []).map((target) => targetOf(group, target));
  putTargets(
    call,
    group,
    group.targets.filter((one) => !asked.some((other) => same(one, other))),
  );
  return {};
}

const groupArn = (call: Call<{ TargetGroupArn?: string | undefined }>) => call.input.TargetGroupArn ?? "*";

export const targetOperations: Operation[] = [
  operation<ELB.DescribeTargetGroupsCommandInput, ELB.DescribeTargetGroupsCommandOutput>("elbv2", "DescribeTargetGroups", {
    iam: "elasticloadbalancing:DescribeTargetGroups",
    answer: describeGroups,
  }),
  operation<ELB.DescribeTargetHealthCommandInput, ELB.DescribeTargetHealthCommandOutput>("elbv2", "DescribeTargetHealth", {
    iam: "elasticloadbalancing:DescribeTargetHealth",
    answer: describeHealth,
  }),
  operation<ELB.RegisterTargetsCommandInput, ELB.RegisterTargetsCommandOutput>("elbv2", "RegisterTargets", {
    iam: "elasticloadbalancing:RegisterTargets",
    resource: groupArn,
    answer: register,
  }),
  operation<ELB.DeregisterTargetsCommandInput, ELB.DeregisterTargetsCommandOutput>("elbv2", "DeregisterTargets", {
    iam: "elasticloadbalancing:DeregisterTargets",
    resource: groupArn,
    answer: deregister,
  }),
];
