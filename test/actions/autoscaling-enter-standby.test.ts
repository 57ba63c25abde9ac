import assert from "node:assert/strict";
import { test } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import { contain, drive, plan, rollBack } from "../conformance/driver.ts";
import { call } from "../range/open.ts";
import { type Ec2Bench, openBench, planFor } from "./ec2.ts";

const action = await loadAction("aws.autoscaling.enter-standby");
const [example] = action.examples;

type Group = { AutoScalingGroups: { DesiredCapacity: number }[] };
const desired = async ({ range }: Ec2Bench) =>
  (await call<Group>(range, "autoscaling:DescribeAutoScalingGroups", { AutoScalingGroupNames: ["acme-web"] }))
    .AutoScalingGroups[0]?.DesiredCapacity;

const globex = { ...example.selection, tenant: "globex", tag: { key: "tenant", value: "globex" } };
const hosts = async (bench: Ec2Bench) =>
  (await bench.ec2<{ Reservations: object[] }>("DescribeInstances", {})).Reservations.length;

test("a group that may shrink gets smaller and launches nothing; the way back is exact", async (t) => {
  const bench = await openBench(t);
  const before = await bench.exists();
  const driven = await contain(bench, action, example);
  assert.equal(await desired(bench), 0);
  await rollBack(bench, action, driven);
  assert.equal(await desired(bench), 2);
  assert.deepEqual(await bench.exists(), before);
});

test("a group at its minimum launches a replacement, which is said where it is approved and afterwards", async (t) => {
  const bench = await openBench(t);
  const [change] = await planFor(bench, action, globex);
  assert.ok(change);
  assert.match(change.summary, /"globex-web", which launches a replacement, because it is at its minimum$/);
  assert.match("how" in change.reversal ? change.reversal.how : "", /keeps its replacement and wants one instance more/);
  const before = await hosts(bench);
  const driven = await drive(bench, action, change, "contain");
  assert.deepEqual([driven.outcome.status, driven.verification.verdict], ["applied", "confirmed"]);
  assert.equal(await hosts(bench), before + 1);
  const said = await action.residual?.(bench.scopes().read(action.permissions.read), change);
  assert.match(said?.[0]?.what ?? "", /a replacement of i-0globex01 that group "globex-web" launches/);
  const [back] = await rollBack(bench, action, [driven]);
  assert.equal(back?.outcome.status, "refused", "the group's maximum has no room for both, and nothing is claimed");
});

test("an instance that is in no group is not touched", async (t) => {
  const bench = await openBench(t);
  const input = { AutoScalingGroupName: "acme-web", ShouldDecrementDesiredCapacity: true, InstanceIds: ["i-0acme01"] };
  await call(bench.range, "autoscaling:DetachInstances", input);
  const planned = await plan(action, example, bench.scopes());
  assert.deepEqual(
    planned.map(({ resource }) => resource.id),
    ["i-0acme02"],
  );
});
