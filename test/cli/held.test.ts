import assert from "node:assert/strict";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { AwsService } from "../../src/providers/index.ts";
import { LEFT_OUT, LONG } from "../emulator/long.ts";
import { soc2er } from "./binary.ts";
import { Drill, type Said } from "./drill.ts";

const long = LONG ? {} : { skip: LEFT_OUT };

const ACCOUNT = "123456789012";
type Check = {
  readonly verdict: string;
  readonly at: string;
  readonly heldAt: string | null;
  readonly detail?: string;
  readonly window?: { readonly from: string | null; readonly to: string };
  readonly reapply?: { readonly argv: readonly string[] } | null;
};
type Lease = { readonly id: string; readonly incident: string; readonly resource: { id: string; type: string }; check: Check };

const leasesOf = ({ document }: Pick<Said, "document">): readonly Lease[] => document["leases"];
const broken = (said: Pick<Said, "document">): readonly Lease[] =>
  leasesOf(said).filter(({ check }) => !["held", "unverified"].includes(check.verdict));
const countsOf = ({ document }: Said): number[] =>
  ["held", "undone", "partly", "unverified"].map((verdict) => document["check"][verdict]);

/** A call of somebody who may, past us: a pipeline, a colleague at the console. */
async function behind<T>(drill: Drill, service: AwsService, operation: string, input: object): Promise<T> {
  const region = service === "iam" ? "global" : "us-east-1";
  return drill.world(async (range) => {
    const who = { kind: "role-session", account: ACCOUNT, role: "soc2-er-responder", session: "pipeline" } as const;
    const call = { service, operation, account: ACCOUNT, region, input: input as never };
    return (await range.as({ ...who, issued: range.clock.now() }).aws(call)).output as T;
  });
}

async function editPolicy(drill: Drill, change: (statements: { Sid: string }[]) => { Sid: string }[]): Promise<void> {
  const { Policy } = await behind<{ Policy: string }>(drill, "s3", "GetBucketPolicy", { Bucket: "acme-data" });
  const policy = JSON.parse(Policy);
  const Statement = change(policy.Statement);
  await behind(drill, "s3", "PutBucketPolicy", { Bucket: "acme-data", Policy: JSON.stringify({ ...policy, Statement }) });
}

const withoutOurs = (statements: { Sid: string }[]) => statements.filter(({ Sid }) => !/^(soc2-?er|Soc2Er)/i.test(Sid));

const activate = (drill: Drill, AccessKeyId: string): Promise<unknown> =>
  behind(drill, "iam", "UpdateAccessKey", { UserName: "intruder", AccessKeyId, Status: "Active" });

const KEY = "AKIAINTRUDER00000002";

/** As a person would: the words as they stand, with who approves and applies. */
async function paste(drill: Drill, argv: readonly string[]): Promise<Said> {
  assert.deepEqual(argv.slice(-3), ["--range", "--home", drill.home], "it can be pasted where it was shown");
  return drill.contain(...argv.slice(1, -3));
}

const checks = async (drill: Drill) => (await drill.entries()).filter(({ type }) => type === "lease.checked");

