import { type Action, loadAction } from "../actions/index.ts";
import { activeLeases, type LeaseState, type LogState, leaseKey, sweepsOf } from "../incidents/index.ts";
import {
  type Change,
  type ChangeId,
  type Digest,
  ErError,
  type Json,
  type Plan,
  type Reversal,
  type Skipped,
  sameJson,
} from "../model/index.ts";
import type { ReadScope } from "../providers/index.ts";

/** What is to be lifted: one run's containments, all of an incident's, or a single lease. */
export type Undoing =
  | { readonly kind: "rollback"; readonly run: string }
  | { readonly kind: "release"; readonly incident: string }
  | { readonly kind: "release"; readonly lease: string };

export type Restoration = { readonly changes: readonly Change[]; readonly skipped: readonly Skipped[] };

/**
 * Plans the way back. For each contained resource it looks at what is there now and decides three-way: what it was before any of
 * our leases (`base`), what we left, what is there. Another incident's lease keeps the containment; a foreign edit is kept and,
 * where it stands in the way, reported as a conflict.
 */
export async function planRestoration(
  state: LogState,
  undoing: Undoing,
  deps: { readonly open: (action: Action) => ReadScope; readonly loadPlan: (digest: Digest) => Promise<Plan> },
): Promise<Restoration> {
  const ending = leasesOf(state, undoing);
  if (ending.length === 0) throw nothingToLift(undoing);
  const origins = await originalChanges(ending, state, deps.loadPlan);
  const groups = Map.groupBy(ending, leaseKey);
  const planned = await Promise.all([...groups.values()].map((leases) => restoreOne(leases, state, origins, deps.open)));
  return order(planned.flat(), origins);
}

/** `follows` names the leases whose change must come first. */
type Restored = {
  readonly lease: LeaseState;
  readonly change: Omit<Change, "id" | "needs">;
  readonly follows: readonly string[];
};

function leasesOf(state: LogState, undoing: Undoing): LeaseState[] {
  const active = activeLeases(state);
  if (undoing.kind === "rollback") {
    const runs = new Set([undoing.run, ...sweepsOf(state, undoing.run)]);
    return active.filter((lease) => runs.has(lease.run));
  }
  if ("lease" in undoing) return active.filter((lease) => lease.id === undoing.lease);
  return active.filter((lease) => lease.incident === undoing.incident);
}

function nothingToLift(undoing: Undoing): ErError {
  const name = undoing.kind === "rollback" ? undoing.run : "lease" in undoing ? undoing.lease : undoing.incident;
  return new ErError("empty-target", `nothing to lift: "${name}" holds no containment`, { hints: ["soc2-er status"] });
}

async function originalChanges(
  leases: readonly LeaseState[],
  state: LogState,
  loadPlan: (digest: Digest) => Promise<Plan>,
): Promise<Map<string, Change>> {
  const found = new Map<string, Change>();
  for (const runId of new Set(leases.map((lease) => lease.run))) {
    const run = state.runs.get(runId);
    if (!run) continue;
    const plan = await loadPlan(run.plan);
    for (const change of plan.changes) found.set(`${runId}.${change.id}`, change);
  }
  return found;
}

async function restoreOne(
  leases: readonly LeaseState[],
  state: LogState,
  origins: Map<string, Change>,
  open: (action: Action) => ReadScope,
): Promise<Restored[]> {
  const newestFirst = leases.toReversed();
  const [newest] = newestFirst;
  if (!newest) return [];
  const action = await loadAction(newest.action);
  const now = await action.read(open(action), newest.resource);
  const ending = new Set(leases.map((lease) => lease.id));
  const held = activeLeases(state).filter((lease) => leaseKey(lease) === leaseKey(newest) && !ending.has(lease.id));
  const final = leases.some((lease) => isFinal(origins.get(lease.id)));
  const way = final ? { state: now } : wayBack(action, newestFirst, held, now, origins);
  // Several leases of one incident on one resource end together: the last change writes, the others only end their lease.
  return newestFirst.map((lease, index) => {
    const last = index === newestFirst.length - 1;
    const origin = origins.get(lease.id);
    return {
      lease,
      follows: last ? newestFirst.slice(0, -1).map((other) => other.id) : [],
      change: {
        step: origin?.step ?? "restore",
        action: lease.action,
        resource: lease.resource,
        summary: final ? `end the lease on ${lease.resource.id}, which cannot be undone` : summary(lease, held, way, now),
        before: now,
        after: last ? way.state : now,
        reversal: { kind: "restore" } satisfies Reversal,
        bound: origin?.bound ?? action.bound,
        undoes: lease.id,
        ...(last && way.conflict !== undefined ? { conflict: way.conflict } : {}),
      },
    };
  });
}

