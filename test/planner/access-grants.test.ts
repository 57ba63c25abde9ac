import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { planContainment } from "../../src/planner/index.ts";
import { loadRunbooks } from "../../src/runbooks/index.ts";
import { rangeBench } from "../conformance/range-bench.ts";

const runbooks = await loadRunbooks([join(import.meta.dirname, "../../runbooks")]);

test("a tenant's grants are found by the prefixes of the organization's file; wider ones are among what is left out", async (t) => {
  const { range, clock, scopes } = await rangeBench(t);
  const { config } = range;
  const runbook = runbooks.find(({ id }) => id === "revoke-access-grants") ?? assert.fail();
  const target = { kind: "tenant", name: "globex" } as const;
  const request = { kind: "contain", runbook, target, params: {}, incident: null, operator: "on-call" } as const;
  const deps = { config, scopes: scopes(), origin: config.origin, mode: "drill", clock, tool: "test", auditStores: [] } as const;
  const { changes, header } = await planContainment(request, deps);
  assert.deepEqual(
    changes.map(({ summary }) => summary),
    ['delete the grant of S3 Access Grants within acme-data/tenants/globex/ of tenant "globex"'],
  );
  assert.ok(header.skipped.some(({ reason }) => /^the grant of READ on s3:\/\/acme-data\/tenants\/\* .* it stays$/.test(reason)));
});
