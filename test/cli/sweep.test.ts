import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openRange, type RangeWorld } from "../../src/exercise/range/index.ts";
import { type Calling, type Deeds, fight } from "./adversary.ts";
import { Drill } from "./drill.ts";

const ACCOUNT = "123456789012";
/** As the range has it by default. */
const PROPAGATION_MS = 4_000;
const KEYS = ["AKIAINTRUDER00000001", "AKIAINTRUDER00000002"] as const;
type Finding = {
  readonly subject: { kind: string; name: string };
  readonly relation: string;
  readonly did?: string[];
  readonly why?: string;
};

function callingOn(range: RangeWorld): Calling {
  return async (id, name, input = {}) => {
    const [service, operation = ""] = name.split(":") as ["iam", string];
    const call = { service, operation, account: ACCOUNT, region: "global", input: input as never };
    return (await range.as({ kind: "access-key", account: ACCOUNT, id }).aws(call)).output as never;
  };
}

/** Approves the plan, lets the attacker loose, applies, and sees who stands at the end. */
async function duel(t: TestContext, drill: Drill, ...command: string[]) {
  const plan = await drill.plan(...command);
  await drill.approve(plan);
  const range = await openRange({ folder: join(drill.home, "range") });
  t.after(() => range.close());
  range.setDelays({ trail: 500 });
  const over = new AbortController();
  const fighting = fight({
    ...{ calling: callingOn(range), keys: KEYS, stop: over.signal, forMs: PROPAGATION_MS },
    now: () => range.clock.now(),
    sleep: (ms) => range.clock.sleep(ms),
  });
  const said = await drill.run(["apply", plan, "--yes"], { timeoutMs: 240_000 });
  await range.clock.sleep(6_000);
  over.abort();
  const deeds: Deeds = await fighting;
  return { plan, said, deeds, range };
}

const usersKeys = async (range: RangeWorld, UserName: string): Promise<Key[]> => {
  const call = { service: "iam", operation: "ListAccessKeys", account: ACCOUNT, region: "global", input: { UserName } } as const;
  return ((await range.transport.aws(call)).output as { AccessKeyMetadata: Key[] }).AccessKeyMetadata;
};
type Key = { readonly AccessKeyId: string; readonly Status: string };

test("who renews keys and takes the denial off while it spreads is contained; what it made is named, what others made is left", async (t) => {
  const drill = await Drill.begin(t);
  const { said, deeds, range } = await duel(t, drill, "revoke", "aws:user/intruder");
  const { document, code } = said;
  const { sweep } = document;
  assert.ok(deeds.detached > 0, "the denial was taken off at least once");
  assert.ok(deeds.keys.length > 0, "a key was renewed at least once");
  assert.ok(deeds.refused > 3, "in the end nothing that it has works");
  const found: Finding[] = sweep.found;
  const did = found.flatMap((finding) => finding.did ?? []).join("\n");
  for (const { AccessKeyId, Status } of await usersKeys(range, "intruder")) {
    assert.equal(Status, "Inactive");
    if (deeds.keys.includes(AccessKeyId)) assert.match(did, new RegExp(AccessKeyId), "its new key is named");
  }
  const calling = callingOn(range);
  const all = [...KEYS, ...deeds.keys, ...(await usersKeys(range, "backdoor")).map(({ AccessKeyId }) => AccessKeyId)];
  for (const key of all) await assert.rejects(calling(key, "iam:ListUsers"), { name: /InvalidClientTokenId|AccessDenied/ }, key);
  assert.ok(
    found.some(({ subject, relation }) => relation === "created" && subject.name === "backdoor"),
    JSON.stringify(sweep),
  );

  assert.equal(code, 6, "what is known to be the attacker's and was not approved is not contained");
  const left: Finding[] = sweep.left;
  assert.deepEqual(
    left.map(({ subject }) => subject.name).filter((name) => name === "sleeper"),
    ["sleeper"],
  );
  assert.deepEqual(
    (await usersKeys(range, "sleeper")).map(({ Status }) => Status),
    ["Active"],
    "not touched",
  );
  const { document: plan } = await drill.run(["plan", "show", sweep.followUp]);
  assert.deepEqual([plan["kind"], plan["approvals"].waiting.toSorted()], ["contain", ["engineering", "security"]]);
  assert.ok(
    plan["changes"].every(({ resource }: { resource: { id: string } }) => /sleeper/.test(resource.id)),
    "it is about the rest",
  );
  await drill.approve(sweep.followUp);
  const { code: done, document: rest } = await drill.run(["apply", sweep.followUp, "--yes"]);
  assert.equal(done, 0, JSON.stringify(rest));
  assert.deepEqual(
    (await usersKeys(range, "sleeper")).map(({ Status }) => Status),
    ["Inactive"],
  );
  assert.equal((await drill.run(["audit", "verify"])).code, 0);
});

