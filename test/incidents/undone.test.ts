import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyState, foldEntry, runbooksBehind, undoneRuns } from "../../src/incidents/index.ts";
import { digestBytes, type Instant, type NewEntry, type PlanKind } from "../../src/model/index.ts";
import { logged } from "./entries.ts";

const incident = "inc-1";

/** A plan and its run; `of` is what it undoes. */
function ran(run: string, runbook: string, kind: PlanKind = "contain", of?: string): NewEntry[] {
  const plan = digestBytes(run);
  const expiresAt = "2026-01-01T01:00:00.000Z" as Instant;
  const facts = { plan, contentDigest: plan, kind, runbook, target: "t", expiresAt, required: [], changes: 1 };
  return [
    { type: "plan.created", incident, body: of === undefined ? facts : { ...facts, of } },
    { type: "run.opened", incident, body: { run, plan, kind, leasesExpireAt: null, changes: 1 } },
  ];
}

function behind(kind: PlanKind, of: string, entries: readonly NewEntry[]): readonly string[] {
  const state = emptyState("drill");
  for (const entry of logged(entries)) foldEntry(state, entry);
  return runbooksBehind(state, { kind, of, runbook: kind });
}

test("behind a rollback stands the runbook that it undoes, however often it was undone and done again", () => {
  const story = [
    ...ran("run-1", "block"),
    ...ran("run-2", "rollback", "rollback", "run-1"),
    ...ran("run-3", "rollback", "rollback", "run-2"),
  ];
  assert.deepEqual(behind("rollback", "run-1", story), ["block"]);
  assert.deepEqual(behind("rollback", "run-3", story), ["block"]);
});

test("where nothing is known of what is undone, the plan stands for itself", () => {
  assert.deepEqual(behind("rollback", "run-9", []), ["rollback"]);
  assert.deepEqual(behind("release", incident, ran("run-1", "block")), ["release"], "nothing is held");
  assert.deepEqual(undoneRuns(emptyState("drill"), { kind: "contain", of: "run-1" }), []);
});

test("runs that claim to undo each other end somewhere", () => {
  const circle = [...ran("run-1", "rollback", "rollback", "run-2"), ...ran("run-2", "rollback", "rollback", "run-1")];
  assert.deepEqual(behind("rollback", "run-1", circle), ["rollback"]);
});
