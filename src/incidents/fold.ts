import type { AuditReader } from "../audit/index.ts";
import {
  type Digest,
  type Entry,
  type EntryOf,
  type EntryType,
  type Incident,
  isContaining,
  resourceKey,
} from "../model/index.ts";
import { type ChangeState, emptyState, type LeaseState, type LogState, type PlanState, type RunState } from "./state.ts";

/** Reads the whole log into incidents, plans, runs and leases. */
export async function foldLog(reader: AuditReader): Promise<LogState> {
  const state = emptyState(reader.mode);
  await catchUp(state, reader);
  return state;
}

/** Folds what came since; entries already folded are passed over. What other machines wrote may have come to stand before them. */
export async function catchUp(state: LogState, reader: AuditReader): Promise<void> {
  for await (const entry of reader.entries()) {
    if (state.folded.has(entry.digest)) continue;
    foldEntry(state, entry);
    state.folded.add(entry.digest);
  }
}

type Folders = { readonly [T in EntryType]?: (state: LogState, entry: EntryOf<T>) => void };

const FOLDERS: Folders = {
  genesis: (state, entry) => {
    state.organization = entry.body.organization;
  },
  "incident.declared": declareIncident,
  "incident.closed": closeIncident,
  "plan.created": createPlan,
  "approval.recorded": (state, entry) => {
    state.plans.get(entry.body.plan)?.approvals.push(entry);
  },
  "plan.ruled": rulePlan,
  "ruling.notified": (state, entry) => {
    state.plans.get(entry.body.plan)?.notified.push(entry);
  },
  "ruling.reviewed": (state, entry) => {
    state.plans.get(entry.body.plan)?.reviews.push(entry);
  },
  "scope.granted": grantScope,
  "scope.withdrawn": (state, entry) => withdrawalsOf(state, entry.body.scope).push(entry),
  "run.opened": openRun,
  "change.intended": intendChange,
  "change.progressed": (state, entry) => amend(state, entry.body.run, entry.body.change, { token: entry.body.token }),
  "change.settled": settleChange,
  "change.verified": verifyChange,
  "lease.checked": checkLease,
  "run.closed": closeRun,
};

/** One entry. An entry that refers to something the log does not know is passed over: the verifier reports it, the fold cannot. */
export function foldEntry(state: LogState, entry: Entry): void {
  const folder = FOLDERS[entry.type] as ((state: LogState, entry: Entry) => void) | undefined;
  folder?.(state, entry);
}

function createPlan(state: LogState, entry: EntryOf<"plan.created">): void {
  const created: PlanState = {
    ...entry.body,
    incident: entry.incident ?? "",
    operator: entry.person,
    createdAt: entry.at,
    approvals: [],
    notified: [],
    reviews: [],
    ruling: null,
    run: null,
  };
  state.plans.set(entry.body.plan, created);
}

function declareIncident(state: LogState, entry: EntryOf<"incident.declared">): void {
  state.incidents.set(entry.body.id, {
    ...entry.body,
    mode: entry.mode,
    declaredAt: entry.at,
    declaredBy: entry.person,
    status: "open",
  });
}

function closeIncident(state: LogState, entry: EntryOf<"incident.closed">): void {
  const incident = state.incidents.get(entry.body.id);
  if (incident) state.incidents.set(incident.id, { ...incident, status: "closed", closedAt: entry.at });
}

function rulePlan(state: LogState, entry: EntryOf<"plan.ruled">): void {
  const plan = state.plans.get(entry.body.plan);
  const { ruling, approvals, breakGlass } = entry.body;
  if (plan) plan.ruling = { state: ruling, at: entry.at, approvals, person: entry.person, ...(breakGlass ? { breakGlass } : {}) };
}

/** The same again changes nothing: what was taken back stays so. */
function grantScope(state: LogState, entry: EntryOf<"scope.granted">): void {
  const { scope } = entry.body;
  if (!state.scopes.has(scope)) state.scopes.set(scope, { ...entry, withdrawals: withdrawalsOf(state, scope) });
}

function withdrawalsOf(state: LogState, scope: Digest): EntryOf<"scope.withdrawn">[] {
  const known = state.withdrawals.get(scope) ?? [];
  state.withdrawals.set(scope, known);
  return known;
}

function openRun(state: LogState, entry: EntryOf<"run.opened">): void {
  const { run, plan, kind, of, leasesExpireAt, changes } = entry.body;
  const created = state.plans.get(plan);
  const opened: RunState = {
    id: run,
    plan,
    kind,
    ...(of === undefined ? {} : { of }),
    incident: entry.incident ?? "",
    operator: entry.person,
    openedAt: entry.at,
    leasesExpireAt,
    total: changes,
    repeats: created?.run ?? null,
    changes: new Map(),
    summary: null,
    closedAt: null,
  };
  state.runs.set(run, opened);
  if (created) created.run ??= run;
}

function intendChange(state: LogState, entry: EntryOf<"change.intended">): void {
  const { run, change: id, ...facts } = entry.body;
  const known = state.runs.get(run)?.changes;
  if (!known) return;
  // A repeated intent supersedes the verification that belonged to the earlier attempt, not the first `before`.
  const earlier = known.get(id);
  known.set(id, { id, ...facts, before: earlier ? earlier.before : facts.before, intendedAt: entry.at, inDoubt: true });
}

