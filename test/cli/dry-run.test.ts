import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { freshFolder, soc2er } from "./binary.ts";
import { Drill } from "./drill.ts";

/** Looks by their names; everything else could change something. */
const LOOK = /^(\w+:(Get|List|Describe|Head)\w*|azure:GET)$/;
const CIDRS = "cidr=203.0.113.0/24,2001:db8:bad::/48";

/** Runs the command as a dry run and holds the world's own record of requests, the world and the log against what it may do. */
async function dryRun(drill: Drill, ...args: string[]) {
  const [from, world, entries] = [(await drill.calls()).length, await drill.everything(), (await drill.entries()).length];
  const { code, document, err } = await drill.run([...args, "--dry-run"]);
  const what = args.join(" ");
  assert.equal(code, 0, `${what}: ${JSON.stringify(document)} ${err}`);
  assert.equal(document["schema"], "soc2-er/plan@1");
  assert.ok(document["changes"].length > 0, `${what} plans nothing`);
  const calls = (await drill.calls()).slice(from);
  assert.ok(calls.length > 0, `${what} asked nobody`);
  const other = calls.filter(({ operation }) => !LOOK.test(operation));
  assert.deepEqual(
    other.filter(({ dryRun }) => !dryRun),
    [],
    `${what} sent a write without the provider's dry-run flag`,
  );
  assert.deepEqual(
    calls.flatMap(({ wrote }) => wrote),
    [],
    `${what} wrote`,
  );
  assert.deepEqual(await drill.everything(), world, what);
  assert.equal((await drill.entries()).length, entries, `${what} left something in the log`);
  assert.ok(other.every(({ answer }) => answer === "DryRunOperation"));
  return { document, marked: other.map(({ operation }) => operation) };
}

async function contained(t: TestContext, ...args: string[]): Promise<{ drill: Drill; run: string }> {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const done = await drill.contain(...args);
  assert.equal(done.code, 0, JSON.stringify(done.document));
  return { drill, run: done.document["id"] };
}

const QUARANTINE = ["ec2:CreateSecurityGroup", ...Array.from({ length: 3 }, () => "ec2:ModifyNetworkInterfaceAttribute")];
const ACL_ENTRIES = Array.from({ length: 4 }, () => "ec2:CreateNetworkAclEntry");

/** What is asked of the provider's own dry run, besides looks. Only EC2 has one. */
for (const { args, marked } of [
  { args: ["isolate", "tenant", "acme"], marked: QUARANTINE },
  { args: ["lockdown", "tenant", "acme"], marked: QUARANTINE },
  { args: ["lockdown", "tenant", "acme", "--param", CIDRS], marked: [...ACL_ENTRIES, ...QUARANTINE] },
  { args: ["block", "ip", "203.0.113.0/24", "2001:db8:bad::/48"], marked: ACL_ENTRIES },
  { args: ["revoke", "aws:user/intruder", "aws:role/app-data", "aws:key/AKIAINTRUDER00000001"], marked: [] },
  { args: ["run", "isolate-tenant", "--param", "tenant=acme"], marked: QUARANTINE },
  { args: ["run", "revoke-credentials", "--param", "principal=aws:user/intruder"], marked: [] },
]) {
  test(`${args.join(" ")} --dry-run sends no write but those that carry the provider's dry-run flag`, async (t) => {
    const drill = await Drill.begin(t);
    const ran = await dryRun(drill, ...args);
    assert.deepEqual(ran.marked.sort(), [...marked].sort());
    const { checks } = ran.document as { checks: { id: string; level: string; status: string }[] };
    const asked = checks.filter(({ id, level }) => id.startsWith("dry-run:c") && level === "provider");
    assert.ok(asked.every(({ status }) => status === "passed"));
    assert.equal(asked.length > 0, marked.length > 0);
  });
}

test("rollback and release --dry-run send looks only", async (t) => {
  const { drill, run } = await contained(t, "lockdown", "tenant", "acme", "--param", CIDRS);
  const [lease] = (await drill.run(["status"])).document["leases"];
  for (const args of [
    ["rollback", run],
    ["release", drill.incident],
    ["release", lease.id],
  ])
    assert.deepEqual((await dryRun(drill, ...args)).marked, []);
});

test("apply and resume have no dry run: they refuse the flag before anything is sent", async (t) => {
  const drill = await Drill.begin(t);
  const plan = await drill.plan("revoke", "aws:user/intruder");
  await drill.approve(plan);
  const from = (await drill.calls()).length;
  for (const args of [
    ["apply", plan, "--yes", "--dry-run"],
    ["resume", "--dry-run"],
  ]) {
    const { code, document } = await drill.run(args);
    assert.equal(code, 2, JSON.stringify(document));
    assert.match(document["error"].message, /--dry-run/);
  }
  assert.equal((await drill.calls()).length, from);
});

test("a dry run with every other flag is still one: nothing is declared, stored, approved or applied", async (t) => {
  const drill = await Drill.begin(t);
  for (const flags of [["--yes"], ["--yes", "--wait", "1m"], ["--declare", "another", "--severity", "1"], ["--plan-only"]])
    await dryRun(drill, "revoke", "aws:user/intruder", ...flags);
  assert.equal((await drill.run(["incident", "list"])).document["items"].length, 1);
  assert.deepEqual((await drill.run(["plan", "list"])).document["items"], []);
});

test("a dry run needs neither an incident nor a log, and begins none", async () => {
  const home = join(freshFolder(), "home");
  const { code, out, err } = await soc2er(["isolate", "tenant", "acme", "--dry-run", "--range", "--home", home, "--json"]);
  assert.equal(code, 0, err);
  assert.equal(JSON.parse(out).incident, "");
  assert.ok(!existsSync(join(home, "drill")), "a log was begun");
});

test("what the provider's dry run refuses is said", async (t) => {
  const drill = await Drill.begin(t);
  await drill.goWrong([{ operation: "ec2:ModifyNetworkInterfaceAttribute", kind: "denied", times: null }]);
  const { code, document } = await drill.run(["isolate", "tenant", "acme", "--dry-run"]);
  assert.equal(code, 10);
  const failed = (document["checks"] as { status: string; detail: string }[]).filter(({ status }) => status === "failed");
  assert.deepEqual(
    failed.map(({ detail }) => detail),
    Array.from({ length: 3 }, () => "denied: UnauthorizedOperation"),
  );
});
