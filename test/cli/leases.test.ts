import assert from "node:assert/strict";
import { test } from "node:test";
import { soc2er } from "./binary.ts";
import { Drill } from "./drill.ts";

test("a lease past its time is told by status and doctor, and nothing is lifted by itself", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const done = await drill.contain("revoke", "aws:user/intruder", "--expires", "30m");
  assert.equal(done.code, 0, JSON.stringify(done.document));
  const held = (await drill.run(["status"])).document["leases"] as { since: string; expires: string }[];
  assert.equal(held.length, 6);
  for (const { since, expires } of held) {
    const minutes = (Date.parse(expires) - Date.parse(since)) / 60_000;
    assert.ok(minutes > 25 && minutes <= 30, `${minutes} minutes`);
  }
  const say = async (command: string): Promise<string> => {
    const { code, out } = await soc2er([command, "--range", "--home", drill.home]);
    assert.equal(code, 0);
    return out;
  };
  assert.doesNotMatch(await say("status"), /past (its|their) review time/);
  const world = await drill.everything();

  await drill.pass(40 * 60_000);
  assert.match(await say("status"), /6 leases past (its|their) review time: nothing is lifted by itself/);
  const { document } = await drill.run(["doctor"]);
  assert.match(JSON.stringify(document), /6 leases are past their review time/);
  assert.deepEqual(await drill.everything(), world);
  assert.equal((await drill.run(["status"])).document["leases"].length, 6);
  const released = await drill.contain("release", drill.incident);
  assert.equal(released.code, 0, "and it can be released late");
});

test("what two incidents hold is lifted when the second lets go, whichever that is", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const before = await drill.everything();
  const second = (await drill.run(["incident", "declare", "--title", "another", "--severity", "2"])).document["id"];
  for (const incident of [drill.incident, second]) {
    const done = await drill.contain("block", "ip", "203.0.113.0/24", "--incident", incident);
    assert.equal(done.code, 0, JSON.stringify(done.document));
    assert.equal(done.document["result"], "contained");
  }
  const contained = await drill.everything();
  assert.notDeepEqual(contained, before);

  const first = await drill.contain("release", drill.incident);
  assert.equal(first.code, 0, JSON.stringify(first.document));
  assert.deepEqual(await drill.everything(), contained, "the second incident still holds all of it");
  const leases = (await drill.run(["status"])).document["leases"] as { incident: string }[];
  assert.ok(leases.length > 0 && leases.every(({ incident }) => incident === second));

  const last = await drill.contain("release", second);
  assert.equal(last.code, 0, JSON.stringify(last.document));
  assert.deepEqual(await drill.everything(), before);
  await drill.verify();
});

test("one lease can be released by itself", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  assert.equal((await drill.contain("revoke", "aws:user/intruder")).code, 0);
  const { leases } = (await drill.run(["status"])).document as { leases: { id: string; resource: { id: string } }[] };
  const lease = leases.find(({ resource }) => resource.id.includes("AKIAINTRUDER00000002"));
  const released = await drill.contain("release", lease?.id ?? "");
  assert.equal(released.code, 0, JSON.stringify(released.document));
  assert.equal(released.document["changes"].length, 1);
  assert.equal((await drill.run(["status"])).document["leases"].length, leases.length - 1);
  const keys = Object.entries(await drill.everything()).filter(([key]) => key.includes("AKIAINTRUDER"));
  assert.deepEqual(keys.map(([, value]) => (value as { status: string }).status).sort(), ["Active", "Inactive"]);
  const again = await drill.run(["release", lease?.id ?? ""]);
  assert.equal(again.code, 10, JSON.stringify(again.document));
});

test("the clocks run from the declaration to the last effect, on the world's time, and say when it is simulated", async (t) => {
  const drill = await Drill.begin(t);
  const plan = await drill.plan("revoke", "aws:user/intruder");
  await drill.approve(plan);
  await drill.pass(120_000);
  await drill.world((range) => range.setDelays({ iam: 9_000 }), 3);
  const { code, document } = await drill.run(["apply", plan, "--yes"]);
  assert.equal(code, 0, JSON.stringify(document));
  const { clocks } = document;
  const at = [clocks.declaredAt, clocks.approvedAt, clocks.firstIntendedAt, clocks.firstConfirmedAt, clocks.lastConfirmedAt].map(
    Date.parse,
  );
  assert.deepEqual(
    at,
    [...at].sort((a, b) => a - b),
    JSON.stringify(clocks),
  );
  const [declared = 0, approved = 0, intended = 0, , last = 0] = at;
  assert.equal(clocks.timeToContainMs, last - declared);
  assert.ok(intended - approved >= 120_000, "the wait for the operator counts");
  assert.ok(last - intended >= 9_000, "and so does propagation");
  assert.equal(clocks.simulated, 3);
  for (const { boundMs, measuredMs } of clocks.legs) assert.ok(boundMs > 0 && measuredMs >= 9_000, JSON.stringify(clocks.legs));
});
