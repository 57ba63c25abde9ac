import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Config } from "../../src/config/index.ts";
import { parsePrincipal } from "../../src/model/index.ts";
import { planContainment } from "../../src/planner/index.ts";
import { loadRunbooks } from "../../src/runbooks/index.ts";
import { rangeBench } from "../conformance/range-bench.ts";

const runbooks = await loadRunbooks([join(import.meta.dirname, "../../runbooks")]);

async function plan(
  t: TestContext,
  principals: readonly string[],
  { id = "remove-cluster-access", config: changed = {} as Partial<Config>, narrowed = {} } = {},
) {
  const { range, clock, scopes } = await rangeBench(t);
  const config = { ...range.config, ...changed };
  const runbook = runbooks.find((one) => one.id === id) ?? assert.fail();
  const target = { kind: "principals", principals: principals.map((text) => parsePrincipal(text) ?? assert.fail(text)) } as const;
  const deps = { config, scopes: scopes(), origin: config.origin, mode: "drill", clock, tool: "test", auditStores: [] } as const;
  const request = { kind: "contain", runbook, target, params: {}, incident: null, operator: "on-call", ...narrowed } as const;
  return planContainment(request, deps);
}

test("users and roles are looked for in the clusters of each Region of their account", async (t) => {
  const { changes, header } = await plan(t, ["aws:user/intruder", "aws:role/globex-worker"]);
  assert.deepEqual(changes.map(({ resource }) => `${resource.region} ${resource.type} ${resource.id.split("/", 1)}`).toSorted(), [
    "us-east-1 eks-access-entry batch",
    "us-east-1 eks-access-entry production",
    "us-east-1 eks-access-policy production",
    "us-east-1 eks-access-policy production",
  ]);
  const reasons = header.skipped.map(({ reason }) => reason);
  assert.ok(reasons.includes("nothing found at clusters of aws:user/intruder in 123456789012 eu-west-1"), reasons.join("\n"));
  assert.ok(reasons.some((reason) => /^cluster "legacy" lets in whom its aws-auth ConfigMap names/.test(reason)));
  const narrowed = await plan(t, ["aws:user/intruder"], { narrowed: { region: "us-east-1" } });
  assert.ok(!narrowed.header.skipped.some(({ reason }) => reason.includes("eu-west-1")));
  await assert.rejects(plan(t, ["aws:user/intruder"], { narrowed: { region: "eu-west-1" } }), { code: "empty-target" });
});

test("other runbooks know nothing of clusters, and say nothing of them", async (t) => {
  const { changes, header } = await plan(t, ["aws:user/intruder"], { id: "revoke-credentials" });
  assert.ok(!changes.some(({ action }) => action.startsWith("aws.eks.")));
  assert.ok(!header.skipped.some(({ reason }) => reason.includes("cluster")));
});

test("refuses to take responders, people and who runs it out of clusters", async (t) => {
  const lockout = { code: "self-lockout" };
  await assert.rejects(plan(t, ["aws:role/soc2-er-responder"]), lockout);
  const people = [{ id: "somebody", roles: ["security"], keys: [], principals: ["aws:user/intruder"] }];
  await assert.rejects(plan(t, ["aws:user/intruder"], { config: { people } }), lockout);
});
