import assert from "node:assert/strict";
import { test } from "node:test";
import { Drill } from "./drill.ts";

type Changed = {
  readonly resource: { readonly id: string };
  readonly outcome: { readonly status: string; readonly why?: string };
  readonly verification?: { readonly verdict: string };
};
const byStatus = (a: Changed, b: Changed): number => a.outcome.status.localeCompare(b.outcome.status);

test("plan, approve, apply, status, a kill, resume and rollback are separate commands on one world", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const before = await drill.everything();
  const plan = await drill.plan("isolate", "tenant", "acme");
  const listed = (await drill.run(["plan", "list"])).document["items"] as { digest: string }[];
  assert.deepEqual(
    listed.map(({ digest }) => digest),
    [plan],
  );
  await drill.approve(plan);
  assert.deepEqual(await drill.everything(), before, "nothing is touched before apply");

  await drill.goWrong([{ operation: "s3:PutBucketPolicy", kind: "kill", moment: "after" }]);
  assert.equal((await drill.run(["apply", plan, "--yes"])).code, null);
  const halfway = await drill.everything();
  assert.notDeepEqual(halfway, before);
  const { waiting } = (await drill.run(["status"])).document as { waiting: { kind: string; what: string }[] };
  const [open] = waiting;
  assert.equal(open?.kind, "resume");
  assert.deepEqual(await drill.everything(), halfway, "looking changes nothing");

  const resumed = await drill.run(["resume", open?.what ?? "", "--yes"]);
  assert.equal(resumed.code, 0, JSON.stringify(resumed.document));
  assert.equal(resumed.document["id"], open?.what);
  const status = (await drill.run(["status"])).document as { leases: unknown[]; waiting: unknown[] };
  assert.equal(status.leases.length, resumed.document["changes"].length);
  assert.deepEqual(status.waiting, []);

  const back = await drill.contain("rollback", open?.what ?? "");
  assert.equal(back.code, 0, JSON.stringify(back.document));
  assert.deepEqual(await drill.everything(), before);
  assert.deepEqual((await drill.run(["status"])).document["leases"], []);
  await drill.verify();
});

test("of several who apply one plan at the same moment one does, and the others are told which run it is", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const plan = await drill.plan("revoke", "aws:user/intruder");
  await drill.approve(plan);
  const racers = await Promise.all(Array.from({ length: 4 }, () => drill.run(["apply", plan, "--yes"])));
  const won = racers.filter(({ code }) => code === 0);
  assert.equal(won.length, 1, JSON.stringify(racers.map(({ code, document }) => [code, document["error"]])));
  assert.equal(won[0]?.document["result"], "contained");
  for (const { code, document } of racers.filter((racer) => racer !== won[0])) {
    assert.equal(code, 5);
    assert.equal(document["error"].code, "plan-applied");
    assert.match(document["error"].message, new RegExp(won[0]?.document["id"]));
  }
  const types = (await drill.entries()).map(({ type }) => type);
  assert.equal(types.filter((type) => type === "run.opened").length, 1);
  assert.equal(types.filter((type) => type === "run.closed").length, 1);
  const writes = await drill.writes();
  assert.equal(new Set(writes).size, writes.length, "no row was written twice");
  await drill.verify();
});

test("two who resume one run at the same moment do not both work on it", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const plan = await drill.plan("revoke", "aws:user/intruder");
  await drill.approve(plan);
  await drill.goWrong([{ operation: "iam:UpdateAccessKey", kind: "kill", moment: "after" }]);
  assert.equal((await drill.run(["apply", plan, "--yes"])).code, null);
  const run = (await drill.lastRun()) ?? "";
  await drill.goWrong([{ operation: "iam:UpdateSigningCertificate", kind: "delay", ms: 2_500 }]);
  const both = await Promise.all([1, 2].map(() => drill.run(["resume", run, "--yes"])));
  const codes = both.map(({ code }) => code).sort();
  // Who comes late finds it either held or ended.
  assert.ok(codes[0] === 0 && (codes[1] === 10 || codes[1] === 5), JSON.stringify(both.map(({ document }) => document)));
  const writes = await drill.writes();
  assert.equal(new Set(writes).size, writes.length, writes.join("\n"));
  assert.equal((await drill.entries()).filter(({ type }) => type === "run.closed").length, 1);
  await drill.verify();
});

test("two plans that meet on one resource: what the first changed makes the second stale, and nothing of the first is lost", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const plans = [await drill.plan("block", "ip", "203.0.113.0/24"), await drill.plan("block", "ip", "198.18.0.0/24")];
  for (const plan of plans) await drill.approve(plan, "eng-lead");
  const both = await Promise.all(plans.map((plan) => drill.run(["apply", plan, "--yes"])));
  const changes = both.flatMap(({ document }) => document["changes"] as Changed[]);
  const resources = new Set(changes.map(({ resource }) => resource.id));
  assert.ok(resources.size >= 4);
  for (const id of resources) {
    const [winner, loser] = changes.filter(({ resource }) => resource.id === id).sort(byStatus);
    assert.equal(winner?.outcome.status, "applied", id);
    assert.equal(winner?.verification?.verdict, "confirmed", id);
    assert.equal(loser?.outcome.status, "refused", id);
    assert.match(loser?.outcome.why ?? "", /^stale/, id);
  }
  assert.ok(
    both.some(({ code }) => code !== 0),
    "who did not get all says so",
  );
  await drill.verify();
});

test("a person's keys, the log and the world of another home are their own", async (t) => {
  const [one, other] = [await Drill.begin(t), await Drill.begin(t)];
  const plan = await one.plan("revoke", "aws:user/intruder");
  const { code, document } = await other.run(["apply", plan, "--yes"]);
  assert.equal(code, 2, JSON.stringify(document));
  assert.equal(document["error"].code, "unknown-plan");
});
