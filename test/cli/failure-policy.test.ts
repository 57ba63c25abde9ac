import assert from "node:assert/strict";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { generateKeyFile } from "../../src/signing/index.ts";
import { Drill, type Said } from "./drill.ts";

/** Without the folder nobody can write into the store, as with a share that is not mounted. */
const store = (drill: Drill) => join(drill.home, "range", "audit-store");
const takeAway = (drill: Drill) => rename(store(drill), `${store(drill)}.away`);
const giveBack = (drill: Drill) => rename(`${store(drill)}.away`, store(drill));

test("what gives access back waits for the store: refused without it, and nothing is touched; with it, done", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const before = await drill.everything();
  const contained = await drill.contain("revoke", "aws:user/intruder");
  assert.equal(contained.code, 0, JSON.stringify(contained.document));
  const held = await drill.everything();
  await takeAway(drill);

  const plan = await drill.plan("rollback", contained.document["id"]);
  await drill.approve(plan);
  const refused = await drill.run(["apply", plan, "--yes"]);
  assert.equal(refused.code, 9, refused.err);
  assert.equal(refused.document["error"].code, "store-required");
  assert.match(refused.document["error"].message, /a rollback waits for the audit log's store.*no such folder/);
  assert.match(refused.document["error"].hints[0], /^soc2-er audit sync .*# then the same command again$/);
  assert.deepEqual(await drill.everything(), held);
  assert.equal((await drill.entries()).filter(({ type }) => type === "run.opened").length, 1, "the run was not opened");

  await giveBack(drill);
  const applied = await drill.run(["apply", plan, "--yes"]);
  assert.equal(applied.code, 0, JSON.stringify(applied.document));
  assert.deepEqual(await drill.everything(), before);
  await drill.verify(10);
});

test("nobody signs in advance, and the keyring does not change, while the store is away", async (t) => {
  const drill = await Drill.begin(t);
  const [authorize, key] = [
    ["authorize", "isolate-tenant", "--target", "acme", "--expires", "1d", "--yes"],
    (await generateKeyFile(join(drill.folder, "new"), "new")).text,
  ];
  const change = async (...words: string[]): Promise<Said> => {
    const proposed = await drill.run(["audit", "key", "propose", ...words, "--yes"], { who: "sec-lead" });
    assert.equal(proposed.code, 0, JSON.stringify(proposed.document));
    const signed = await drill.run(["audit", "key", "sign", "-", "--yes"], { who: "eng-lead", input: proposed.document["text"] });
    return drill.run(["audit", "key", "apply", "-", "--yes"], { who: "sec-lead", input: signed.document["text"] });
  };
  await takeAway(drill);
  for (const { code, document } of [await drill.run(authorize, { who: "sec-lead" }), await change("add-key", "on-call", key)])
    assert.deepEqual([document["error"]?.code, code], ["store-required", 9], JSON.stringify(document));
  await giveBack(drill);
  assert.equal((await drill.run(authorize, { who: "sec-lead" })).code, 0);
  assert.equal((await change("add-key", "on-call", key)).code, 0);
});

test("a rollback that was cut off is continued only with the store", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const before = await drill.everything();
  const contained = await drill.contain("revoke", "aws:user/intruder");
  const plan = await drill.plan("rollback", contained.document["id"]);
  await drill.approve(plan);
  await drill.goWrong([{ operation: "iam:UpdateAccessKey", kind: "kill", moment: "before" }]);
  assert.equal((await drill.run(["apply", plan, "--yes"])).code, null, "killed");
  const run = (await drill.lastRun()) ?? "";
  await takeAway(drill);
  const refused = await drill.run(["resume", run, "--yes"]);
  assert.equal(refused.code, 9, JSON.stringify(refused.document));
  assert.equal(refused.document["error"].code, "store-required");
  await giveBack(drill);
  const resumed = await drill.run(["resume", run, "--yes"]);
  assert.equal(resumed.code, 0, JSON.stringify(resumed.document));
  assert.deepEqual(await drill.everything(), before);
});

test("a store that comes back during a long run is caught up before the run has ended", async (t) => {
  const drill = await Drill.begin(t);
  await drill.world((range) => range.setDelays({ iam: 7_500 }));
  const plan = await drill.plan("revoke", "aws:user/intruder");
  await drill.approve(plan);
  await takeAway(drill);
  const { ended, child } = drill.launch(["apply", plan, "--yes", "--ndjson"]);
  t.after(() => child.kill("SIGKILL"));
  await until(async () => (await drill.entries()).some(({ type }) => type === "change.settled"));
  await giveBack(drill);
  await until(async () => (await drill.entries()).some(({ type }) => type === "remote.up"));
  const types = (await drill.entries()).map(({ type }) => type);
  assert.ok(!types.includes("run.closed"), "while the run went on");
  const { code, err } = await ended;
  assert.equal(code, 0, err);
  await drill.verify(10);
});

async function until(seen: () => Promise<boolean>): Promise<void> {
  for (let left = 300; left > 0; left--) {
    if (await seen()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail("it did not come");
}
