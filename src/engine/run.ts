import {
  batchesSeen,
  breakGlassFor,
  type Emergency,
  judgeSweep,
  type Ruling,
  refuseBreakGlass,
  rule,
} from "../approvals/index.ts";
import {
  emergenciesIn,
  foldLog,
  type LogState,
  type PlanState,
  type RunState,
  runbooksBehind,
  sweepsOf,
} from "../incidents/index.ts";
import {
  type Change,
  type ChangeResult,
  type Direction,
  type EntryBodies,
  ErError,
  instant,
  isContaining,
  millis,
  newId,
  type Plan,
  type RunSummary,
} from "../model/index.ts";
import { atMostIn } from "./at-most.ts";
import { closeRun } from "./close.ts";
import type { EngineDeps } from "./deps.ts";
import { endFor, refuseLeft, refuseOver } from "./emergency.ts";
import { mayHold } from "./outcome.ts";
import { perform } from "./perform.ts";
import { notAgain, refuseSecond, takePlace } from "./place.ts";
import { schedule } from "./schedule.ts";

/** Verifications that look at once in one place: more than the calls that a service gets at a time, so that none is idle. */
const MOST_LOOKS = 32;

export type RunReport = {
  readonly run: string;
  readonly plan: Plan;
  readonly results: readonly ChangeResult[];
  /** Null when the run was interrupted: it is still open and `resume` continues it. */
  readonly summary: RunSummary | null;
};

/**
 * Applies an approved plan, once. Throws before anything is touched: `plan-applied`, `plan-expired`, `incident-closed`, `rejected`,
 * `approval-pending` or the finding of an invalid approval; `store-required` where what the plan restores waits for a store. With
 * `emergency`, approvals that are missing are skipped by a break-glass ruling, or the errors of one that cannot be had.
 */
export async function applyPlan(plan: Plan, deps: EngineDeps, emergency: Emergency | null = null): Promise<RunReport> {
  const answered = await takePlace(plan, deps);
  const run = await openRun(plan, deps, (state) => admit(plan, state, deps, emergency));
  await using _lock = await holdRun(run, deps);
  if (answered) await takePlace(plan, deps);
  await refuseSecond(run, plan, deps);
  return await execute(run, plan, deps);
}

/** Applies what was found after a run, under the approvals of that run's plan. Errors: `sweep-outside` when they do not reach so far. */
export async function applySweep(
  sweep: Plan,
  after: { readonly run: string; readonly plan: Plan },
  deps: EngineDeps,
): Promise<RunReport> {
  const run = await openRun(sweep, deps, async (state) => {
    const opened = state.runs.get(after.run);
    if (opened === undefined)
      throw new ErError("unknown-run", `no run "${after.run}" is in the log`, { hints: ["soc2-er status"] });
    refuseApplied(sweep, state);
    const swept = sweepsOf(state, after.run).flatMap((id) => [...(state.runs.get(id)?.changes.values() ?? [])]);
    judgeSweep(sweep, { ...after, openedAt: opened.openedAt, swept }, deps.clock.now());
    await refuseOver(sweep, deps);
    return { approvals: [] };
  });
  await using _lock = await holdRun(run, deps);
  return await execute(run, sweep, deps);
}

/**
 * Continues a run whose process died or was interrupted, or whose changes did not all hold. The log says what is known, a look says the
 * rest. Of a plan that another machine had applied before, nothing new is begun. Errors: `store-required` as of `applyPlan`;
 * `break-glass-over` once what was begun is settled, where an hour left the rest undone.
 */
export async function resumeRun(run: string, plan: Plan, deps: EngineDeps): Promise<RunReport> {
  await using _lock = await holdRun(run, deps);
  refuseEnded((await foldLog(deps.log)).runs.get(run));
  const answered = await takePlace(plan, deps);
  await deps.log.append([{ type: "run.resumed", incident: plan.header.incident, body: { run } }]);
  if (answered) await takePlace(plan, deps);
  const report = await execute(run, plan, deps);
  refuseLeft(plan, report.results, endFor(plan, await foldLog(deps.log)));
  return report;
}

