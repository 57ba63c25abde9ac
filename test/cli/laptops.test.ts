import assert from "node:assert/strict";
import { test } from "node:test";
import { Drill } from "./drill.ts";
import { Laptop, Share } from "./laptops.ts";

const typesOf = (rows: readonly Record<string, unknown>[]): unknown[] => rows.map(({ type }) => type);

test("one incident on four laptops: planned, approved, approved, applied; each tells the same", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const [second, third, fourth] = [await Laptop.of(drill), await Laptop.of(drill), await Laptop.of(drill)];
  const plan = await drill.plan("lockdown", "tenant", "acme");
  for (const [laptop, who] of [
    [second, "sec-lead"],
    [third, "eng-lead"],
  ] as const) {
    const { code, document, err } = await laptop.run(["approve", plan, "--yes"], { who });
    assert.equal(code, 0, JSON.stringify(document));
    assert.match(err, /joined the audit log of .*: compare sha256:[0-9a-f]{64} with a colleague/);
  }
  const applied = await fourth.run(["apply", plan, "--yes"]);
  assert.equal(applied.code, 0, JSON.stringify(applied.document));
  assert.equal(applied.document["result"], "contained");

  const told = await fourth.timeline(drill.incident);
  const types = typesOf(told);
  assert.equal(types[0], "incident.declared");
  assert.deepEqual(types.slice(1, 6), ["plan.created", "approval.recorded", "approval.recorded", "plan.ruled", "run.opened"]);
  assert.ok(types.includes("run.closed"));
  const origin = await drill.run(["incident", "timeline", drill.incident]);
  for (const rows of [origin.document["items"], await second.timeline(drill.incident), await third.timeline(drill.incident)])
    assert.deepEqual(rows, told);
  const late = await second.run(["apply", plan, "--yes"]);
  assert.equal(late.code, 5, JSON.stringify(late.document));
  assert.equal(late.document["error"].code, "plan-applied");
  assert.equal((await drill.run(["audit", "sync"])).code, 0);
  await drill.verify();
});

test("two laptops that apply one plan in the same moment: one does, the other has touched nothing", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const plan = await drill.plan("revoke", "aws:user/intruder");
  await drill.approve(plan);
  const laptops = await Promise.all([Laptop.of(drill), Laptop.of(drill)]);
  for (const laptop of laptops) assert.equal((await laptop.run(["status"])).code, 0);
  const ended = await Promise.all(laptops.map((laptop) => laptop.run(["apply", plan, "--yes"])));
  assert.deepEqual(ended.map(({ code }) => code).toSorted(), [0, 5], JSON.stringify(ended));
  const refused = ended.find(({ code }) => code === 5);
  assert.equal(refused?.document["error"].code, "plan-applied");
  await drill.run(["audit", "sync"]);
  const entries = await drill.entries();
  assert.equal(new Set(entries.filter(({ type }) => type === "change.intended").map(({ body }) => body.run)).size, 1);
  assert.deepEqual((await drill.run(["status"])).document["waiting"], [], "nothing is left to resume");
  await drill.verify();
});

test("two laptops that apply one plan while neither reaches the store: both acted, and who merges finds it", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const share = new Share(drill);
  const plan = await drill.plan("revoke", "aws:user/intruder");
  await drill.approve(plan);
  const other = await Laptop.of(drill);
  assert.equal((await other.run(["status"])).code, 0, "it has the plan and the approvals");
  await share.vanish();
  const first = await drill.run(["apply", plan, "--yes"]);
  assert.equal(first.code, 0, JSON.stringify(first.document));
  const again = await other.run(["apply", plan, "--yes"]);
  assert.equal(again.document["schema"], "soc2-er/run@1", JSON.stringify(again.document));
  assert.ok(again.document["changes"].every(({ outcome }: { outcome: { status: string } }) => outcome.status === "unchanged"));

  await share.comeBack();
  assert.equal((await drill.run(["audit", "sync"])).code, 0);
  assert.equal((await other.run(["audit", "sync"])).code, 0);
  const { document, code } = await other.run(["audit", "verify"]);
  assert.equal(code, 30, JSON.stringify(document));
  const reused = document["findings"].filter((finding: { code: string }) => finding.code === "approval-reused");
  assert.equal(reused.length, 1, JSON.stringify(document["findings"]));
  for (const run of [first, again]) assert.ok(reused[0].detail.includes(run.document["id"]), reused[0].detail);

  const shown = await drill.run(["incident", "show", drill.incident]);
  const runs: { id: string; repeats: string | null }[] = shown.document["runs"];
  assert.deepEqual(
    runs.map(({ id, repeats }) => [id, repeats]),
    [
      [first.document["id"], null],
      [again.document["id"], first.document["id"]],
    ],
  );
  const resumed = await other.run(["resume", again.document["id"], "--yes"]);
  assert.equal(resumed.code, 5, JSON.stringify(resumed.document));
  assert.equal(resumed.document["error"].code, "plan-applied");
});
