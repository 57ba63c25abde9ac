import assert from "node:assert/strict";
import type { AskFor } from "./entrance-answers.ts";

/** Each operation on a host and on what stands around it, and how it is refused. */
export async function answersOfHosts(ask: AskFor): Promise<void> {
  await settings(ask);
  await profiles(ask);
  await snapshots(ask);
  await standby(ask);
  await targets(ask);
}

async function settings(ask: AskFor): Promise<void> {
  const InstanceId = "i-0acme02";
  for (const [Attribute, name, Value] of [
    ["disableApiTermination", "DisableApiTermination", true],
    ["disableApiStop", "DisableApiStop", true],
    ["instanceInitiatedShutdownBehavior", "InstanceInitiatedShutdownBehavior", "stop"],
  ] as const) {
    await ask("ec2:ModifyInstanceAttribute", { InstanceId, [name]: { Value } });
    type Answer = { readonly [attribute: string]: { Value: boolean | string } };
    const answer = await ask<Answer>("ec2:DescribeInstanceAttribute", { InstanceId, Attribute });
    assert.equal(answer[name]?.Value, Value);
  }
  await assert.rejects(ask("ec2:ModifyInstanceAttribute", { InstanceId }), { name: "InvalidParameterCombination" });
  await assert.rejects(ask("ec2:DescribeInstanceAttribute", { InstanceId, Attribute: "kernel" }), {
    name: "InvalidParameterValue",
  });
  await ask("ec2:ModifyInstanceMetadataOptions", { InstanceId, HttpEndpoint: "disabled" });
  type Host = { MetadataOptions: { HttpEndpoint: string; HttpTokens: string } };
  const found = await ask<{ Reservations: { Instances: Host[] }[] }>("ec2:DescribeInstances", { InstanceIds: [InstanceId] });
  const options = found.Reservations[0]?.Instances[0]?.MetadataOptions;
  assert.deepEqual([options?.HttpEndpoint, options?.HttpTokens], ["disabled", "required"], "what is not named stays");
  await ask("ec2:CreateTags", { Resources: [InstanceId], Tags: [{ Key: "examined", Value: "yes" }] });
  await ask("ec2:DeleteTags", { Resources: [InstanceId], Tags: [{ Key: "examined", Value: "no" }, { Key: "gone" }] });
  const tagged = () =>
    ask<{ Reservations: object[] }>("ec2:DescribeInstances", { Filters: [{ Name: "tag-key", Values: ["examined"] }] });
  assert.equal((await tagged()).Reservations.length, 1, "another value is another tag");
  await ask("ec2:DeleteTags", { Resources: [InstanceId], Tags: [{ Key: "examined" }] });
  assert.equal((await tagged()).Reservations.length, 0);
}

async function profiles(ask: AskFor): Promise<void> {
  const InstanceId = "i-0acme01";
  const Filters = [{ Name: "instance-id", Values: [InstanceId] }];
  type Listed = { IamInstanceProfileAssociations: { AssociationId: string }[] };
  const list = () => ask<Listed>("ec2:DescribeIamInstanceProfileAssociations", { Filters });
  const [own] = (await list()).IamInstanceProfileAssociations;
  const IamInstanceProfile = { Name: "examiners" };
  const associate = () => ask("ec2:AssociateIamInstanceProfile", { InstanceId, IamInstanceProfile });
  await assert.rejects(associate(), { name: "IncorrectState" });
  await ask("ec2:DisassociateIamInstanceProfile", { AssociationId: own?.AssociationId });
  await assert.rejects(ask("ec2:DisassociateIamInstanceProfile", { AssociationId: own?.AssociationId }), {
    name: "InvalidAssociationID.NotFound",
  });
  assert.deepEqual((await list()).IamInstanceProfileAssociations, []);
  await associate();
}