test("a block removed behind our back is reported with resource, window and the command that puts it back", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const done = await drill.contain("isolate", "tenant", "acme");
  assert.equal(done.code, 0, JSON.stringify(done.document));
  const world = await drill.everything();
  const before = (await drill.calls()).length;
  const good = await drill.run(["status", "--verify"]);
  assert.equal(good.code, 0, JSON.stringify(good.document));
  const all = leasesOf(good).length;
  assert.deepEqual(countsOf(good), [all, 0, 0, 0]);
  assert.ok(all > 3 && leasesOf(good).every(({ check }) => check.verdict === "held" && check.heldAt === check.at));
  assert.deepEqual(await drill.writes(before), [], "it only reads");
  assert.equal((await checks(drill)).length, all);
  const again = await drill.run(["status", "--verify"]);
  assert.deepEqual([again.code, (await checks(drill)).length], [0, all], "what is as it was is not written again");

  await editPolicy(drill, withoutOurs);
  const found = await drill.run(["status", "--verify"]);
  assert.equal(found.code, 6, JSON.stringify(found.document));
  assert.deepEqual(countsOf(found), [all - 1, 1, 0, 0]);
  const [lease] = broken(found);
  assert.ok(lease?.check.window);
  assert.equal(lease.resource.id, "acme-data");
  assert.match(lease.check.detail ?? "", /the policy lacks \S+/);
  // It stood at the first look, which the log has; the second one was of a process that is gone and wrote nothing.
  assert.equal(lease.check.window.from, leasesOf(good).find(({ id }) => id === lease.id)?.check.heldAt);
  assert.equal(lease.check.window.to, lease.check.at);
  const argv = lease.check.reapply?.argv ?? [];
  assert.deepEqual(argv.slice(0, -3), ["soc2-er", "isolate", "tenant", "acme", "--incident", drill.incident]);
  assert.deepEqual(found.document["next"], [{ argv }]);
  const entry = (await checks(drill)).at(-1)?.["body"];
  assert.deepEqual([entry.verdict, entry.heldAt, entry.detail], ["undone", lease.check.window.from, lease.check.detail]);
  assert.match(entry.observed.state, /^sha256:/);
  const { document: timeline } = await drill.run(["incident", "timeline"]);
  assert.match(timeline["items"].at(-1).text, /undone by somebody, last seen to stand at .*: the policy lacks/);

  const later = await drill.run(["status", "--verify"]);
  assert.deepEqual(broken(later)[0]?.check.window, { ...lease.check.window, to: entry && (await checks(drill)).at(-1)?.["at"] });

  const screen = await soc2er(["status", "--verify", "--range", "--home", drill.home]);
  assert.equal(screen.code, 6);
  for (const part of [
    /lost aws.s3.deny-tenant-prefix on s3-bucket-policy acme-data/,
    /UNDONE s3-bucket-policy acme-data/,
    /between .* and /,
    /put back: soc2-er isolate tenant acme --incident inc-/,
  ])
    assert.match(screen.out, part);

  const back = await paste(drill, argv);
  assert.equal(back.code, 0, JSON.stringify(back.document));
  const anew = back.document["changes"].filter(({ outcome }: { outcome: { status: string } }) => outcome.status === "applied");
  assert.equal(anew.length, 1, "what stands is not written again");
  assert.deepEqual(await drill.everything(), world);
  const held = await drill.run(["status", "--verify"]);
  assert.equal(held.code, 0, JSON.stringify(held.document));
  assert.deepEqual(countsOf(held), [2 * all, 0, 0, 0], "the leases of both runs");
  const released = await drill.contain("release", drill.incident);
  assert.equal(released.code, 0, JSON.stringify(released.document));
  assert.equal((await drill.run(["status", "--verify"])).code, 0, "what we lift ourselves is not undone");
  await drill.verify();
});

test("what is gone in part is told from what is gone, and what makes a block void from a block", long, async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const done = await drill.contain("block", "ip", "203.0.113.0/24", "198.18.0.0/24", "2001:db8:bad::/48");
  assert.equal(done.code, 0, JSON.stringify(done.document));
  const set = { Scope: "REGIONAL", Name: "er-block-ipv4", Id: "6f1c2a4e-0a11-4b5e-9d55-000000000004" };
  type Set = { IPSet: { Addresses: string[] }; LockToken: string };
  const { IPSet, LockToken } = await behind<Set>(drill, "wafv2", "GetIPSet", set);
  const Addresses = IPSet.Addresses.filter((address) => address !== "198.18.0.0/24");
  await behind(drill, "wafv2", "UpdateIPSet", { ...set, Addresses, LockToken });
  const found = await drill.run(["status", "--verify"]);
  assert.equal(found.code, 6, JSON.stringify(found.document));
  assert.deepEqual(
    broken(found).map(({ check, resource }) => [check.verdict, resource.type, check.detail]),
    [["partly", "waf-ip-set", "the set lacks 198.18.0.0/24"]],
  );
  const argv = broken(found)[0]?.check.reapply?.argv ?? [];
  assert.deepEqual(argv.slice(0, 3), ["soc2-er", "block", "ip"]);
  assert.equal((await paste(drill, argv)).code, 0);
  assert.equal((await drill.run(["status", "--verify"])).code, 0);
  await drill.verify();
});