test("a rollback of the run takes its sweeps back, too, and needs the run's approvals", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const plan = await drill.plan("revoke", "aws:user/intruder");
  await drill.approve(plan);
  await drill.world(async (range) => {
    range.setDelays({ trail: 0 });
    const intruder = callingOn(range);
    await intruder(KEYS[0], "iam:CreateUser", { UserName: "backdoor" });
    await intruder(KEYS[0], "iam:CreateAccessKey", { UserName: "backdoor" });
  });
  const { code, document } = await drill.run(["apply", plan, "--yes", "--no-sweep"]);
  assert.deepEqual([code, document["sweep"]], [0, undefined], JSON.stringify(document));
  await drill.world(async (range) => {
    const input = { UserName: "intruder", PolicyName: "soc2-er-deny-user" };
    await range.transport.aws({ service: "iam", operation: "DeleteUserPolicy", account: ACCOUNT, region: "global", input });
  });

  const swept = await drill.run(["sweep", document["id"]]);
  assert.equal(swept.code, 0, JSON.stringify(swept.document));
  assert.match(JSON.stringify(swept.document["sweep"].found), /deny user \\"intruder\\" everything/);
  assert.deepEqual(await drill.world(async (range) => (await usersKeys(range, "backdoor")).map(({ Status }) => Status)), [
    "Inactive",
  ]);
  const rollback = await drill.plan("rollback", document["id"]);
  const { document: back } = await drill.run(["plan", "show", rollback]);
  assert.deepEqual(back["approvals"].required.toSorted(), ["engineering", "security"]);
  await drill.approve(rollback);
  assert.equal((await drill.run(["apply", rollback, "--yes"])).code, 0);
  assert.equal((await drill.run(["status"])).document["leases"].length, 0);
  assert.equal((await drill.run(["audit", "verify"])).code, 0);
});

test("a sweep that died is ended by resume: what it had begun is settled, and the look is made again", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const plan = await drill.plan("revoke", "aws:user/intruder");
  await drill.approve(plan);
  await drill.world(async (range) => {
    range.setDelays({ trail: 0 });
    await callingOn(range)(KEYS[0], "iam:CreateUser", { UserName: "backdoor" });
  });
  // The first denial is the plan's, the second the sweep's.
  await drill.goWrong([{ operation: "iam:PutUserPolicy", kind: "kill", moment: "after", skip: 1 }]);
  assert.equal((await drill.run(["apply", plan, "--yes"])).code, null, "the process was killed");
  const opened = (await drill.entries()).filter(({ type }) => type === "run.opened");
  const [run, sweep] = opened.map(({ body }) => body);
  assert.deepEqual([sweep.kind, sweep.of], ["sweep", run.run]);
  const { code, document } = await drill.run(["resume", run.run, "--yes"]);
  assert.equal(code, 0, JSON.stringify(document));
  const closed = (await drill.entries()).filter(({ type }) => type === "run.closed").map(({ body }) => body.run);
  assert.deepEqual(new Set(closed), new Set([run.run, sweep.run]));
  const puts = (await drill.calls()).filter(({ operation, wrote }) => operation === "iam:PutUserPolicy" && wrote.length > 0);
  assert.equal(puts.length, 2, "nothing is done twice");
  assert.equal((await drill.run(["audit", "verify"])).code, 0);
});

test("where nobody answers, a sweep says that it is blind, and the run that it is not seen", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const plan = await drill.plan("revoke", "aws:user/intruder");
  await drill.approve(plan);
  const { document } = await drill.run(["apply", plan, "--yes", "--no-sweep"]);
  await drill.goWrong([{ operation: "iam:ListUserPolicies", kind: "denied", times: 50 }]);
  const blind = await drill.run(["sweep", document["id"]]);
  const { ended, looks, unseen } = blind.document["sweep"];
  assert.deepEqual([blind.code, ended, looks], [7, "blind", 3], JSON.stringify(blind.document));
  assert.match(unseen.join("\n"), /a look failed: .*ListUserPolicies/);
  assert.match(JSON.stringify(blind.document["next"]), /"sweep"/);
});

test("what would cut off the response is told and never contained, nor planned", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const plan = await drill.plan("revoke", "aws:user/intruder");
  await drill.approve(plan);
  await drill.world(async (range) => {
    range.setDelays({ trail: 0 });
    await callingOn(range)(KEYS[0], "iam:CreateAccessKey", { UserName: "sec-lead" });
  });
  const { code, document } = await drill.run(["apply", plan, "--yes"]);
  const { left, followUp, found } = document["sweep"];
  assert.deepEqual([code, found, followUp], [0, [], null], JSON.stringify(document["sweep"]));
  assert.deepEqual(
    left.map(({ never, relation }: { never: boolean; relation: string }) => [never, relation]),
    [[true, "created"]],
  );
  assert.match(left[0].why, /would cut off the response/);
});

test("a run without a clause, and one whose time is over, cannot be swept", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const block = await drill.contain("block", "ip", "203.0.113.0/24");
  const without = await drill.run(["sweep", block.document["id"]]);
  assert.deepEqual([without.code, without.document["error"].code], [8, "sweep-outside"]);
  const revoked = await drill.contain("revoke", "aws:user/deploy-bot");
  await drill.pass(31 * 60_000);
  const late = await drill.run(["sweep", revoked.document["id"]]);
  assert.deepEqual([late.code, late.document["error"].code], [8, "sweep-outside"]);
  assert.match(late.document["error"].message, /time for it is over/);
});
