import assert from "node:assert/strict";
import { test } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import { contain, drive, rollBack } from "../conformance/driver.ts";
import { call } from "../range/open.ts";
import { names, openBench, planFor } from "./iam.ts";
import { ACME_KEY, keyOf, knowing, mayUse, proposed } from "./kms.ts";

const action = await loadAction("aws.kms.disable-key");
const [example] = action.examples;
const acme = { KeyId: "alias/acme-data" };

test("everybody loses the key, the responders too, and gets it back", async (t) => {
  const bench = await openBench(t);
  const { CiphertextBlob } = await call(bench.range, "kms:Encrypt", { ...acme, Plaintext: Buffer.from("x") });
  const driven = await contain(bench, action, example);
  assert.equal(driven[0]?.verification.level, "effect");
  for (const role of ["app-data", "soc2-er-responder"])
    assert.equal(await mayUse(bench, role, "kms:Decrypt", ACME_KEY), "blocked", role);
  await assert.rejects(call(bench.range, "kms:Decrypt", { CiphertextBlob }), { name: "DisabledException" });
  assert.match(action.blastRadius, /the responders too: evidence that it encrypts cannot be read/);
  await rollBack(bench, action, driven);
  bench.range.wall.advance(2_000);
  await call(bench.range, "kms:Decrypt", { CiphertextBlob });
});

test("a key that was disabled before is held, and stays disabled", async (t) => {
  const bench = await openBench(t);
  await call(bench.range, "kms:DisableKey", acme);
  const [change] = await planFor(bench, action, keyOf("acme"));
  assert.ok(change);
  assert.deepEqual([change.before, change.after], [{ state: "Disabled" }, { state: "Disabled" }]);
  assert.match(change.summary, /^hold disabled key "alias\/acme-data"/);
  const scopes = bench.scopes();
  const driven = await drive(bench, action, change, "contain", { scopes });
  assert.equal(driven.outcome.status, "unchanged");
  await rollBack(bench, action, [driven], scopes);
  assert.deepEqual([...new Set(names(scopes))], ["DescribeKey"]);
});

test("only a key that is enabled or disabled is proposed", async () => {
  const disabled = { state: "Disabled" };
  for (const [KeyState, expected] of [
    ["Enabled", [{ before: { state: "Enabled" }, after: disabled }]],
    ["Disabled", [{ before: disabled, after: disabled }]],
    ["PendingDeletion", []],
    ["PendingImport", []],
    ["PendingReplicaDeletion", []],
    ["Unavailable", []],
    ["Creating", []],
    ["Updating", []],
  ] as const)
    assert.deepEqual(await proposed(action, knowing({ KeyState })), expected, KeyState);
});

test("a key whose deletion is scheduled after the plan is not touched, in either direction", async (t) => {
  const bench = await openBench(t);
  const [planned] = await planFor(bench, action, keyOf("acme"));
  assert.ok(planned);
  const driven = await contain(bench, action, example);
  await call(bench.range, "kms:ScheduleKeyDeletion", acme);
  for (const change of [planned, ...driven.map((one) => ({ ...one.change, before: planned.after, after: planned.before }))]) {
    const scopes = bench.scopes();
    const { outcome } = await drive(bench, action, change, "contain", { scopes, patienceMs: 0 });
    assert.deepEqual([outcome.status, outcome.why?.slice(0, 5)], ["refused", "stale"]);
    assert.deepEqual([...new Set(names(scopes))], ["DescribeKey"]);
  }
});

test("no shipped runbook disables keys", async () => {
  const { loadRunbooks } = await import("../../src/runbooks/index.ts");
  const shipped = await loadRunbooks([`${import.meta.dirname}/../../runbooks`]);
  const steps = shipped.flatMap((runbook) => runbook.steps.map((step) => step.action));
  assert.ok(steps.includes("aws.kms.deny-tenant-key"));
  assert.ok(!steps.includes("aws.kms.disable-key"));
});
