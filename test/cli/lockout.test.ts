import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openWorld } from "../../src/exercise/range/world.ts";
import { soc2er } from "./binary.ts";
import { refused } from "./company.ts";
import { Drill } from "./drill.ts";

const RESPONDER = /"aws:role\/soc2-er-responder" is a responder: revoking it would cut off the response/;
const APPROVER = /"aws:user\/sec-lead" is "sec-lead" of the people: revoking it would cut off the response/;
const OWN_NETWORK = /overlaps the responders' own network "198\.51\.100\.0\/24"/;

/** Commands that would cut somebody off, and the reason that they are refused for. */
const CUTS: readonly (readonly [args: readonly string[], reason: RegExp])[] = [
  [["revoke", "aws:role/soc2-er-responder"], RESPONDER],
  [["revoke", "aws:user/intruder", "aws:role/soc2-er-responder"], RESPONDER],
  [["revoke", "aws:user/sec-lead"], APPROVER],
  [["revoke", "aws:user/intruder", "aws:user/eng-lead"], /"aws:user\/eng-lead" is "eng-lead" of the people/],
  [["revoke", "aws:key/AKIASECLEAD000000001"], APPROVER],
  [["run", "revoke-credentials", "--param", "principal=aws:user/sec-lead"], APPROVER],
  [["block", "ip", "198.51.100.7"], OWN_NETWORK],
  [["block", "ip", "198.51.100.0/24"], OWN_NETWORK],
  [["block", "ip", "198.51.100.128/25"], OWN_NETWORK],
  [["block", "ip", "203.0.113.0/24", "198.51.0.0/16"], OWN_NETWORK],
  [["run", "block-edge-traffic", "--param", "cidr=198.51.100.9"], OWN_NETWORK],
  [["lockdown", "tenant", "acme", "--param", "cidr=203.0.113.0/24,198.51.100.9"], OWN_NETWORK],
  [["revoke", "aws:session/soc2-er-responder/soc2-er"], /"aws:session\/soc2-er-responder\/soc2-er" is who runs this command/],
  [["revoke", "aws:source-identity/app-data/on-call"], /"aws:source-identity\/app-data\/on-call" is "on-call" of the people/],
  [["run", "deny-from-above", "--param", "principal=aws:role/soc2-er-responder"], RESPONDER],
];

test("a plan that would cut off a responder or an approver is refused with the reason, however it is asked for", async (t) => {
  const drill = await Drill.begin(t);
  const world = await drill.everything();
  const run = (args: readonly string[]) => soc2er([...args, "--range", "--home", drill.home]);
  for (const [args, says] of CUTS) {
    const how = [[], ["--dry-run"], ["--plan-only"], ["--yes"], ["--wait", "1h", "--yes"]];
    for (const flags of args === CUTS[0]?.[0] || args === CUTS[6]?.[0] ? how : [[]])
      refused(await run([...args, ...flags]), { code: "self-lockout", exit: 10, says });
  }
  await nothingHappened(drill, world);
});

test("a tenant whose principals include an approver is not locked down", async (t) => {
  const drill = await Drill.begin(t);
  const world = openWorld({ folder: join(drill.home, "range"), fill: () => assert.fail("the world is there") });
  world.transact((tx) => {
    const row = tx
      .list("")
      .find(({ key, value }) => /\/iam\/user\//.test(key) && (value as { name: string }).name === "sec-lead");
    assert.ok(row, "the range has no user of that name");
    tx.put(row.key, { ...(row.value as object), tags: { tenant: "acme" } });
  });
  world.close();
  const before = await drill.everything();
  const run = (args: readonly string[]) => soc2er([...args, "--range", "--home", drill.home]);
  refused(await run(["lockdown", "tenant", "acme"]), { code: "self-lockout", exit: 10, says: APPROVER });
  await nothingHappened(drill, before);
  // The other tenants are nobody's business of theirs.
  assert.equal((await run(["lockdown", "tenant", "globex", "--dry-run"])).code, 0);
});

test("an entrance that the responders come in by is not closed with a group that does not let them in", async (t) => {
  const drill = await Drill.begin(t);
  const run = (args: readonly string[]) => soc2er([...args, "--range", "--home", drill.home]);
  const lockdown = ["run", "lockdown-entrance", "--param", "entrance=shop"];
  assert.equal((await run([...lockdown, "--dry-run"])).code, 0);
  const world = openWorld({ folder: join(drill.home, "range"), fill: () => assert.fail("the world is there") });
  world.transact((tx) => {
    const row = tx.list("").find(({ key }) => key.endsWith("/ec2/us-east-1/group/sg-0lock01"));
    assert.ok(row, "the range has no such group");
    tx.put(row.key, { ...(row.value as object), rules: [] });
  });
  world.close();
  const before = await drill.everything();
  const says = /is the responders' own way in and would not let "198\.51\.100\.0\/24" in on tcp 443-443 any more/;
  for (const flags of [[], ["--dry-run"], ["--plan-only"], ["--yes"], ["--wait", "1h", "--yes"]])
    refused(await run([...lockdown, ...flags]), { code: "self-lockout", exit: 10, says });
  await nothingHappened(drill, before);
});

test("the reason is in the document too", async (t) => {
  const drill = await Drill.begin(t);
  const { code, document } = await drill.run(["revoke", "aws:key/AKIASECLEAD000000001"]);
  assert.equal(code, 10);
  const { detail, ...error } = document["error"];
  assert.equal(error.code, "self-lockout");
  assert.deepEqual(detail, { principal: "aws:user/sec-lead", account: "123456789012", because: '"sec-lead" of the people' });
});

test("what cuts nobody off is planned as ever", async (t) => {
  const drill = await Drill.begin(t);
  for (const args of [
    ["revoke", "aws:user/intruder"],
    ["revoke", "aws:user/deploy-bot"],
    ["block", "ip", "198.51.101.0/24"],
    ["block", "ip", "198.51.99.255"],
    ["isolate", "tenant", "acme"],
  ]) {
    const { code, document } = await drill.run([...args, "--dry-run"]);
    assert.equal(code, 0, JSON.stringify(document));
    const guard = document["checks"].find(({ id }: { id: string }) => id === "self-lockout");
    assert.equal(guard?.status, "passed", JSON.stringify(document["checks"]));
  }
});

async function nothingHappened(drill: Drill, world: unknown): Promise<void> {
  assert.deepEqual(await drill.everything(), world);
  assert.deepEqual((await drill.run(["plan", "list"])).document["items"], []);
  const types = (await drill.entries()).map(({ type }) => type).filter((type) => !type.startsWith("session."));
  assert.deepEqual(types, ["genesis", "incident.declared"]);
}
