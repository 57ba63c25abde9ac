import assert from "node:assert/strict";
import { test } from "node:test";
import { Drill } from "./drill.ts";

const refused =
  (code: string, exit: number) =>
  ({ code: actual, document }: { code: number | null; document: Record<string, { code: string }> }) => {
    assert.equal(document["error"]?.code, code, JSON.stringify(document));
    assert.equal(actual, exit);
  };

test("nothing is applied before two persons of two roles, neither of them the operator, have signed", async (t) => {
  const drill = await Drill.begin(t);
  const before = await drill.everything();
  const plan = await drill.plan("revoke", "aws:user/intruder");
  const apply = () => drill.run(["apply", plan, "--yes"]);

  assert.equal((await apply()).code, 8, "without any");
  refused("approval-self", 8)(await drill.run(["approve", plan]));
  await drill.approve(plan, "dual");
  assert.equal((await apply()).code, 8, "with one");
  await drill.run(["approve", plan, "--role", "engineering"], { who: "dual" });
  await drill.run(["approve", plan, "--role", "security"], { who: "dual" });
  const twice = await apply();
  assert.equal(twice.code, 8, "with one person in both roles");
  assert.equal(twice.document["approvals"].waiting.length, 1);
  assert.deepEqual(await drill.everything(), before);
  assert.ok(!(await drill.entries()).some(({ type }) => type === "run.opened"));

  await drill.approve(plan, twice.document["approvals"].waiting[0] === "security" ? "sec-lead" : "eng-lead");
  refused("approval-self", 8)(await drill.run(["apply", plan, "--yes"], { who: "dual" }));
  await drill.hurry();
  assert.equal((await apply()).code, 0);
  await drill.verify();
});

test("who rejects, ends it", async (t) => {
  const drill = await Drill.begin(t);
  const plan = await drill.plan("revoke", "aws:user/intruder");
  await drill.approve(plan, "eng-lead");
  assert.equal((await drill.run(["reject", plan], { who: "sec-lead" })).code, 0);
  assert.equal((await drill.run(["apply", plan, "--yes"])).code, 10);
  await drill.verify();
});

test("approvals and plans grow old", async (t) => {
  const drill = await Drill.begin(t);
  const plan = await drill.plan("revoke", "aws:user/intruder");
  await drill.approve(plan);
  await drill.world(async (range) => new Promise((resolve) => setTimeout(resolve, range.clock.factor > 1 ? 600 : 0)), 7_200);
  const late = await drill.run(["apply", plan, "--yes"]);
  assert.ok(late.code === 5 || late.code === 8, JSON.stringify(late));
  assert.ok(!(await drill.entries()).some(({ type }) => type === "run.opened"));
});

test("an approval that was signed for another plan, incident or time, or altered, is refused with its own code", async (t) => {
  const drill = await Drill.begin(t);
  const [first, second] = [await drill.plan("revoke", "aws:user/intruder"), await drill.plan("block", "ip", "203.0.113.0/24")];
  const signed = await drill.run(["approve", first], { who: "sec-lead" });
  const { text, signature } = signed.document as { text: string; signature: string };
  const paste = (statement: string) => drill.run(["approve", "--paste"], { input: `${statement.trimEnd()}\n${signature}` });
  const altered = await paste(text.replace(first, second));
  assert.equal(altered.code, 8, JSON.stringify(altered.document));
  assert.match(altered.document["error"].code, /^approval-(other-plan|signature)$/);
  const elsewhere = await paste(text.replace(drill.incident, "inc-0101-bababa"));
  assert.equal(elsewhere.code, 8);
  assert.match(elsewhere.document["error"].code, /^approval-(other-incident|signature)$/);
});
