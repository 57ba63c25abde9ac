import assert from "node:assert/strict";
import { test } from "node:test";
import type { AuditReader } from "../../src/audit/index.ts";
import { activeLeases, catchUp, emptyState } from "../../src/incidents/index.ts";
import { digestBytes, type Entry, type NewEntry } from "../../src/model/index.ts";
import { logged } from "./entries.ts";

const plan = digestBytes("plan");

function created(): NewEntry {
  const facts = { plan, contentDigest: plan, kind: "contain", runbook: "revoke", target: "x", required: [], changes: 1 } as const;
  return { type: "plan.created", incident: "inc-a", body: { ...facts, expiresAt: "2026-01-01T00:30:00.000Z" } };
}

function opened(run: string): NewEntry {
  return { type: "run.opened", incident: "inc-a", body: { run, plan, kind: "contain", leasesExpireAt: null, changes: 1 } };
}

function done(run: string, id: string): NewEntry[] {
  const resource = { provider: "aws", type: "iam-user", account: "1", region: "global", id } as const;
  const change = { run, change: "c1" };
  return [
    { type: "change.intended", incident: "inc-a", body: { ...change, action: "a.b.c", resource, before: null, after: {} } },
    { type: "change.settled", incident: "inc-a", body: { ...change, outcome: { status: "applied", receipts: [] } } },
  ];
}

const reading = (entries: readonly Entry[]): AuditReader =>
  ({
    async *entries() {
      yield* entries.map((entry, index) => ({ ...entry, index }));
    },
  }) as unknown as AuditReader;

test("the first opening in the order of the log is the plan's run; a later one repeats it, and what it did is held", async () => {
  const state = emptyState("drill");
  await catchUp(
    state,
    reading(logged([created(), opened("run-1"), ...done("run-1", "u"), opened("run-2"), ...done("run-2", "v")])),
  );
  assert.equal(state.plans.get(plan)?.run, "run-1");
  assert.deepEqual([state.runs.get("run-1")?.repeats, state.runs.get("run-2")?.repeats], [null, "run-1"]);
  assert.deepEqual(
    activeLeases(state).map(({ id }) => id),
    ["run-1.c1", "run-2.c1"],
  );
});

test("what another machine wrote and comes to stand before is folded once, and so is all else", async () => {
  const [first, ...own] = logged([created(), opened("run-1"), ...done("run-1", "u")]);
  const foreign = logged([{ type: "note", body: { text: "elsewhere" } }, ...done("run-1", "w")]).map((entry, index) => ({
    ...entry,
    digest: digestBytes(`foreign ${index}`),
  }));
  assert.ok(first);
  const state = emptyState("drill");
  await catchUp(state, reading([first, ...own]));
  await catchUp(state, reading([first, ...foreign.slice(0, 1), ...own]));
  assert.equal(state.runs.get("run-1")?.repeats, null, "the opening was not taken for a second one");
  assert.equal(activeLeases(state).length, 1);
  await catchUp(state, reading([first, ...foreign, ...own]));
  assert.equal(state.runs.get("run-1")?.changes.get("c1")?.resource.id, "w");
});
