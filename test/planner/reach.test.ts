import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { resultOf } from "../../src/engine/index.ts";
import type { FaultScript } from "../../src/exercise/range/index.ts";
import type { ChangeResult, Plan } from "../../src/model/index.ts";
import { planContainment } from "../../src/planner/index.ts";
import { Reach } from "../../src/planner/reach.ts";
import { ProviderError, type ProviderErrorKind } from "../../src/providers/index.ts";
import { loadRunbooks } from "../../src/runbooks/index.ts";
import { rangeBench } from "../conformance/range-bench.ts";

const runbooks = await loadRunbooks([join(import.meta.dirname, "../../runbooks")]);
/** An account of the organization that the range does not have: whoever is asked there is asked on the range's. */
const OTHER = "210000000001";

async function planned(t: TestContext, faults: FaultScript, more = false): Promise<Plan> {
  const { range, clock, scopes, setFaults } = await rangeBench(t);
  await setFaults?.(faults);
  const { aws, ...others } = range.config.providers;
  const accounts = [...(aws?.accounts ?? []), ...(more ? [{ id: OTHER, name: "other", regions: ["us-east-1"] }] : [])];
  const config = { ...range.config, providers: { ...others, aws: { accounts } } };
  return planContainment(
    {
      kind: "contain",
      runbook: runbooks.find(({ id }) => id === "lockdown-tenant") ?? assert.fail(),
      target: { kind: "tenant", name: "acme" },
      params: {},
      incident: null,
      operator: "on-call",
    },
    { config, scopes: scopes(), origin: config.origin, mode: "drill", clock, tool: "test", auditStores: [] },
  );
}

test("who may not list a prefix may still deny it: the plan says that nobody looked", async (t) => {
  const { header, changes } = await planned(t, [{ operation: "s3:ListObjectsV2", kind: "denied" }]);
  assert.equal(header.unreached, undefined);
  const check = header.checks.find(({ id }) => id === "objects:acme-data/tenants/acme/");
  assert.deepEqual([check?.status, check?.detail], ["not-checkable", "not allowed to list the prefix"]);
  assert.ok(changes.some(({ action }) => action === "aws.s3.deny-tenant-prefix"));
});

test("where the only account cannot be looked at, what was in the way is what the plan ends with", async (t) => {
  await assert.rejects(planned(t, [{ operation: "s3:GetBucketPolicy", kind: "denied" }]), {
    name: "ProviderError",
    kind: "denied",
  });
});

test("an account that cannot be looked at is left out whole, and no run of the plan is more than partial", async (t) => {
  const plan = await planned(t, [], true);
  const [lost, ...rest] = plan.header.unreached ?? [];
  assert.deepEqual([lost?.account, lost?.cause, rest], [OTHER, "unauthenticated", []]);
  assert.ok(plan.changes.length > 0 && plan.changes.every(({ resource }) => resource.account !== OTHER));
  const results = plan.changes.map(({ id }): ChangeResult => {
    const outcome = { status: "applied", receipts: [] } as const;
    return { id, outcome, verification: { verdict: "confirmed", level: "configuration" } };
  });
  assert.equal(resultOf(plan, results), "partial");
  const { unreached: _, ...header } = plan.header;
  assert.equal(resultOf({ ...plan, header }, results), "contained");
});

function failure(kind: ProviderErrorKind): ProviderError {
  return new ProviderError(kind, {
    ...{ service: "aws.iam", operation: "ListUsers", providerCode: kind, status: 400, requestId: "r-1", message: `${kind} now` },
  });
}

test("an account is lost by its own trouble alone, and asked no more", async () => {
  for (const kind of ["denied", "unauthenticated", "throttled", "unavailable", "unreachable", "no-answer"] as const) {
    const reach = new Reach();
    assert.equal(await reach.look("1", () => Promise.reject(failure(kind))), null, kind);
    assert.equal(await reach.look("1", () => assert.fail("it is asked again")), null);
    assert.equal(await reach.look("2", async () => "seen"), "seen");
    assert.throws(() => reach.refuseIfLost(), { kind });
  }
  for (const kind of ["missing", "stale", "conflict", "invalid", "limit", "unsupported"] as const)
    await assert.rejects(
      new Reach().look("1", () => Promise.reject(failure(kind))),
      { kind },
    );
  await assert.rejects(
    new Reach().look("1", () => Promise.reject(new TypeError("a defect"))),
    TypeError,
  );
});