/** What cannot be undone is left as it is; nobody holds it afterwards, or its incident could never be closed. */
function isFinal(origin: Change | undefined): boolean {
  return origin?.reversal.kind === "none";
}

type WayBack = { readonly state: Json; readonly conflict?: string };

function wayBack(
  action: Action,
  newestFirst: readonly LeaseState[],
  held: readonly LeaseState[],
  now: Json,
  origins: Map<string, Change>,
): WayBack {
  const [newest] = newestFirst;
  if (!newest) return { state: now };
  const base = newest.base;
  const alone = held.length === 0;
  if (alone && (sameJson(now, newest.after) || sameJson(now, base))) return { state: base };
  if (action.merge) {
    let way: WayBack = { state: now };
    for (const lease of newestFirst) {
      const merged = action.merge(
        base,
        asChange(lease, origins),
        way.state,
        held.map((other) => asChange(other, origins)),
      );
      const conflict = way.conflict ?? merged.conflict;
      way = conflict === undefined ? { state: merged.state } : { state: merged.state, conflict };
    }
    return way;
  }
  if (!alone) return { state: now };
  if (now === null) return { state: null, conflict: "somebody else deleted it since; it is not made again" };
  return { state: now, conflict: "somebody else changed it since; it is neither what was left nor what was there before" };
}

/** The change that a lease holds. What only the plan says of it (its words, its bound) is there as far as `origins` has it. */
export function asChange(lease: LeaseState, origins: ReadonlyMap<string, Change> = new Map()): Change {
  const origin = origins.get(lease.id);
  return {
    id: lease.change,
    step: origin?.step ?? "restore",
    action: lease.action,
    resource: lease.resource,
    summary: origin?.summary ?? lease.action,
    before: lease.before,
    after: lease.after,
    needs: [],
    reversal: { kind: "restore" },
    bound: origin?.bound ?? { ms: 0, source: "" },
    ...(lease.asks === undefined ? {} : { asks: lease.asks }),
  };
}

function summary(lease: LeaseState, held: readonly LeaseState[], way: WayBack, now: Json): string {
  const holders = [...new Set(held.map((other) => other.incident))].join(", ");
  if (way.conflict !== undefined) return `conflict on ${lease.resource.id}: ${way.conflict}`;
  if (held.length > 0 && sameJson(way.state, now)) return `end the lease on ${lease.resource.id}; ${holders} still holds it`;
  if (held.length > 0) return `take back our part of ${lease.resource.id}; ${holders} keeps the rest`;
  return `restore ${lease.resource.id}`;
}

/** Reverses the order of containment: what needed another change first is lifted before it. */
function order(restored: readonly Restored[], origins: Map<string, Change>): Restoration {
  const sorted = restored.toSorted((left, right) => compare(right.lease, left.lease));
  const ids = new Map<string, ChangeId>(sorted.map((item, index) => [item.lease.id, `c${String(index + 1).padStart(3, "0")}`]));
  const changes: Change[] = [];
  const skipped: Skipped[] = [];
  for (const { lease, change, follows } of sorted) {
    const origin = origins.get(lease.id);
    if (origin?.reversal.kind === "none")
      skipped.push({ resource: lease.resource, reason: `cannot be undone: ${origin.reversal.because}` });
    changes.push({
      ...change,
      id: ids.get(lease.id) ?? lease.id,
      needs: [...dependents(lease, sorted, origins, ids), ...follows.flatMap((other) => ids.get(other) ?? [])],
    });
  }
  return { changes, skipped };
}

function dependents(
  lease: LeaseState,
  all: readonly Restored[],
  origins: Map<string, Change>,
  ids: Map<string, ChangeId>,
): ChangeId[] {
  const needing = all.filter(
    (other) => other.lease.run === lease.run && origins.get(other.lease.id)?.needs.includes(lease.change),
  );
  return needing.flatMap((other) => ids.get(other.lease.id) ?? []);
}

function compare(left: LeaseState, right: LeaseState): number {
  if (left.run !== right.run) return left.since < right.since ? -1 : 1;
  return left.change < right.change ? -1 : left.change > right.change ? 1 : 0;
}
