import assert from "node:assert/strict";
import { test } from "node:test";
import { SUBSCRIPTION } from "../../src/exercise/range/estate/names.ts";
import { Drill, type Said } from "./drill.ts";

const granted = async (drill: Drill, who: string, ...args: string[]): Promise<string> => {
  const { code, document } = await drill.run(["authorize", ...args, "--yes"], { who });
  assert.equal(code, 0, JSON.stringify(document));
  assert.equal(document["valid"], true);
  return document["scope"];
};
const codes = ({ document }: Said): string[] => document["approvals"].findings.map(({ code }: { code: string }) => code);

/** Nothing ran, and the plan says why what was signed in advance does not count. */
async function refused(drill: Drill, plan: string, code: string): Promise<void> {
  const applied = await drill.run(["apply", plan, "--yes"]);
  assert.equal(applied.code, 8, JSON.stringify(applied.document));
  assert.ok(codes(applied).includes(code), `${code}: ${JSON.stringify(applied.document["approvals"])}`);
  assert.ok(!(await drill.entries()).some(({ type }) => type === "run.opened"));
}

test("with security's signature in advance and one live one of engineering, a lockdown runs", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const scope = await granted(
    drill,
    "sec-lead",
    "lockdown-tenant",
    "--target",
    "acme",
    "--max-changes",
    "100",
    "--expires",
    "30d",
  );
  const planned = await drill.run(["lockdown", "tenant", "acme", "--plan-only"]);
  assert.equal(planned.code, 8);
  const { have, waiting } = planned.document["approvals"];
  assert.deepEqual([have[0].person, have[0].scope, waiting], ["sec-lead", scope, ["engineering"]]);
  const digest = planned.document["digest"];
  const shown = await drill.run(["plan", "show", digest]);
  assert.equal(shown.document["approvals"].have[0].scope, scope);
  await drill.approve(digest, "eng-lead");
  const applied = await drill.run(["apply", digest, "--yes"]);
  assert.equal(applied.code, 0, JSON.stringify(applied.document));
  const ruled = (await drill.entries()).find(({ type }) => type === "plan.ruled")?.["body"].approvals;
  assert.deepEqual(
    ruled.map(({ role, person, scope: digest }: Record<string, string>) => [role, person, digest]),
    [
      ["security", "sec-lead", scope],
      ["engineering", "eng-lead", undefined],
    ],
  );
  await drill.verify();
  const listed = (await drill.run(["approval", "list"])).document["items"];
  assert.deepEqual(
    listed.map(({ kind, person }: Record<string, string>) => `${kind} ${person}`),
    ["scope sec-lead", "approval eng-lead"],
  );
  for (const { approval } of listed) assert.equal((await drill.run(["approval", "verify", approval])).code, 0);
  const own = await drill.run(["apply", digest, "--yes"]);
  assert.equal(own.document["error"].code, "plan-applied");
});

test("outside a limit, expired, withdrawn: refused, each with its code", async (t) => {
  const drill = await Drill.begin(t);
  const plans = async (...args: string[]): Promise<string> => {
    const plan = await drill.plan("isolate", "tenant", "globex", ...args);
    await drill.approve(plan, "eng-lead");
    return plan;
  };
  const sign = (...limits: string[]) => granted(drill, "sec-lead", "isolate-tenant", ...limits);
  const other = await sign("--target", "acme*", "--expires", "1d");
  const plan = await plans();
  await refused(drill, plan, "scope-outside");
  const verified = await drill.run(["approval", "verify", other, "--plan", plan]);
  assert.deepEqual([verified.code, verified.document["findings"][0].code], [8, "scope-outside"]);
  await drill.run(["reject", other, "--reason", "moved", "--yes"], { who: "eng-lead" });

  const few = await sign("--target", "globex", "--expires", "1d", "--max-changes", "1");
  await refused(drill, plan, "scope-outside");
  await drill.run(["reject", few, "--yes"], { who: "sec-lead" });

  const sub = await sign("--target", "globex", "--expires", "1d", "--account", SUBSCRIPTION);
  assert.match(sub, /^sha256:/);
  await refused(drill, plan, "scope-outside");
  const byOperator = await drill.run(["reject", sub, "--yes"]);
  assert.deepEqual([byOperator.code, byOperator.document["error"].code], [8, "approval-role"]);
  await drill.run(["reject", sub, "--yes"], { who: "dual" });

  const good = await sign("--target", "globex", "--expires", "1d");
  const ready = await drill.run(["plan", "show", plan]);
  assert.deepEqual(ready.document["approvals"].waiting, []);
  await drill.run(["reject", good, "--yes"], { who: "sec-lead" });
  await refused(drill, plan, "scope-withdrawn");
  assert.equal((await drill.run(["approval", "verify", good])).code, 8);

  await sign("--target", "globex", "--expires", "1h");
  await drill.pass(2 * 3_600_000);
  await refused(drill, await plans(), "scope-expired");
  await drill.verify();
});