test("what two incidents hold is undone for both, and put back for both by either", long, async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const second = (await drill.run(["incident", "declare", "--title", "another", "--severity", "2"])).document["id"];
  const incidents = [drill.incident, second];
  for (const incident of incidents)
    assert.equal((await drill.contain("revoke", "aws:user/intruder", "--incident", incident)).code, 0);
  await activate(drill, KEY);
  const found = await drill.run(["status", "--verify"]);
  assert.equal(found.code, 6, JSON.stringify(found.document));
  const leases = broken(found);
  assert.deepEqual(
    leases.map(({ incident, resource, check }) => [incident, resource.id, check.verdict]),
    incidents.map((incident) => [incident, `intruder/${KEY}`, "undone"]),
  );
  assert.deepEqual(
    leases.map(({ check }) => check.reapply?.argv.slice(1, 5)),
    incidents.map((incident) => ["revoke", "aws:user/intruder", "--incident", incident]),
  );
  const only = await drill.run(["status", "--verify", "--incident", second]);
  assert.ok(leasesOf(only).every(({ incident }) => incident === second));
  assert.equal(only.code, 6);
  assert.equal((await paste(drill, leases[1]?.check.reapply?.argv ?? [])).code, 0);
  const held = await drill.run(["status", "--verify"]);
  assert.equal(held.code, 0, JSON.stringify(held.document));

  for (const incident of incidents) assert.equal((await drill.contain("release", incident)).code, 0);
  const keys = Object.entries(await drill.everything()).filter(([key]) => key.includes(KEY));
  assert.deepEqual(
    keys.map(([, value]) => (value as { status: string }).status),
    ["Active"],
  );
  await drill.verify();
});

test("the command has the parameters and the narrowing that the plan had", long, async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const words = ["lockdown", "tenant", "acme", "--param", "cidr=203.0.113.0/24", "--account", "prod", "--region", "us-east-1"];
  const done = await drill.contain(...words);
  assert.equal(done.code, 0, JSON.stringify(done.document));
  await editPolicy(drill, withoutOurs);
  const [lease] = broken(await drill.run(["status", "--verify"]));
  assert.deepEqual(lease?.check.reapply?.argv.slice(1, -3), [...words, "--incident", drill.incident]);
  await drill.verify();
});

test("a place that refuses hides and holds up no other, is told as unverified and not written down", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  assert.equal((await drill.contain("revoke", "aws:user/intruder")).code, 0);
  assert.equal((await drill.contain("isolate", "tenant", "acme")).code, 0);
  const all = leasesOf(await drill.run(["status", "--verify"])).length;
  const logged = (await drill.entries()).length;
  await drill.goWrong([{ operation: "iam:*", kind: "denied", times: null }]);
  const blind = await drill.run(["status", "--verify"]);
  assert.equal(blind.code, 7, JSON.stringify(blind.document));
  const unseen = leasesOf(blind).filter(({ check }) => check.verdict === "unverified");
  assert.equal(unseen.length, 6);
  assert.deepEqual(countsOf(blind), [all - 6, 0, 0, 6]);
  for (const { check } of unseen) {
    assert.match(check.detail ?? "", /^denied: AccessDenied/);
    assert.ok(check.heldAt !== null && check.heldAt < check.at, "when it was last seen to stand is still told");
    assert.equal(check.reapply, undefined);
  }
  assert.equal((await drill.entries()).length, logged);
  await editPolicy(drill, withoutOurs);
  const both = await drill.run(["status", "--verify"]);
  assert.equal(both.code, 6, "what is undone goes before what could not be seen");
  assert.deepEqual(countsOf(both), [all - 7, 1, 0, 6]);
});