/** Where all holds and is verified, there is nothing to continue: a second end would only move the clocks. Errors: `plan-applied`. */
export function refuseEnded(run: RunState | undefined): void {
  const result = run?.summary?.result;
  const ended = result === "contained" || result === "rolled-back" || (result !== undefined && run?.repeats !== null);
  if (run === undefined || !ended) return;
  throw new ErError("plan-applied", `run "${run.id}" has ended: ${result}`, {
    hints: ["soc2-er status", `soc2-er rollback ${run.id} --dry-run`],
  });
}

async function holdRun(run: string, deps: EngineDeps): Promise<AsyncDisposable> {
  const lock = await deps.lockRun(run);
  if (lock) return lock;
  throw new ErError("lease-held", `another process is working on "${run}"`, { hints: [`soc2-er status`] });
}

/** Checks and opens in one critical section, so that of two processes with one plan only one applies it. */
async function openRun(plan: Plan, deps: EngineDeps, admitted: (state: LogState) => Promise<Admission>): Promise<string> {
  return await deps.log.exclusively(async () => {
    const state = await foldLog(deps.log);
    const admission = await admitted(state);
    const run = newId("run", deps.clock.now());
    const { header } = plan;
    await deps.log.append([
      { type: "plan.ruled", incident: header.incident, body: { plan: plan.digest, ruling: "approved", ...admission } },
      {
        type: "run.opened",
        incident: header.incident,
        body: {
          run,
          plan: plan.digest,
          kind: header.kind,
          ...(header.of === undefined ? {} : { of: header.of }),
          leasesExpireAt: header.leasesExpireAt,
          changes: plan.changes.length,
        },
      },
    ]);
    deps.onEvent({ type: "run-opened", run, total: plan.changes.length });
    return run;
  });
}

/** What a ruling rests on. */
type Admission = Pick<EntryBodies["plan.ruled"], "approvals" | "breakGlass">;

async function admit(plan: Plan, state: LogState, deps: EngineDeps, emergency: Emergency | null): Promise<Admission> {
  const known = refuseApplied(plan, state);
  const incident = state.incidents.get(plan.header.incident);
  if (!incident || incident.status === "closed")
    throw new ErError("incident-closed", `incident "${plan.header.incident}" is not open`, { hints: ["soc2-er incident list"] });
  const now = deps.clock.now();
  if (now > millis(plan.header.expiresAt)) {
    throw new ErError("plan-expired", `plan "${plan.digest}" expired at ${plan.header.expiresAt}`, {
      hints: ["plan again: the world may have moved"],
    });
  }
  const runbooks = runbooksBehind(state, { ...plan.header, runbook: plan.header.runbook.id });
  const batches = await batchesSeen(
    deps.log,
    known.approvals.map(({ body }) => body.statement),
  );
  const keyring = await deps.log.keyring();
  const ruling = rule(plan, known.approvals, keyring, instant(now), runbooks, state.scopes.values(), batches);
  const skips = emergency !== null && ruling.state === "pending";
  if (ruling.state !== "approved" && !skips) throw unapproved(plan, ruling);
  refuseOwnApproval(plan, ruling, deps.log.person.id);
  if (!skips) return { approvals: ruling.have };
  refuseBreakGlass(plan.header.runbook.id, emergency, deps.log.person.id, emergenciesIn(state, deps.log.origin), keyring, now);
  return { approvals: ruling.have, breakGlass: breakGlassFor(plan, ruling, emergency, keyring, now) };
}

function refuseApplied(plan: Plan, state: LogState): PlanState {
  const known = state.plans.get(plan.digest);
  if (!known) throw new ErError("unknown-plan", `plan "${plan.digest}" is not in the log`, { hints: ["soc2-er plan list"] });
  if (known.run === null) return known;
  throw new ErError("plan-applied", `plan "${plan.digest}" was applied already, as ${known.run}`, {
    hints: [`soc2-er resume ${known.run}`, "soc2-er status"],
  });
}

/** Whoever applies is an operator too, even when somebody else planned. */
function refuseOwnApproval(plan: Plan, ruling: Ruling, person: string): void {
  const own = ruling.have.find((approval) => approval.person === person);
  if (!own) return;
  if (own.scope !== undefined)
    throw new ErError("scope-own", `"${person}" signed for ${own.role} in advance: whoever signs does not apply`, {
      hints: [`let another operator run: soc2-er apply ${plan.digest}`],
    });
  throw new ErError("approval-self", `"${person}" approved this plan as ${own.role}: whoever approves does not apply`, {
    hints: [`let "${plan.header.operator}" or another operator run: soc2-er apply ${plan.digest}`],
  });
}

