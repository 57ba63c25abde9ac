import assert from "node:assert/strict";
import { test } from "node:test";
import { Drill } from "./drill.ts";
import { Laptop, Share } from "./laptops.ts";

test("--wait goes on with approvals that were made on two other laptops, and says who is missing", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const others = [await Laptop.of(drill), await Laptop.of(drill)];
  for (const laptop of others) assert.equal((await laptop.run(["status"])).code, 0);
  const waiting = drill.launch(["isolate", "tenant", "acme", "--wait", "60s", "--yes"]);
  t.after(() => waiting.child.kill("SIGKILL"));
  await waiting.said(
    /waiting for (security|engineering) \([a-z, -]+\) and (security|engineering) \([a-z, -]+\): soc2-er approve sha256:/,
  );
  const [plan] = (await others[0]?.run(["plan", "list"]))?.document["items"] ?? [];
  assert.equal((await others[0]?.run(["approve", plan.digest, "--yes"], { who: "sec-lead" }))?.code, 0);
  await waiting.said(/sec-lead approved as security\n.*waiting for engineering \(eng-lead, dual\)/);
  assert.equal((await others[1]?.run(["approve", plan.digest, "--yes"], { who: "eng-lead" }))?.code, 0);
  const { code, out, err } = await waiting.ended;
  assert.equal(code, 0, err);
  assert.equal(JSON.parse(out).result, "contained");
  await drill.verify();
});

test("a refusal made on another laptop ends the wait at once", async (t) => {
  const drill = await Drill.begin(t);
  const other = await Laptop.of(drill);
  const plan = await drill.plan("revoke", "aws:user/intruder");
  assert.equal((await other.run(["status"])).code, 0);
  const waiting = drill.launch(["apply", plan, "--wait", "5m", "--yes"]);
  t.after(() => waiting.child.kill("SIGKILL"));
  await waiting.said(/waiting for/);
  const refused = await other.run(["reject", plan, "--yes"], { who: "sec-lead" });
  assert.equal(refused.code, 0, JSON.stringify(refused.document));
  const { code, out } = await waiting.ended;
  assert.equal(code, 10, out);
  assert.equal(JSON.parse(out).error.code, "rejected");
});

test("who waits without the store is told that nothing arrives, and how it does; what is pasted beside it counts", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const share = new Share(drill);
  const plan = await drill.plan("revoke", "aws:user/intruder");
  await share.vanish();
  const waiting = drill.launch(["apply", plan, "--wait", "60s", "--yes"]);
  t.after(() => waiting.child.kill("SIGKILL"));
  await waiting.said(
    /warning: no approval of another laptop arrives while store .* is away\. By chat: soc2-er plan show sha256:[0-9a-f]+ --request/,
  );
  await drill.approve(plan);
  const { code, err } = await waiting.ended;
  assert.equal(code, 0, err);
  await share.comeBack();
});
