import assert from "node:assert/strict";
import { test } from "node:test";
import { Drill } from "./drill.ts";

const BLOCK = ["block", "ip", "203.0.113.0/24", "2001:db8:bad::/48"] as const;
const RULES = 4;

async function approvedBlock(drill: Drill): Promise<string> {
  const plan = await drill.plan(...BLOCK);
  await drill.approve(plan, "eng-lead");
  return plan;
}

const resume = async (drill: Drill) => drill.run(["resume", (await drill.lastRun()) ?? "none", "--yes"]);
const written = async (drill: Drill, operation: string) =>
  (await drill.calls()).filter((call) => call.operation === operation && call.answer === "ok").length;
const tokens = async (drill: Drill) => (await drill.entries()).filter(({ type }) => type === "change.progressed").length;

test("killed before, in and after a write to a group, and while its operation runs: resume ends in the truth, each rule once", async (t) => {
  const base = await Drill.begin(t);
  await base.hurry();
  const plan = await approvedBlock(base);
  const undisturbed = base.copy();
  const from = (await base.calls()).length;
  assert.equal((await undisturbed.run(["apply", plan, "--yes"])).code, 0);
  const world = await undisturbed.everything();
  const calls = (await undisturbed.calls()).slice(from).map(({ operation }) => operation);
  const looks = calls.slice(0, calls.indexOf("azure:PUT")).filter((operation) => operation === "azure:GET").length;
  await undisturbed.drop();

  for (const { operation, moment, skip, durable } of [
    { operation: "azure:PUT", moment: "before", skip: 0, durable: 0 },
    { operation: "azure:PUT", moment: "during", skip: 1, durable: 1 },
    { operation: "azure:PUT", moment: "after", skip: 0, durable: 0 },
    { operation: "azure:GET", moment: "before", skip: looks, durable: 1 },
  ] as const) {
    const said = `${moment} ${operation} ${skip}`;
    const drill = base.copy();
    t.after(() => drill.drop());
    await drill.goWrong([{ operation, kind: "kill", moment, skip }]);
    assert.equal((await drill.run(["apply", plan, "--yes"])).code, null, `${said}: the process was killed`);
    assert.equal(await tokens(drill), durable, `${said}: operations whose token is on disk`);
    const resumed = await resume(drill);
    assert.deepEqual([resumed.code, resumed.document["result"]], [0, "contained"], said);
    assert.deepEqual(await drill.everything(), world, said);
    assert.equal(await written(drill, "azure:PUT"), RULES, `${said}: each rule is written once`);
    await drill.verify();
  }
});

test("killed while a rollback's operation runs: resume finishes it and what was there is there", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const before = await drill.everything();
  const done = await drill.run(["apply", await approvedBlock(drill), "--yes"]);
  assert.equal(done.code, 0, done.err);
  const plan = await drill.plan("rollback", done.document["id"]);
  await drill.approve(plan, "eng-lead");
  await drill.goWrong([{ operation: "azure:DELETE", kind: "kill", moment: "after", skip: 1 }]);
  assert.equal((await drill.run(["apply", plan, "--yes"])).code, null, "the process was killed");
  const resumed = await resume(drill);
  assert.deepEqual([resumed.code, resumed.document["result"]], [0, "rolled-back"], resumed.err);
  assert.deepEqual(await drill.everything(), before);
  assert.equal(await written(drill, "azure:DELETE"), RULES);
  await drill.verify();
});

test("all priorities taken by others: the block is refused when it is planned, and says what to do", async (t) => {
  const drill = await Drill.begin(t);
  const group =
    "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/rg-edge/providers/Microsoft.Network/networkSecurityGroups/nsg-front";
  const theirs = { protocol: "Tcp", access: "Deny", direction: "Outbound", sourceAddressPrefix: "*", sourcePortRange: "*" };
  const requests = Array.from({ length: 10 }, (_, index) => ({
    method: "PUT" as const,
    path: `${group}/securityRules/theirs-${index}`,
    body: {
      properties: { ...theirs, priority: 100 + index, destinationAddressPrefix: "192.0.2.0/24", destinationPortRange: "*" },
    },
  }));
  const apart = requests.flatMap((request) => [
    { operation: "azure:GET", kind: "arm-move" as const, requests: [request] },
    { operation: "azure:GET", kind: "delay" as const, ms: 1_100 },
  ]);
  await drill.goWrong(apart);
  const { code, document } = await drill.run(BLOCK);
  assert.deepEqual([code, document["error"].code], [10, "no-free-slot"]);
  assert.match(document["error"].message, /"nsg-front" has no free outbound priority from 100 to 109 for "203.0.113.0\/24"/);
  assert.match(document["error"].hints.join("\n"), /soc2-er status[\s\S]*priorities: 100-/);
});