test("a scope is not used by its own signer, and no person stands for two roles", async (t) => {
  const drill = await Drill.begin(t);
  await granted(drill, "dual", "isolate-tenant", "--role", "security", "--target", "*", "--expires", "90d");
  const own = await drill.run(["isolate", "tenant", "acme", "--plan-only"], { who: "dual" });
  await drill.approve(own.document["digest"], "eng-lead");
  await refused(drill, own.document["digest"], "scope-own");

  const plan = await drill.plan("isolate", "tenant", "acme");
  const twice = await drill.run(["approve", plan, "--role", "engineering", "--yes"], { who: "dual" });
  assert.equal(twice.code, 0);
  await refused(drill, plan, "scope-same-person");
  await drill.approve(plan, "eng-lead");
  const byOwner = await drill.run(["apply", plan, "--yes"], { who: "dual" });
  assert.deepEqual([byOwner.code, byOwner.document["error"].code], [8, "scope-own"]);
  await drill.verify();
});

test("both roles in advance suffice only for what policy preapproves; a denial ends that, too", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  for (const runbook of ["isolate-tenant", "preserve-evidence"])
    for (const who of ["sec-lead", "eng-lead"]) await granted(drill, who, runbook, "--target", "acme", "--expires", "90d");
  await refused(drill, await drill.plan("isolate", "tenant", "acme"), "scope-not-preapproved");
  const evidence = ["run", "preserve-evidence", "--param", "tenant=acme"];
  const denied = await drill.run([...evidence, "--plan-only"]);
  assert.deepEqual(denied.document["approvals"].waiting, [], JSON.stringify(denied.document["approvals"]));
  assert.equal((await drill.run(["reject", denied.document["digest"], "--yes"], { who: "sec-lead" })).code, 0);
  const rejected = await drill.run(["apply", denied.document["digest"], "--yes"]);
  assert.deepEqual([rejected.code, rejected.document["error"].code], [10, "rejected"]);
  const done = await drill.run([...evidence, "--yes"]);
  assert.equal(done.code, 0, JSON.stringify(done.document));
  await drill.verify();
});

test("who may not sign in advance, and for what, is said", async (t) => {
  const drill = await Drill.begin(t);
  const args = ["authorize", "isolate-tenant", "--yes"];
  const refusals: [who: string, args: string[], code: string, exit: number][] = [
    ["on-call", ["--target", "acme", "--expires", "1d"], "approval-role", 8],
    ["sec-lead", ["--target", "acme", "--expires", "91d"], "parameter-invalid", 2],
    ["sec-lead", ["--target", "acme", "--expires", "soon"], "usage", 2],
    ["sec-lead", ["--target", "within:203.0.113.7/24", "--expires", "1d"], "cidr-invalid", 2],
    ["sec-lead", ["--target", "acme", "--expires", "1d", "--param", "what=ever"], "parameter-invalid", 2],
    ["sec-lead", ["--target", "acme", "--expires", "1d", "--param-limit", "what=in:ever"], "parameter-invalid", 2],
    ["sec-lead", ["--target", "acme", "--expires", "1d", "--account", "none"], "usage", 2],
    ["sec-lead", ["--target", "acme", "--expires", "1d", "--role", "engineering"], "approval-role", 8],
  ];
  for (const [who, more, code, exit] of refusals) {
    const said = await drill.run([...args, ...more], { who });
    assert.deepEqual([said.document["error"]?.code, said.code], [code, exit], more.join(" "));
  }
  assert.ok(!(await drill.entries()).some(({ type }) => type === "scope.granted"));
});
