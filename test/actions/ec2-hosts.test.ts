import assert from "node:assert/strict";
import { test } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import { contain, drive, plan, rollBack } from "../conformance/driver.ts";
import { look, openBench, plain, planFor } from "./ec2.ts";

const protect = await loadAction("aws.ec2.protect-instances");
const snapshot = await loadAction("aws.ec2.snapshot-volumes");
const metadata = await loadAction("aws.ec2.disable-instance-metadata");
const detach = await loadAction("aws.ec2.detach-instance-profiles");
const hosts = protect.examples[0].selection;

test("a tenant that has no hosts has nothing to protect, to keep, or to cut off", async (t) => {
  const bench = await openBench(t);
  const elsewhere = { ...hosts, tag: { key: "tenant", value: "acm*" } };
  for (const action of [protect, snapshot, metadata, detach]) assert.deepEqual(await planFor(bench, action, elsewhere), []);
});

test("a rollback leaves the snapshots, ends their lease, and the next plan takes another set", async (t) => {
  const bench = await openBench(t);
  const [example] = snapshot.examples;
  const driven = await contain(bench, snapshot, example);
  assert.deepEqual(new Set(driven.map(({ change }) => change.reversal.kind)), new Set(["none"]));
  assert.deepEqual(await rollBack(bench, snapshot, driven), []);
  const again = await plan(snapshot, example, bench.scopes());
  assert.deepEqual(
    again.map(({ after }) => (after as { set: number }).set),
    [2, 2],
  );
  for (const change of again) await drive(bench, snapshot, change, "contain");
  for (const { change } of driven)
    assert.equal((await look(bench, snapshot, change)).verdict, "confirmed", "the first set is there");
});

test("a volume that came since the plan was made is seen: what was planned and what is there are two things", async (t) => {
  const bench = await openBench(t);
  const [change] = await plan(snapshot, snapshot.examples[0], bench.scopes());
  assert.ok(change);
  const more = { ...change, after: { set: 1, volumes: ["vol-0acme01a", "vol-0acme01b", "vol-0acme01c"] } };
  const { verification } = await drive(bench, snapshot, more, "contain", { patienceMs: 0 });
  assert.deepEqual([verification.verdict, verification.detail], ["contradicted", "set 1 has no snapshot of vol-0acme01c"]);
});

test("the metadata service comes back as it was, with what an administrator set on it since", async (t) => {
  const bench = await openBench(t);
  const [, second] = await contain(bench, metadata, metadata.examples[0]);
  assert.ok(second);
  const now = { ...(second.change.after as object), HttpTokens: "optional" };
  const merged = metadata.merge?.(second.change.before, second.change, plain(now), []);
  assert.deepEqual(merged?.state, { ...now, HttpEndpoint: "enabled" });
  const opened = { ...now, HttpEndpoint: "enabled" };
  assert.deepEqual(metadata.merge?.(second.change.before, second.change, plain(opened), [])?.state, opened);
});

test("an instance without a profile is held that way, and a profile that it gets is seen", async (t) => {
  const bench = await openBench(t);
  const [example] = detach.examples;
  await contain(bench, detach, example);
  const held = await plan(detach, example, bench.scopes());
  assert.deepEqual(
    held.map(({ summary, before }) => [summary, before]),
    [
      ["hold i-0acme01 without an instance profile", null],
      ["hold i-0acme02 without an instance profile", null],
    ],
  );
  const profile = { InstanceId: "i-0acme01", IamInstanceProfile: { Name: "another" } };
  await bench.ec2("AssociateIamInstanceProfile", profile);
  const [first] = held;
  assert.ok(first);
  assert.match((await look(bench, detach, first)).detail ?? "", /it has arn:.*\/another/);
});