function settleChange(state: LogState, entry: EntryOf<"change.settled">): void {
  const { run: runId, change, outcome, conflict } = entry.body;
  amend(state, runId, change, {
    outcome,
    settledAt: entry.at,
    inDoubt: outcome.status === "unknown",
    ...(conflict === undefined ? {} : { conflict }),
  });
  const run = state.runs.get(runId);
  const settled = run?.changes.get(change);
  if (!run || !settled) return;
  if (isContaining(run.kind)) openLease(state, run, settled, entry);
  else endLease(state, settled, entry);
}

/** An unknown outcome holds too: what may be in place must be listed and undone. */
function openLease(state: LogState, run: RunState, change: ChangeState, entry: EntryOf<"change.settled">): void {
  const id = `${run.id}.${change.id}`;
  const key = leaseKey(change);
  const holders = state.holders.get(key) ?? [];
  state.holders.set(key, holders);
  if (!["applied", "unchanged", "unknown"].includes(entry.body.outcome.status)) {
    const place = holders.findIndex((lease) => lease.id === id);
    if (place >= 0) holders.splice(place, 1);
    state.leases.delete(id);
    return;
  }
  if (state.leases.has(id)) return;
  const holder = holders.find(({ endedAt }) => endedAt === null);
  const lease: LeaseState = {
    id,
    incident: run.incident,
    run: run.id,
    change: change.id,
    action: change.action,
    since: entry.at,
    expires: run.leasesExpireAt,
    resource: change.resource,
    before: change.before,
    after: change.after,
    ...(change.asks === undefined ? {} : { asks: change.asks }),
    base: holder ? holder.base : change.before,
    endedAt: null,
    heldAt: null,
    checked: null,
  };
  state.leases.set(id, lease);
  holders.push(lease);
}

function endLease(state: LogState, change: ChangeState, entry: Entry): void {
  const lease = change.undoes === undefined ? undefined : state.leases.get(change.undoes);
  const status = change.outcome?.status;
  const seen = status === "unknown" && change.verification?.verdict === "confirmed";
  if (lease && (status === "applied" || status === "unchanged" || seen)) lease.endedAt = entry.at;
}

/** A restoring call whose answer was lost ends its lease once the restored state was seen. */
function verifyChange(state: LogState, entry: EntryOf<"change.verified">): void {
  const { run: runId, change, verification } = entry.body;
  amend(state, runId, change, {
    verification,
    verifiedAt: entry.at,
    ...(verification.verdict === "confirmed" ? { inDoubt: false } : {}),
  });
  const run = state.runs.get(runId);
  const verified = run?.changes.get(change);
  if (run && verified && !isContaining(run.kind)) endLease(state, verified, entry);
  const lease = verification.verdict === "confirmed" ? state.leases.get(`${runId}.${change}`) : undefined;
  if (lease) lease.heldAt = entry.at;
}

function checkLease(state: LogState, entry: EntryOf<"lease.checked">): void {
  const { run, change, verdict, heldAt } = entry.body;
  const lease = state.leases.get(`${run}.${change}`);
  if (!lease) return;
  lease.checked = { verdict, at: entry.at };
  if (heldAt !== null && (lease.heldAt === null || heldAt > lease.heldAt)) lease.heldAt = heldAt;
}

function closeRun(state: LogState, entry: EntryOf<"run.closed">): void {
  const { run: id, result, clocks } = entry.body;
  const run = state.runs.get(id);
  if (!run) return;
  run.summary = { result, clocks };
  run.closedAt = entry.at;
}

function amend(state: LogState, run: string, change: string, facts: Partial<ChangeState>): void {
  const known = state.runs.get(run)?.changes;
  const earlier = known?.get(change);
  if (known && earlier) known.set(change, { ...earlier, ...facts });
}

/** Leases on the same containment of the same resource share this key. */
export function leaseKey(lease: Pick<LeaseState, "action" | "resource">): string {
  return `${lease.action} ${resourceKey(lease.resource)}`;
}

export function activeLeases(state: LogState): LeaseState[] {
  return [...state.leases.values()].filter((lease) => lease.endedAt === null);
}

export function openIncidents(state: LogState): readonly Incident[] {
  return [...state.incidents.values()].filter((incident) => incident.status === "open");
}

/** The run that is lifting a lease and has not settled it: what is looked at meanwhile is ours to change. */
export function liftingRun(state: LogState, lease: Pick<LeaseState, "id">): string | null {
  for (const run of unfinishedRuns(state)) {
    for (const { undoes } of run.changes.values()) if (undoes === lease.id) return run.id;
  }
  return null;
}

/** The runs in which what was found after a run was contained. */
export function sweepsOf(state: LogState, run: string): string[] {
  return [...state.runs.values()].filter(({ kind, of }) => kind === "sweep" && of === run).map(({ id }) => id);
}

/** Runs that were opened and neither closed nor finished: the process died or was interrupted. */
export function unfinishedRuns(state: LogState): RunState[] {
  return [...state.runs.values()].filter((run) => run.summary === null);
}
