import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Launched, launch } from "./binary.ts";
import { Drill } from "./drill.ts";

/** A run whose first call takes long; the other changes of the plan need it. */
async function running(
  t: TestContext,
  slowMs: number,
  ...flags: string[]
): Promise<{ drill: Drill; plan: string; run: Launched }> {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const plan = await drill.plan("revoke", "aws:user/intruder");
  await drill.approve(plan);
  await drill.goWrong([{ operation: "iam:PutUserPolicy", kind: "delay", ms: slowMs }]);
  const run = drill.launch(["apply", plan, "--yes", ...flags]);
  await run.said(/deny user/);
  return { drill, plan, run };
}

/** What a run of that plan writes when nobody disturbs it. */
const ALL_WRITES = [
  "iam:PutUserPolicy",
  "iam:UpdateAccessKey",
  "iam:UpdateAccessKey",
  "iam:UpdateSSHPublicKey",
  "iam:UpdateServiceSpecificCredential",
  "iam:UpdateSigningCertificate",
];

const operations = async (drill: Drill): Promise<string[]> => (await drill.writes()).map((write) => write.split(" ")[0] ?? "");

/** `resume` brings it to its end; everything was written once. */
async function goesOn(drill: Drill): Promise<void> {
  const resumed = await drill.run(["resume", (await drill.lastRun()) ?? "", "--yes"]);
  assert.equal(resumed.code, 0, JSON.stringify(resumed.document));
  assert.equal(resumed.document["result"], "contained");
  assert.deepEqual(await operations(drill), ALL_WRITES);
  await drill.verify();
}

for (const [signal, exit] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  test(`${signal} once: what is in flight settles, nothing new starts, resume goes on`, async (t) => {
    const { drill, run } = await running(t, 1_500);
    run.child.kill(signal);
    const { code, out, err } = await run.ended;
    assert.equal(code, exit, err);
    const document = JSON.parse(out);
    assert.equal(document.schema, "soc2-er/run@1");
    const [first, ...others] = document.changes as { outcome: { status: string; receipts: unknown[] } }[];
    assert.equal(first?.outcome.status, "applied");
    assert.equal(first?.outcome.receipts.length, 1);
    assert.equal(others.length, 5);
    assert.ok(others.every(({ outcome }) => outcome.status === "not-attempted"));
    assert.deepEqual(await operations(drill), ["iam:PutUserPolicy"]);
    const id = await drill.lastRun();
    assert.deepEqual(document.next[0].argv.slice(0, 3), ["soc2-er", "resume", id]);
    assert.match(err, /stopping/);
    const entries = await drill.entries();
    assert.equal(entries.filter(({ type }) => type === "change.settled").length, 1, "its outcome is in the log");
    assert.ok(entries.every(({ type }) => type !== "run.closed"));
    await drill.verify();
    await goesOn(drill);
  });

  test(`${signal} twice: it ends at once, the log is consistent, resume goes on`, async (t) => {
    const { drill, run } = await running(t, 20_000);
    run.child.kill(signal);
    await run.said(/stopping/);
    const began = performance.now();
    run.child.kill(signal);
    const { code, out } = await run.ended;
    assert.equal(code, exit);
    assert.ok(performance.now() - began < 5_000, "it did not wait for the call");
    assert.equal(JSON.parse(out).error.exit, exit);
    assert.deepEqual(await operations(drill), []);
    const left = await drill.run(["audit", "verify"]);
    assert.ok(left.code === 0 || left.code === 10, JSON.stringify(left.document));
    await goesOn(drill);
  });
}

test("a person who presses Ctrl-C reads what holds and the command that goes on", async (t) => {
  const drill = await Drill.begin(t);
  const plan = await drill.plan("revoke", "aws:user/intruder");
  await drill.approve(plan);
  await drill.goWrong([{ operation: "iam:PutUserPolicy", kind: "delay", ms: 1_000 }]);
  const run = launch(["apply", plan, "--yes", "--range", "--home", drill.home]);
  await run.said(/deny user/);
  run.child.kill("SIGINT");
  const { code, out, err } = await run.ended;
  assert.equal(code, 130);
  assert.match(err, /stopping: nothing new starts, 1 in flight/);
  assert.match(err, new RegExp(`soc2-er resume ${await drill.lastRun()} `));
  assert.match(out, /interrupted/i);
  for (const id of ["c002", "c006"]) assert.match(out, new RegExp(`${id} not-attempted \\(interrupted\\)`));
});

