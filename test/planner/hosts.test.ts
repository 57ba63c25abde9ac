import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Change, sameJson } from "../../src/model/index.ts";
import { planContainment } from "../../src/planner/index.ts";
import { loadRunbooks } from "../../src/runbooks/index.ts";
import { rangeBench } from "../conformance/range-bench.ts";

const runbooks = await loadRunbooks([join(import.meta.dirname, "../../runbooks")]);

async function quarantine(t: TestContext, params: Readonly<Record<string, string>>) {
  const { range, clock, scopes } = await rangeBench(t);
  const { config } = range;
  const runbook = runbooks.find(({ id }) => id === "quarantine-hosts") ?? assert.fail();
  const target = { kind: "tenant", name: "acme" } as const;
  const request = { kind: "contain", runbook, target, params, incident: null, operator: "on-call" } as const;
  return planContainment(request, {
    config,
    scopes: scopes(),
    origin: config.origin,
    mode: "drill",
    clock,
    tool: "test",
    auditStores: [],
  });
}

/** All steps whose changes one of a step waits for, directly or not. */
function before(changes: readonly Change[], step: string): string[] {
  const byId = new Map(changes.map((change) => [change.id, change]));
  const walk = (id: string): Change[] =>
    (byId.get(id)?.needs ?? []).flatMap((need) => [
      ...(byId.get(need) === undefined ? [] : [byId.get(need) as Change]),
      ...walk(need),
    ]);
  const found = changes.filter((change) => change.step === step).flatMap(({ id }) => walk(id));
  return [...new Set(found.map((change) => change.step))].filter((other) => other !== step).sort();
}

test("hosts are kept and protected before they are cut off, and lose their roles only where it is asked for", async (t) => {
  const { changes, header } = await quarantine(t, {});
  assert.deepEqual(before(changes, "interfaces"), ["evidence", "protection", "standby", "targets"]);
  assert.deepEqual(before(changes, "targets"), ["evidence", "protection", "standby"]);
  assert.deepEqual(before(changes, "protection"), ["evidence"]);
  const skipped = header.skipped.flatMap(({ reason }) => /^step "(\w+)".*credentials was not given$/.exec(reason)?.[1] ?? []);
  assert.deepEqual(skipped.sort(), ["metadata", "profiles"]);
  assert.ok(!changes.some(({ step }) => step === "subnets"));
  assert.ok(
    changes.some(({ before: was, after }) => sameJson(was, after)),
    "what stands already is held",
  );

  const more = await quarantine(t, { credentials: "acme" });
  const all = ["evidence", "interfaces", "profiles", "protection", "standby", "targets"];
  assert.deepEqual(before(more.changes, "metadata"), all);
});

test("a subnet of the hosts alone is cut off whole where it is asked for, even if a host's interface is not; a shared one is named", async (t) => {
  const { changes, header } = await quarantine(t, { subnets: "acme" });
  const cut = changes.filter(({ step }) => step === "subnets");
  assert.deepEqual(
    cut.map(({ action, resource }) => [action, resource.id]),
    [["aws.ec2.swap-network-acl", "subnet-0app01"]],
  );
  assert.deepEqual(before(changes, "subnets"), ["evidence", "protection", "standby", "targets"]);
  const left = header.skipped.find(({ resource }) => resource?.id === "subnet-0edge01");
  assert.match(left?.reason ?? "", /^subnet-0edge01 is not cut off: others are in it: eni-0globex01 of i-0globex01;/);
});