/** The error of a plan that may not run: rejected, an approval that is not valid, or approvals that are missing. */
export function unapproved(plan: Plan, ruling: Ruling): ErError {
  if (ruling.state === "rejected")
    return new ErError("rejected", `plan "${plan.digest}" was rejected`, {
      hints: [`soc2-er plan show ${plan.digest}`],
      detail: ruling,
    });
  const [finding] = ruling.findings;
  const waiting = ruling.waiting.join(" and ");
  const message = finding ? `${finding.detail}; still waiting for ${waiting}` : `plan "${plan.digest}" waits for ${waiting}`;
  return new ErError(finding ? finding.code : "approval-pending", message, {
    hints: [`soc2-er approve ${plan.digest}`],
    detail: ruling,
  });
}

async function execute(run: string, plan: Plan, deps: EngineDeps): Promise<RunReport> {
  const state = await foldLog(deps.log);
  const before = state.runs.get(run);
  const results = new Map<string, ChangeResult>();
  const begun = before?.repeats == null ? plan.changes : plan.changes.filter(({ id }) => before.changes.has(id));
  if (before?.repeats != null) for (const result of notAgain(plan, before.repeats)) results.set(result.id, result);
  const left = await workOff(run, { ...plan, changes: begun }, before, { ...deps, until: endFor(plan, state) }, results);
  for (const change of left)
    results.set(change.id, { id: change.id, outcome: { status: "not-attempted", why: "interrupted", receipts: [] } });
  const ordered = plan.changes.flatMap((change) => results.get(change.id) ?? []);
  if (deps.stop.aborted && ordered.some(unfinished)) return { run, plan, results: ordered, summary: null };
  return { run, plan, results: ordered, summary: await closeRun(run, plan, ordered, deps) };
}

/** Ended by an interrupt: not attempted, or held without its verification. */
function unfinished(result: ChangeResult): boolean {
  return result.outcome.status === "not-attempted" || (mayHold(result.outcome) && result.verification?.verdict !== "confirmed");
}

async function workOff(
  run: string,
  plan: Plan,
  before: RunState | undefined,
  deps: EngineDeps,
  results: Map<string, ChangeResult>,
): Promise<readonly Change[]> {
  const direction: Direction = isContaining(plan.header.kind) ? "contain" : "restore";
  const total = plan.changes.length;
  const verifications: Promise<void>[] = [];
  const looks = atMostIn(MOST_LOOKS);
  let settled = 0;
  let done = 0;
  const left = await schedule(plan.changes, {
    concurrency: deps.concurrency,
    stop: deps.stop,
    skip: (change, because) => {
      results.set(change.id, {
        id: change.id,
        outcome: { status: "not-attempted", why: `needs ${because}, which did not hold`, receipts: [] },
      });
      settled++;
      done++;
    },
    // Dependents wait for the outcome, not for its verification: propagation of one change must not delay the next.
    work: (change) => {
      const { id, action, resource, summary } = change;
      deps.onEvent({ type: "change-started", id, action, resource, summary });
      const earlier = before?.changes.get(id);
      return new Promise<boolean>((resolve, reject) => {
        const finished = perform(
          { run, incident: plan.header.incident, direction, change, ...(earlier ? { earlier } : {}), looks, deps },
          (result) => {
            results.set(id, result);
            settled++;
            deps.onEvent({ type: "change-settled", result, settled, total });
            resolve(mayHold(result.outcome));
          },
        ).then((result) => {
          results.set(id, result);
          done++;
          if (result.verification) deps.onEvent({ type: "change-verified", result, done, total });
        });
        finished.catch(reject);
        verifications.push(finished);
      });
    },
  });
  const verified = Promise.all(verifications);
  const felt = verified.then(() => deps.scopes.read([]).effects !== null && [...results.values()].every(isConfirmed));
  felt.catch(() => undefined);
  const sweeps = isContaining(plan.header.kind) && before?.repeats == null;
  await Promise.all([verified, sweeps ? deps.afterSettled?.(run, felt) : undefined]);
  return left;
}

function isConfirmed({ verification }: ChangeResult): boolean {
  return verification?.verdict === "confirmed";
}