test("without a key that may sign it looks all the same, and says that nothing was written down", long, async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  assert.equal((await drill.contain("revoke", "aws:user/intruder")).code, 0);
  await activate(drill, KEY);
  const logged = (await drill.entries()).length;
  const key = join(drill.folder, "nobody");
  await writeFile(key, "");
  for (const who of ["nobody", key]) {
    const said = await drill.run(["status", "--verify"], { who });
    assert.equal(said.code, 6, JSON.stringify(said.document));
    assert.equal(broken(said).length, 1);
    assert.equal(said.document["check"].logged, false);
    assert.ok(said.document["check"].why.length > 5);
  }
  assert.equal((await drill.entries()).length, logged);
  const screen = await soc2er(["status", "--verify", "--range", "--home", drill.home, "--key", "nobody"]);
  assert.match(screen.out, /not written to the log: "nobody" is nobody on the range/);

  const lock = join(drill.home, "drill/log/lock");
  await rm(lock);
  await mkdir(lock);
  const unwritable = await drill.run(["status", "--verify"]);
  assert.equal(unwritable.code, 9, JSON.stringify(unwritable.document));
  assert.equal(broken(unwritable).length, 1, "a log that cannot be written hides nothing");
});

test("what a run of ours is lifting, and was cut off at, is not undone behind our back", long, async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  assert.equal((await drill.contain("revoke", "aws:user/intruder")).code, 0);
  const plan = await drill.plan("release", drill.incident);
  await drill.approve(plan);
  await drill.goWrong([{ operation: "iam:UpdateAccessKey", kind: "kill", moment: "after" }]);
  assert.equal((await drill.run(["apply", plan, "--yes"])).code, null, "the process was killed");
  const run = await drill.lastRun();
  const said = await drill.run(["status", "--verify"]);
  assert.equal(said.code, 7, JSON.stringify(said.document));
  assert.deepEqual(broken(said), []);
  const lifting = leasesOf(said).filter(({ check }) => check.verdict === "unverified");
  assert.ok(lifting.length > 0);
  for (const { check } of lifting) assert.equal(check.detail, `${run} is lifting it: soc2-er resume ${run}`);
  assert.ok((await checks(drill)).every(({ body }) => body.verdict === "held"));
});

test("where nothing is held, there is nothing to verify", async (t) => {
  const drill = await Drill.begin(t);
  const nothing = await soc2er(["status", "--verify", "--range", "--home", drill.home]);
  assert.equal(nothing.code, 0, nothing.err);
  assert.match(nothing.out, /nothing is held: there is nothing to verify/);
  const unfounded = await soc2er(["status", "--verify", "--range", "--home", join(drill.folder, "other"), "--json"]);
  assert.equal(unfounded.code, 0, unfounded.err);
  assert.deepEqual(JSON.parse(unfounded.out).leases, []);
});

