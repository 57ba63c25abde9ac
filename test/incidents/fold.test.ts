import assert from "node:assert/strict";
import { test } from "node:test";
import { activeLeases, emptyState, foldEntry, liftingRun, openIncidents, unfinishedRuns } from "../../src/incidents/index.ts";
import {
  digestBytes,
  type Json,
  type LeaseVerdict,
  type NewEntry,
  type Outcome,
  type OutcomeStatus,
  type PlanKind,
  type ResourceRef,
} from "../../src/model/index.ts";
import { logged } from "./entries.ts";

const resource: ResourceRef = {
  provider: "aws",
  type: "iam-access-key",
  account: "123456789012",
  region: "global",
  id: "intruder/AKIA1",
};
const plan = (name: string) => digestBytes(name);

function declared(incident: string): NewEntry {
  return { type: "incident.declared", incident, body: { id: incident, title: "t", severity: 1 } };
}

function opened(run: string, incident: string, kind: PlanKind = "contain"): NewEntry {
  return { type: "run.opened", incident, body: { run, plan: plan(run), kind, leasesExpireAt: null, changes: 1 } };
}

function intended(run: string, incident: string, before: Json, after: Json, undoes?: string): NewEntry {
  const body = { run, change: "c001", action: "aws.iam.deactivate-access-keys", resource, before, after };
  return { type: "change.intended", incident, body: undoes === undefined ? body : { ...body, undoes } };
}

function settled(run: string, incident: string, status: OutcomeStatus): NewEntry {
  const outcome: Outcome = { status, receipts: [] };
  return { type: "change.settled", incident, body: { run, change: "c001", outcome } };
}

function fold(entries: readonly NewEntry[]) {
  const state = emptyState("drill");
  for (const entry of logged(entries)) foldEntry(state, entry);
  return state;
}

test("an applied change is a lease of its incident until a restoring run ends it", () => {
  const story = [
    declared("inc-a"),
    opened("run-1", "inc-a"),
    intended("run-1", "inc-a", { status: "Active" }, { status: "Inactive" }),
    settled("run-1", "inc-a", "applied"),
  ];
  const held = fold(story);
  assert.deepEqual(
    activeLeases(held).map((lease) => [lease.id, lease.incident]),
    [["run-1.c001", "inc-a"]],
  );
  const restored = fold([
    ...story,
    opened("run-2", "inc-a", "release"),
    intended("run-2", "inc-a", { status: "Inactive" }, { status: "Active" }, "run-1.c001"),
    settled("run-2", "inc-a", "applied"),
  ]);
  assert.deepEqual(activeLeases(restored), []);
});

test("a second incident's lease remembers what was there before the first", () => {
  const state = fold([
    opened("run-1", "inc-a"),
    intended("run-1", "inc-a", { status: "Active" }, { status: "Inactive" }),
    settled("run-1", "inc-a", "applied"),
    opened("run-2", "inc-b"),
    intended("run-2", "inc-b", { status: "Inactive" }, { status: "Inactive" }),
    settled("run-2", "inc-b", "unchanged"),
  ]);
  assert.deepEqual(state.leases.get("run-2.c001")?.base, { status: "Active" });
});

test("an unknown outcome holds, a refused one does not, and a later refusal ends the doubt", () => {
  const start = [opened("run-1", "inc-a"), intended("run-1", "inc-a", null, { a: 1 })];
  assert.equal(activeLeases(fold([...start, settled("run-1", "inc-a", "unknown")])).length, 1);
  assert.equal(activeLeases(fold([...start, settled("run-1", "inc-a", "refused")])).length, 0);
  assert.equal(
    activeLeases(fold([...start, settled("run-1", "inc-a", "unknown"), settled("run-1", "inc-a", "refused")])).length,
    0,
  );
});

