import { loadAction } from "../actions/index.ts";
import type { PlanState, RunState } from "../incidents/index.ts";
import {
  type Change,
  type ChangeResult,
  type Clocks,
  type Incident,
  type Instant,
  isContaining,
  type Leg,
  millis,
  type Plan,
  type ResidualAccess,
  type RunResult,
  type RunSummary,
} from "../model/index.ts";
import { ProviderError, type ScopeFactory } from "../providers/index.ts";
import { atMost } from "./at-most.ts";
import { mayHold } from "./outcome.ts";

/** Changes at once that are asked what still works. */
const MOST_ASKED = 32;

/** What a run amounts to, from its results and from the times that the log holds. */
export async function summarize(
  facts: {
    readonly plan: Plan;
    readonly results: readonly ChangeResult[];
    readonly run: RunState;
    readonly planned: PlanState | undefined;
    readonly incident: Incident | undefined;
  },
  scopes: ScopeFactory,
  factor: number,
): Promise<RunSummary> {
  const residual = isContaining(facts.plan.header.kind) ? await residualAccess(facts.plan, facts.results, scopes) : [];
  const askable = await askableChanges(facts.plan);
  return { result: resultOf(facts.plan, facts.results), clocks: clocksOf(facts, askable, factor), residual };
}

/** The changes that stop a request which an attacker could make: only these can be proven by effect. */
async function askableChanges(plan: Plan): Promise<ReadonlySet<string>> {
  const asked = plan.changes.map(async (change) => {
    const action = await loadAction(change.action);
    return (action.effects?.(change) ?? []).length > 0 ? [change.id] : [];
  });
  return new Set((await Promise.all(asked)).flat());
}

export function resultOf(plan: Plan, results: readonly ChangeResult[]): RunResult {
  const held = results.filter((result) => mayHold(result.outcome));
  if (held.length === 0 && plan.changes.length > 0) return "none";
  const confirmed = held.filter((result) => result.verification?.verdict === "confirmed");
  const stayedUnknown = held.some(
    (result) => result.outcome.status === "unknown" && result.verification?.verdict !== "confirmed",
  );
  const conflict = results.some((result) => result.conflict !== undefined);
  const unreached = (plan.header.unreached ?? []).length > 0;
  if (held.length < plan.changes.length || stayedUnknown || conflict || unreached) return "partial";
  if (confirmed.length < held.length) return "unverified";
  return isContaining(plan.header.kind) ? "contained" : "rolled-back";
}

async function residualAccess(plan: Plan, results: readonly ChangeResult[], scopes: ScopeFactory): Promise<ResidualAccess[]> {
  const held = new Set(results.filter((result) => mayHold(result.outcome)).map((result) => result.id));
  const inTurn = atMost(MOST_ASKED);
  const listed = await Promise.all(
    plan.changes.filter((change) => held.has(change.id)).map((change) => inTurn(() => residualOf(change, scopes))),
  );
  const distinct = new Map(listed.flat().map((item) => [`${item.what}\n${item.until}`, item]));
  return [...distinct.values()];
}

async function residualOf(change: Change, scopes: ScopeFactory): Promise<readonly ResidualAccess[]> {
  const action = await loadAction(change.action);
  if (!action.residual) return [];
  try {
    return await action.residual(scopes.read(action.permissions.read), change);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return [
      {
        what: `whatever ${change.action} leaves open on ${change.resource.id}`,
        until: "until somebody has looked",
        why: `could not be listed (${error.kind})`,
      },
    ];
  }
}

function clocksOf(facts: Parameters<typeof summarize>[0], askable: ReadonlySet<string>, factor: number): Clocks {
  const { plan, run, planned, incident } = facts;
  const changes = [...run.changes.values()];
  const confirmed = changes
    .filter((change) => change.verification?.verdict === "confirmed")
    .flatMap((change) => change.verifiedAt ?? []);
  const declaredAt = incident?.declaredAt ?? run.openedAt;
  const lastConfirmedAt = confirmed.toSorted().at(-1) ?? null;
  const reached = (plan.header.unreached ?? []).length === 0;
  const all = reached && confirmed.length === plan.changes.length && lastConfirmedAt !== null;
  return {
    declaredAt,
    approvedAt: approvedAt(planned),
    firstIntendedAt: changes.map((change) => change.intendedAt).toSorted()[0] ?? null,
    firstConfirmedAt: confirmed.toSorted()[0] ?? null,
    lastConfirmedAt,
    timeToContainMs: isContaining(plan.header.kind) && all ? millis(lastConfirmedAt) - millis(declaredAt) : null,
    ...(factor === 1 ? {} : { simulated: factor }),
    legs: legsOf(facts, askable),
  };
}

/**
 * When the last of the approvals that counted was given, not when it was judged: what follows is the operator's time. What was given in
 * advance was there from the beginning.
 */
function approvedAt(planned: PlanState | undefined): Instant | null {
  const ruling = planned?.ruling;
  return ruling
    ? (ruling.approvals
        .filter(({ scope }) => scope === undefined)
        .map(({ at }) => at)
        .toSorted()
        .at(-1) ?? ruling.at)
    : null;
}

/** One leg per provider service: from its first intent to its last confirmation, against the longest documented bound among its changes. */
function legsOf(facts: Parameters<typeof summarize>[0], askable: ReadonlySet<string>): Leg[] {
  const byLeg = Map.groupBy(facts.plan.changes, (change) => change.action.split(".").slice(0, 2).join("."));
  return [...byLeg].map(([leg, changes]) => {
    const boundMs = Math.max(...changes.map((change) => change.bound.ms));
    const states = changes.map((change) => facts.run.changes.get(change.id));
    const proven = states.every((state) => state?.verification?.verdict === "confirmed");
    const verified = states.flatMap((state) => state?.verifiedAt ?? []).toSorted();
    const intended = states.flatMap((state) => state?.intendedAt ?? []).toSorted();
    const [first, last] = [intended[0], verified.at(-1)];
    if (!proven || first === undefined || last === undefined) return { leg, boundMs, measuredMs: null, verdict: "not-proven" };
    const measuredMs = Math.max(0, millis(last) - millis(first));
    const asked = changes.filter((change) => askable.has(change.id));
    const effect = asked.every((change) => facts.run.changes.get(change.id)?.verification?.level === "effect");
    if (measuredMs > boundMs) return { leg, boundMs, measuredMs, verdict: "missed" };
    return { leg, boundMs, measuredMs, verdict: effect && asked.length > 0 ? "met" : "not-proven" };
  });
}
