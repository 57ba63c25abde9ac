import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { planContainment } from "../../src/planner/index.ts";
import { loadRunbooks } from "../../src/runbooks/index.ts";
import { rangeBench } from "../conformance/range-bench.ts";

const runbooks = await loadRunbooks([join(import.meta.dirname, "../../runbooks")]);

test("a tenant's databases are found by its tag, and only by a runbook that has a step for them", async (t) => {
  const { range, clock, scopes } = await rangeBench(t);
  const { config } = range;
  const planned = async (id: string) => {
    const runbook = runbooks.find((one) => one.id === id) ?? assert.fail();
    const target = { kind: "tenant", name: "acme" } as const;
    const request = { kind: "contain", runbook, target, params: {}, incident: null, operator: "on-call" } as const;
    const factory = scopes();
    const deps = { config, scopes: factory, origin: config.origin, mode: "drill", clock, tool: "test", auditStores: [] } as const;
    const plan = await planContainment(request, deps);
    return { plan, asked: factory.requests.some(({ operation }) => operation.includes("DBInstances")) };
  };
  const { plan, asked } = await planned("quarantine-databases");
  assert.ok(asked);
  assert.deepEqual(plan.changes.map(({ resource }) => `${resource.type}/${resource.id}`).sort(), [
    "db-cluster/acme-ledger",
    "db-exposure/acme-ledger-1",
    "db-exposure/acme-orders",
    "db-instance/acme-orders",
    "db-proxy/acme-pool",
  ]);
  assert.ok(plan.header.skipped.some(({ reason }) => /"acme-archive" is stopped/.test(reason)));
  const isolated = await planned("isolate-tenant");
  assert.ok(!isolated.asked);
  assert.doesNotMatch(JSON.stringify(isolated.plan.header.skipped), /database/i);
});
