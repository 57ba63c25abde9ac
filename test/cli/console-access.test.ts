import assert from "node:assert/strict";
import { test } from "node:test";
import { soc2er } from "./binary.ts";
import { Drill } from "./drill.ts";

const PROFILE = "aws/123456789012/iam/login-profile/intruder";
const DEVICE = "aws/123456789012/iam/mfa-device/arn:aws:iam::123456789012:mfa/pixel-of-mine";

/** As a person reads it, on one line. */
async function read(drill: Drill, ...args: string[]): Promise<string> {
  const { code, out } = await soc2er([...args, "--range", "--home", drill.home]);
  assert.equal(code, 0, out);
  return out.replace(/\s+/g, " ");
}

test("console access ends in order, what cannot be undone is said before and after, and the incident can be closed", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const before = await drill.everything();
  const plan = await drill.plan("run", "end-console-access", "--param", "principal=aws:user/intruder");
  assert.deepEqual(await drill.everything(), before, "planning changes nothing");

  const shown = await read(drill, "plan", "show", plan);
  assert.match(
    shown,
    /CANNOT BE UNDONE c002 .*the password of user "intruder" cannot be read back.* c003 .*its seed cannot be read/,
  );
  assert.match(shown, /3 changes, 1 restorable exactly, 2 irreversible/);
  assert.equal((await drill.run(["apply", plan, "--yes"])).code, 8, "nothing is deleted without two approvals");
  assert.deepEqual(await drill.everything(), before);
  await drill.approve(plan);
  const said = (await drill.entries()).filter(({ type }) => type === "approval.recorded");
  assert.match(JSON.stringify(said), /3 changes, 2 irreversible/, "and it is what they sign");

  const from = (await drill.calls()).length;
  const applied = await drill.run(["apply", plan, "--yes"]);
  assert.equal(applied.code, 0, applied.err);
  assert.equal(applied.document["result"], "contained");
  const writes = (await drill.calls()).slice(from).filter(({ wrote }) => wrote.length > 0);
  assert.deepEqual(
    writes.map(({ operation }) => operation),
    ["iam:PutUserPolicy", "iam:DeleteLoginProfile", "iam:DeactivateMFADevice"],
  );
  const probes = await drill.world((range) => range.attacker.probe());
  assert.equal(probes.find(({ id }) => id === "key-calls-iam")?.open, false, "no new password, no new device");

  const run = applied.document["id"];
  const back = await drill.plan("rollback", run);
  const way = await read(drill, "plan", "show", back, "--full");
  assert.match(way, /cannot be undone: the password of user "intruder" cannot be read back/);
  assert.match(way, /cannot be undone: its seed cannot be read back/);
  await drill.approve(back);
  const done = await drill.run(["apply", back, "--yes"]);
  assert.equal(done.document["result"], "rolled-back", done.err);
  const after = await drill.everything();
  const { [PROFILE]: _profile, [DEVICE]: _device, ...rest } = before;
  const { [PROFILE]: profile, [DEVICE]: device, ...left } = after;
  assert.deepEqual(left, rest, "everything else is as it was");
  assert.deepEqual([profile, device], [undefined, { serial: DEVICE.slice(DEVICE.indexOf("arn:")), user: null, enabled: null }]);

  assert.deepEqual((await drill.run(["status"])).document["leases"], []);
  const closed = await drill.run(["incident", "close", drill.incident, "--reason", "over"]);
  assert.equal(closed.code, 0, JSON.stringify(closed.document));
  await drill.verify();
});

test("a password stays as long as its user is not denied, and a second factor as long as its password", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  for (const [operation, exit, expected] of [
    ["iam:PutUserPolicy", 4, ["refused", "not-attempted", "not-attempted"]],
    ["iam:DeleteLoginProfile", 6, ["applied", "refused", "not-attempted"]],
  ] as const) {
    await drill.goWrong([{ operation, kind: "denied" }]);
    const { document, code } = await drill.contain("run", "end-console-access", "--param", "principal=aws:user/intruder");
    assert.equal(code, exit, JSON.stringify(document));
    const statuses = document["changes"].map(({ outcome }: { outcome: { status: string } }) => outcome.status);
    assert.deepEqual(statuses, expected, operation);
    const contents = await drill.everything();
    assert.ok(contents[DEVICE] && contents[PROFILE], operation);
  }

  const without = await drill.run(["run", "end-console-access", "--param", "principal=aws:user/acme-portal", "--dry-run"]);
  const planned = without.document["changes"].map(({ action }: { action: string }) => action);
  assert.deepEqual(planned, ["aws.iam.deny-user"], "who has neither is only denied");
});

test("a role is frozen and its sessions are cut off, and the trust comes back byte for byte", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const before = await drill.everything();
  const applied = await drill.contain("run", "freeze-roles", "--param", "principal=aws:role/export-jobs,aws:role/acme-worker");
  assert.equal(applied.code, 0, applied.err);
  for (const { verification } of applied.document["changes"])
    assert.deepEqual([verification.verdict, verification.level], ["confirmed", "effect"]);
  const back = await drill.contain("rollback", applied.document["id"]);
  assert.equal(back.document["result"], "rolled-back", back.err);
  assert.deepEqual(await drill.everything(), before);
  await drill.verify();
});

test("a runbook without a command is run on what its steps take, and says how", async (t) => {
  const drill = await Drill.begin(t);
  const missing = await drill.run(["run", "freeze-roles"]);
  assert.equal(missing.code, 2, JSON.stringify(missing.document));
  assert.match(missing.document["error"].hints[0], /run freeze-roles --param principal=…/);
  const { document } = await drill.run(["runbook", "show", "end-console-access"]);
  assert.deepEqual(document["next"][0].argv.slice(0, 5), ["soc2-er", "run", "end-console-access", "--param", "principal=…"]);
  const guarded = await drill.run(["run", "freeze-roles", "--param", "principal=aws:role/soc2-er-responder"]);
  assert.deepEqual([guarded.code, guarded.document["error"].code], [10, "self-lockout"]);
});