test("SIGINT while effects are awaited: what was applied is in the log, and resume verifies it", async (t) => {
  const drill = await Drill.begin(t);
  await drill.world((range) => range.setDelays({ iam: 6_000 }));
  const plan = await drill.plan("revoke", "aws:user/intruder");
  await drill.approve(plan);
  const run = drill.launch(["apply", plan, "--yes"]);
  await run.said(/applied \(6\/6\)/);
  run.child.kill("SIGINT");
  const { code, out } = await run.ended;
  assert.equal(code, 130, out);
  const { result, changes } = JSON.parse(out);
  assert.equal(result, "unverified");
  assert.ok(changes.some(({ verification }: { verification: { verdict: string } }) => verification.verdict === "contradicted"));
  assert.deepEqual(await operations(drill), ALL_WRITES);
  await drill.verify();
  await goesOn(drill);
});

test("SIGINT while approvals are awaited ends at once, and nothing was touched", async (t) => {
  const drill = await Drill.begin(t);
  const plan = await drill.plan("revoke", "aws:user/intruder");
  const run = drill.launch(["apply", plan, "--yes", "--wait", "10m"]);
  await run.said(/waiting for/);
  run.child.kill("SIGINT");
  const { code, out } = await run.ended;
  assert.equal(code, 130, out);
  assert.equal(JSON.parse(out).error.code, "interrupted");
  assert.deepEqual(await operations(drill), []);
  assert.ok((await drill.entries()).every(({ type }) => type !== "run.opened"));
});

test("SIGINT while planning leaves no plan", async (t) => {
  const drill = await Drill.begin(t);
  await drill.goWrong([{ operation: "iam:ListAccessKeys", kind: "delay", ms: 10_000 }]);
  const run = drill.launch(["revoke", "aws:user/intruder"]);
  await until(async () => (await drill.calls()).length > 0);
  run.child.kill("SIGINT");
  assert.equal((await run.ended).code, 130);
  assert.deepEqual((await drill.run(["plan", "list"])).document["items"], []);
  assert.deepEqual(await operations(drill), []);
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < 200; round++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.fail("it did not come to that");
}

test("while a run goes on, others can look, and are told when they want to do the same", async (t) => {
  const { drill, plan, run } = await running(t, 4_000);
  const id = (await drill.lastRun()) ?? "";
  const resumed = await drill.run(["resume", id, "--yes"]);
  assert.equal(resumed.code, 10, JSON.stringify(resumed.document));
  assert.equal(resumed.document["error"].code, "lease-held");
  assert.match(resumed.document["error"].message, new RegExp(id));
  const applied = await drill.run(["apply", plan, "--yes"]);
  assert.equal(applied.code, 5);
  assert.match(applied.document["error"].message, new RegExp(id));
  const status = await drill.run(["status"]);
  assert.equal(status.code, 0);
  assert.equal(run.child.exitCode, null, "the run still goes on");
  assert.equal((await run.ended).code, 0);
  assert.deepEqual(await operations(drill), ALL_WRITES);
  await drill.verify();
});

for (const stream of ["stdout", "stderr"] as const) {
  test(`who stops reading ${stream} does not stop the containment`, async (t) => {
    const { drill, run } = await running(t, 1_000, "--ndjson");
    run.child[stream]?.destroy();
    const { code } = await run.ended;
    assert.equal(code, 0);
    const closed = (await drill.entries()).filter(({ type }) => type === "run.closed");
    assert.deepEqual(
      closed.map(({ body }) => body.result),
      ["contained"],
    );
    assert.deepEqual(await operations(drill), ALL_WRITES);
    await drill.verify();
  });
}
