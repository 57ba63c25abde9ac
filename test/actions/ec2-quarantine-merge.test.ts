import assert from "node:assert/strict";
import { test } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import type { Change, Json } from "../../src/model/index.ts";
import { contain, drive, plan, rollBack, wayBack } from "../conformance/driver.ts";
import { VPC } from "../range/names.ts";
import { openBench } from "./ec2.ts";

const action = await loadAction("aws.ec2.quarantine-instances");
const [example] = action.examples;
const MADE = `${VPC}/soc2-er-quarantine`;
const OPERATION = "ec2:ModifyNetworkInterfaceAttribute";

/** Three-way, by the states alone: what was there, our quarantine, what is there now, other leases' quarantines. */
function merged(base: string[] | null, now: string[], held: string[] = [], ours = MADE) {
  const resource = { provider: "aws", type: "network-interface", account: "1", region: "r", id: "eni-1" };
  const asking = (group: string) => ({ resource, asks: { group } }) as unknown as Change;
  const state = (groups: string[] | null): Json => groups && { groups };
  const { state: left, conflict } = action.merge?.(state(base), asking(ours), state(now), held.map(asking)) ?? assert.fail();
  return [(left as { groups: string[] }).groups, conflict ?? null] as const;
}

test("what somebody added stays behind what was there before, in its order", () => {
  assert.deepEqual(merged(["sg-2", "sg-1"], [MADE, "sg-9"]), [["sg-2", "sg-1", "sg-9"], null]);
  assert.deepEqual(merged(["sg-2", "sg-1"], ["sg-1", MADE]), [["sg-2", "sg-1"], null]);
});

test("an interface that somebody took out of quarantine is left to them, and that is said", () => {
  const [groups, conflict] = merged(["sg-2", "sg-1"], ["sg-1"]);
  assert.deepEqual(groups, ["sg-1"]);
  assert.match(conflict ?? "", /took it out/);
  assert.deepEqual(merged(["sg-2"], ["sg-2"]), [["sg-2"], null]);
});

test("more groups than an interface takes are a conflict", () => {
  const [groups, conflict] = merged(["sg-1", "sg-2", "sg-3"], [MADE, "sg-7", "sg-8", "sg-9"]);
  assert.deepEqual(groups, [MADE, "sg-7", "sg-8", "sg-9"]);
  assert.match(conflict ?? "", /would have 6/);
});

test("another incident's lease keeps its own quarantine", () => {
  assert.deepEqual(merged(["sg-1"], [MADE], [MADE]), [[MADE], null]);
  assert.deepEqual(merged(["sg-1"], [MADE, "sg-9"], ["sg-77"]), [["sg-77", "sg-9"], null]);
  assert.deepEqual(merged(["sg-1"], ["sg-77"], ["sg-77"]), [["sg-77"], null]);
});

test("a group that an administrator adds meanwhile is still there after the rollback", async (t) => {
  const bench = await openBench(t);
  const driven = await contain(bench, action, example);
  const moved = driven[1];
  assert.ok(moved);
  const { foreignEdit } = await import("../conformance/foreign-edits/aws-ec2-quarantine-instances.ts");
  await foreignEdit.edit(bench, moved.change.resource);
  const scope = bench.scopes().read(action.permissions.read);
  assert.equal((await action.verify(scope, moved.change, "contain")).verdict, "contradicted");
  const [back] = await rollBack(bench, action, [moved]);
  assert.deepEqual([back?.outcome.status, back?.verification.verdict], ["applied", "confirmed"]);
  const now = (await action.read(scope, moved.change.resource)) as { groups: string[] };
  assert.equal(now.groups[0], "sg-0web01");
  assert.equal(now.groups.length, 2);
  assert.ok(foreignEdit.kept(now));
});

test("the quarantine that stands is held by a second incident, and the first one's end does not lift it", async (t) => {
  const bench = await openBench(t);
  const [, first] = await contain(bench, action, example);
  const second = await plan(action, example, bench.scopes());
  for (const change of second) {
    assert.deepEqual(change.before, change.after);
    const { outcome, verification } = await drive(bench, action, change, "contain");
    assert.deepEqual([outcome.status, verification.verdict], ["unchanged", "confirmed"]);
  }
  assert.ok(first && action.merge);
  const held = second.filter(({ resource }) => resource.id === first.change.resource.id);
  assert.deepEqual(action.merge(first.change.before, first.change, first.change.after, held), { state: first.change.after });
});

test("a lost answer is settled by looking, a refusal is one, groups changed meanwhile are stale", async (t) => {
  const bench = await openBench(t);
  const [group, first, second, third] = await plan(action, example, bench.scopes());
  assert.ok(group && first && second && third);
  await drive(bench, action, group, "contain");
  bench.range.setFaults([{ operation: OPERATION, kind: "lost-response" }]);
  const lost = await drive(bench, action, first, "contain");
  assert.deepEqual([lost.outcome.status, lost.verification.verdict], ["unknown", "confirmed"]);
  bench.range.setFaults([{ operation: OPERATION, kind: "denied" }]);
  const denied = await drive(bench, action, second, "contain", { patienceMs: 1_000 });
  assert.deepEqual([denied.outcome.status, denied.verification.verdict], ["refused", "contradicted"]);
  assert.match(denied.verification.detail ?? "", /it has groups sg-0web01, sg-0app01, not groups vpc-0edge\/soc2-er-quarantine/);
  await bench.ec2("ModifyNetworkInterfaceAttribute", { NetworkInterfaceId: third.resource.id, Groups: ["sg-0web01"] });
  assert.match((await drive(bench, action, third, "contain", { patienceMs: 1_000 })).outcome.why ?? "", /^stale/);
});

test("a probe asks EC2's own dry run and changes nothing", async (t) => {
  const bench = await openBench(t);
  const before = await bench.exists();
  const scopes = bench.scopes();
  for (const change of await plan(action, example, bench.scopes()))
    assert.equal((await action.probe?.(scopes.probe(action.permissions), change))?.status, "passed");
  const asked = scopes.requests.filter(({ write }) => write);
  assert.deepEqual(
    asked.map(({ operation, dryRun }) => [operation, dryRun]),
    [["CreateSecurityGroup", true], ...Array(3).fill(["ModifyNetworkInterfaceAttribute", true])],
  );
  assert.deepEqual(await bench.exists(), before);
});

test("a network interface that is gone is not said to be quarantined, and has no way back", async (t) => {
  const bench = await openBench(t);
  const [, planned] = await plan(action, example, bench.scopes());
  assert.ok(planned);
  const gone = { ...planned, resource: { ...planned.resource, id: "eni-0gone" } };
  const { outcome, verification } = await drive(bench, action, gone, "contain", { patienceMs: 1_000 });
  assert.deepEqual([outcome.status, verification.verdict], ["refused", "contradicted"]);
  assert.deepEqual((await wayBack(bench, action, gone)).after, null);
});
