import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { rotateSecret } from "../../src/actions/aws/secretsmanager/rotate-secret.ts";
import type { Action } from "../../src/actions/index.ts";
import { planContainment } from "../../src/planner/index.ts";
import { loadRunbooks } from "../../src/runbooks/index.ts";
import { drive } from "../conformance/driver.ts";
import { openBench, planFor } from "./keyed.ts";

const action = rotateSecret as unknown as Action;
const HERE = { account: "123456789012", region: "us-east-1" };
const SecretId = "rotated/acme/api";
const acme = { kind: "aws.secret", name: "rotated/acme/" };
const selection = { ...acme, ...HERE, tenant: "acme", exempt: [] };

async function left(bench: Awaited<ReturnType<typeof openBench>>): Promise<string[]> {
  const scope = bench.scopes().read(action.permissions.read);
  return ((await action.leaves?.(scope, selection as never, {})) ?? []).map(({ reason }) => reason);
}

test("secrets without rotation are said, and so is one whose last rotation did not end", async (t) => {
  const bench = await openBench(t);
  const manual =
    'secret "rotated/acme/token" is not rotated: rotation is not set up for it; change its value by hand, where it is used, too';
  assert.deepEqual(await left(bench), [manual]);
  await bench.admin("secretsmanager:RotateSecret", { SecretId, ClientRequestToken: "theirs" });
  assert.deepEqual(await left(bench), [
    'secret "rotated/acme/api" is not rotated: its last rotation did not end: version theirs is still AWSPENDING',
    manual,
  ]);
  assert.deepEqual(await planFor(bench, action, acme), []);
  await bench.clock.sleep(10_000);
  assert.equal((await planFor(bench, action, acme)).length, 1);
});

test("a rotation that began since the plan is not disturbed", async (t) => {
  const bench = await openBench(t);
  const [change] = await planFor(bench, action, acme);
  assert.ok(change);
  await bench.admin("secretsmanager:RotateSecret", { SecretId, ClientRequestToken: "theirs" });
  const { outcome } = await drive(bench, action, change, "contain", { patienceMs: 0 });
  assert.deepEqual([outcome.status, outcome.why], ["refused", "invalid: InvalidRequestException"]);
});

test("it is confirmed when the new version is the current one, and not before", async (t) => {
  const bench = await openBench(t);
  const [change] = await planFor(bench, action, acme);
  assert.ok(change);
  const early = await drive(bench, action, change, "contain", { patienceMs: 0 });
  assert.deepEqual([early.outcome.status, early.verification.verdict], ["applied", "contradicted"]);
  await bench.clock.sleep(10_000);
  const scope = bench.scopes().read(action.permissions.read);
  assert.equal((await action.verify(scope, change, "contain")).verdict, "confirmed");
  const [again] = await planFor(bench, action, acme);
  assert.deepEqual(again?.before, change.after);
  assert.notDeepEqual(again?.after, change.after, "another rotation is another version");
});

async function plan(t: TestContext, name: string) {
  const { range, clock, scopes } = await openBench(t);
  const runbook = (await loadRunbooks([join(import.meta.dirname, "../../runbooks")])).find(({ id }) => id === "rotate-secrets");
  const secrets = [{ ...HERE, name: "rotated/{tenant}/" }];
  const config = { ...range.config, tenancy: { ...range.config.tenancy, secrets } };
  const target = { kind: "tenant", name } as const;
  const deps = { config, scopes: scopes(), origin: config.origin, mode: "drill", clock, tool: "test", auditStores: [] } as const;
  const request = { kind: "contain", target, params: {}, incident: null, operator: "on-call" } as const;
  return planContainment({ ...request, runbook: runbook ?? assert.fail() }, deps);
}

test("a tenant's secrets are found by the organization's file, and the plan says what it leaves and what cannot be undone", async (t) => {
  const { changes, header } = await plan(t, "acme");
  assert.deepEqual(
    changes.map(({ resource, reversal }) => [resource.id, reversal.kind]),
    [[SecretId, "none"]],
  );
  assert.ok(header.skipped.some(({ reason }) => /"rotated\/acme\/token" is not rotated/.test(reason)));
  await assert.rejects(plan(t, "globex"), { code: "empty-target" });
});