test("--watch alarms once for what was undone, says when it is held again, and alarms anew", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  assert.equal((await drill.contain("revoke", "aws:user/intruder")).code, 0);
  await drill.world(() => undefined, 20);
  const watch = drill.launch(["status", "--verify", "--watch", "10s"]);
  const stream = drill.launch(["status", "--watch", "10s", "--ndjson"]);
  await Promise.all([watch.said(/watching 6 leases every 10s/), stream.said(/"type":"looked"/)]);
  await activate(drill, KEY);
  const alarm =
    /UNDONE iam-access-key intruder\/AKIAINTRUDER00000002 .*; between \d.*; put back:\n {2}soc2-er revoke aws:user\/intruder --incident/;
  await Promise.all([watch.said(alarm), stream.said(/"type":"lease-undone"/)]);
  // Three more looks of the stream: none of them says it again.
  await stream.said(/"type":"lease-undone".*\n(.*"type":"looked".*\n){4}/);
  await behind(drill, "iam", "UpdateAccessKey", { UserName: "intruder", AccessKeyId: KEY, Status: "Inactive" });
  await Promise.all([watch.said(/held again: iam-access-key intruder/), stream.said(/"type":"lease-held"/)]);
  await activate(drill, KEY);
  const twice = /"type":"lease-undone"[\s\S]*"type":"lease-held"[\s\S]*"type":"lease-undone"/;
  await Promise.all([watch.said(/held again[\s\S]*UNDONE/), stream.said(twice)]);
  watch.child.kill("SIGINT");
  stream.child.kill("SIGTERM");
  const [people, script] = await Promise.all([watch.ended, stream.ended]);
  assert.deepEqual([people.code, script.code], [6, 6], `${people.err}\n${script.err}`);
  assert.equal(people.err.match(/UNDONE/g)?.length, 2, people.err);
  assert.equal(JSON.parse(people.out)["check"].undone, 1);
  const messages = script.out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.equal(messages.at(-1).schema, "soc2-er/status@1");
  const alarms = messages.filter(({ type }) => type === "lease-undone");
  assert.equal(alarms.length, 2);
  // A watch saw it stand a look before: its window begins there, whatever the log has.
  for (const alarm of alarms) {
    const look = messages.slice(0, messages.indexOf(alarm)).findLast(({ type }) => type === "looked");
    assert.ok(alarm.lease.check.window.from >= look.at, JSON.stringify([look.at, alarm.lease.check.window]));
  }
  await drill.world(() => undefined, 1);
  await drill.verify();
});

test("a look that fails ends no watch: it is told once, and so is that looking works again", long, async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  assert.equal((await drill.contain("revoke", "aws:user/intruder")).code, 0);
  await drill.world(() => undefined, 20);
  const watch = drill.launch(["status", "--watch", "10s", "--ndjson"]);
  await watch.said(/"type":"looked"/);
  const pin = join(drill.home, "drill/log/genesis.json");
  const founded = await readFile(pin);
  await writeFile(pin, "{}");
  await watch.said(/"type":"look-failed"/);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await writeFile(pin, founded);
  await watch.said(/"type":"look-again".*\n(.*\n)*.*"type":"looked"/);
  watch.child.kill("SIGINT");
  const { code, out, err } = await watch.ended;
  assert.equal(code, 0, err);
  assert.equal(out.match(/"look-failed"/g)?.length, 1, out);
});

test("interrupted before it has seen anything, a watch ends as any command, with what it has", long, async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  assert.equal((await drill.contain("revoke", "aws:user/intruder")).code, 0);
  await drill.goWrong([{ operation: "iam:*", kind: "delay", ms: 600_000, times: null }]);
  const watch = drill.launch(["status", "--watch", "10s"]);
  const before = (await drill.entries()).length;
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  watch.child.kill("SIGINT");
  const { code, out, err } = await watch.ended;
  assert.equal(code, 130, err);
  const { check } = JSON.parse(out);
  assert.deepEqual([check.cut, check.undone, check.unverified], [true, 0, 6]);
  assert.doesNotMatch(err, /cannot be verified/, "nobody is alarmed by an interruption");
  assert.equal((await drill.entries()).length, before);
});

test("--watch refuses what is no interval, and what is too often", async (t) => {
  const drill = await Drill.begin(t);
  for (const interval of ["soon", "5s", "0s"]) {
    const { code, document } = await drill.run(["status", "--verify", "--watch", interval]);
    assert.deepEqual([code, document["error"].code], [2, "usage"], interval);
  }
});