test("a restoring call whose answer was lost ends the lease once the restored state was seen", () => {
  const story = [
    opened("run-1", "inc-a"),
    intended("run-1", "inc-a", null, { a: 1 }),
    settled("run-1", "inc-a", "applied"),
    opened("run-2", "inc-a", "rollback"),
    intended("run-2", "inc-a", { a: 1 }, null, "run-1.c001"),
    settled("run-2", "inc-a", "unknown"),
  ];
  assert.equal(activeLeases(fold(story)).length, 1);
  const seen: NewEntry = {
    type: "change.verified",
    incident: "inc-a",
    body: { run: "run-2", change: "c001", verification: { verdict: "confirmed", level: "configuration" }, observed: null },
  };
  assert.equal(activeLeases(fold([...story, seen])).length, 0);
});

function checked(verdict: LeaseVerdict, heldAt: string | null): NewEntry {
  return { type: "lease.checked", incident: "inc-a", body: { run: "run-1", change: "c001", verdict, heldAt } };
}

test("a lease remembers when it was last seen to stand, and what the last look wrote down", () => {
  const seen: NewEntry = {
    type: "change.verified",
    incident: "inc-a",
    body: { run: "run-1", change: "c001", verification: { verdict: "confirmed", level: "configuration" }, observed: null },
  };
  const story = [opened("run-1", "inc-a"), intended("run-1", "inc-a", null, { a: 1 }), settled("run-1", "inc-a", "applied")];
  const lease = (entries: readonly NewEntry[]) => fold([...story, ...entries]).leases.get("run-1.c001");
  assert.deepEqual([lease([])?.heldAt, lease([])?.checked], [null, null]);
  assert.equal(lease([seen])?.heldAt, "2026-01-01T00:00:03.000Z");
  const undone = lease([seen, checked("held", "2026-01-01T00:10:00.000Z"), checked("undone", "2026-01-01T00:20:00.000Z")]);
  assert.deepEqual(
    [undone?.heldAt, undone?.checked],
    ["2026-01-01T00:20:00.000Z", { verdict: "undone", at: "2026-01-01T00:00:05.000Z" }],
  );
  assert.equal(lease([seen, checked("undone", null)])?.heldAt, "2026-01-01T00:00:03.000Z", "what is known is not forgotten");
  assert.equal(fold([checked("undone", null)]).leases.size, 0, "of a lease that nobody knows");
});

test("a lease is being lifted from the intent to lift it until the run that does it has ended", () => {
  const story = [opened("run-1", "inc-a"), intended("run-1", "inc-a", null, { a: 1 }), settled("run-1", "inc-a", "applied")];
  const lifting = (entries: readonly NewEntry[]) => liftingRun(fold([...story, ...entries]), { id: "run-1.c001" });
  assert.equal(lifting([]), null);
  const begun = [opened("run-2", "inc-a", "release"), intended("run-2", "inc-a", { a: 1 }, null, "run-1.c001")];
  assert.equal(lifting(begun), "run-2");
  assert.equal(lifting([opened("run-2", "inc-a", "release")]), null);
});

test("an intent without an outcome is in doubt, and the first `before` of a change is kept", () => {
  const state = fold([
    opened("run-1", "inc-a"),
    intended("run-1", "inc-a", { n: 1 }, { n: 2 }),
    intended("run-1", "inc-a", { n: 9 }, { n: 2 }),
  ]);
  const change = state.runs.get("run-1")?.changes.get("c001");
  assert.equal(change?.inDoubt, true);
  assert.deepEqual(change?.before, { n: 1 });
  assert.deepEqual(
    unfinishedRuns(state).map((run) => run.id),
    ["run-1"],
  );
});

test("incidents open and close", () => {
  const state = fold([
    declared("inc-a"),
    declared("inc-b"),
    { type: "incident.closed", incident: "inc-a", body: { id: "inc-a", reason: "done" } },
  ]);
  assert.deepEqual(
    openIncidents(state).map((incident) => incident.id),
    ["inc-b"],
  );
  assert.equal(state.incidents.get("inc-a")?.status, "closed");
});