async function snapshots(ask: AskFor): Promise<void> {
  const InstanceSpecification = { InstanceId: "i-0acme02" };
  const made = await ask<{ Snapshots: { SnapshotId: string; State: string }[] }>("ec2:CreateSnapshots", {
    InstanceSpecification,
  });
  assert.deepEqual(
    made.Snapshots.map(({ State }) => State),
    ["pending", "pending"],
    "one of each volume, at one moment",
  );
  const SnapshotId = made.Snapshots[0]?.SnapshotId;
  await ask("ec2:DescribeSnapshots", { SnapshotIds: [SnapshotId] });
  await ask("ec2:DeleteSnapshot", { SnapshotId });
  for (const [name, input] of [
    ["ec2:DescribeSnapshots", { SnapshotIds: [SnapshotId] }],
    ["ec2:DeleteSnapshot", { SnapshotId }],
  ] as const)
    await assert.rejects(ask(name, input), { name: "InvalidSnapshot.NotFound" });
}

async function standby(ask: AskFor): Promise<void> {
  type Group = { AutoScalingGroups: { MinSize: number; DesiredCapacity: number }[] };
  const AutoScalingGroupName = "globex-web";
  const { AutoScalingGroups } = await ask<Group>("autoscaling:DescribeAutoScalingGroups", {
    AutoScalingGroupNames: [AutoScalingGroupName],
  });
  assert.deepEqual([AutoScalingGroups[0]?.MinSize, AutoScalingGroups[0]?.DesiredCapacity], [1, 1]);
  const input = { AutoScalingGroupName, InstanceIds: ["i-0globex01"] };
  const refused = { name: "ValidationError" };
  await assert.rejects(ask("autoscaling:EnterStandby", { ...input, ShouldDecrementDesiredCapacity: true }), refused);
  await assert.rejects(ask("autoscaling:ExitStandby", input), refused);
  await ask("autoscaling:EnterStandby", { ...input, ShouldDecrementDesiredCapacity: false });
  type Listed = { AutoScalingInstances: { LifecycleState: string }[] };
  const { AutoScalingInstances } = await ask<Listed>("autoscaling:DescribeAutoScalingInstances", {
    InstanceIds: input.InstanceIds,
  });
  assert.equal(AutoScalingInstances[0]?.LifecycleState, "EnteringStandby", "it takes a moment");
  await ask("autoscaling:DetachInstances", { ...input, ShouldDecrementDesiredCapacity: false });
  await assert.rejects(ask("autoscaling:ExitStandby", input), refused);
}

async function targets(ask: AskFor): Promise<void> {
  type Groups = { TargetGroups: { TargetGroupArn: string; TargetGroupName: string }[] };
  const { TargetGroups } = await ask<Groups>("elbv2:DescribeTargetGroups", {});
  const TargetGroupArn = TargetGroups.find(({ TargetGroupName }) => TargetGroupName === "acme-web")?.TargetGroupArn;
  const Targets = [{ Id: "i-0acme01", Port: 443 }];
  type Health = { TargetHealthDescriptions: { TargetHealth: { State: string } }[] };
  const state = async () => {
    const { TargetHealthDescriptions } = await ask<Health>("elbv2:DescribeTargetHealth", { TargetGroupArn, Targets });
    return TargetHealthDescriptions[0]?.TargetHealth.State;
  };
  assert.equal(await state(), "healthy");
  await ask("elbv2:DeregisterTargets", { TargetGroupArn, Targets });
  assert.equal(await state(), "draining");
  await ask("elbv2:DeregisterTargets", { TargetGroupArn, Targets });
  await ask("elbv2:RegisterTargets", { TargetGroupArn, Targets });
  assert.equal(await state(), "healthy");
  const gone = { TargetGroupArn, Targets: [{ Id: "i-0gone" }] };
  await assert.rejects(ask("elbv2:RegisterTargets", gone), { name: "InvalidTargetException" });
  const nowhere = { TargetGroupArn: `${TargetGroupArn}x` };
  await assert.rejects(ask("elbv2:DescribeTargetHealth", nowhere), { name: "TargetGroupNotFoundException" });
}
