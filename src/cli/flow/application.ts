import {
  applyPlan,
  type EngineDeps,
  type RunReport,
  refuseEnded,
  refuseOver,
  resultOf,
  resumeRun,
  type Sweeping,
  type SweepReport,
  unapproved,
} from "../../engine/index.ts";
import { foldLog, type RunState } from "../../incidents/index.ts";
import { ErError, EXIT, grantsPower, type Plan, sayDuration } from "../../model/index.ts";
import { type Next, plural, runView, sweepView } from "../../terminal/index.ts";
import type { Context } from "../context.ts";
import { exitOfRun, exitOfSweep, nextOfRun, nextOfSweep, runDocument, sweepDocument } from "../documents.ts";
import type { ApplyOptions } from "../options.ts";
import { countOf, durationOf } from "./containment.ts";
import { breakGlassPart, emergencyAsked, tellSkipped } from "./emergency.ts";
import { plansForUnreached } from "./reapply.ts";
import { previewPlan } from "./show.ts";
import { rulingOf } from "./stored-plan.ts";
import { sweepRun } from "./sweep.ts";
import { wordOf } from "./typed-word.ts";
import { Wait } from "./wait.ts";

const DEFAULT_CONCURRENCY = 16;
const DEFAULT_DEADLINE_MS = 10 * 60_000;
const DEFAULT_WAIT_MS = 30 * 60_000;
const POLL_MS = 1_000;
/** How long a command lingers to push its entries to the stores; `audit sync` does the rest. */
const SYNC_BUDGET_MS = 2_000;

/** Without a terminal and without `--yes`, a plan that would be applied at once is not even begun, nor waited for. */
export function refuseUnattended({ interactive }: Context, options: ApplyOptions & { readonly planOnly?: boolean }): void {
  if (options.planOnly === true || options.yes === true || interactive || options.wait === undefined) return;
  throw new ErError("no-terminal", "nobody can be asked to confirm: there is no terminal", {
    hints: ["add --yes to apply without a typed confirmation", "or leave --wait out: the plan is stored for approval"],
  });
}

/**
 * True when the plan may run. Waits for missing approvals where asked to; false when it was not asked to and they are missing. An invalid
 * approval does not end the wait: a valid one may follow.
 */
export async function awaitApproval(context: Context, plan: Plan, options: ApplyOptions): Promise<boolean> {
  const log = await context.writer();
  const waitMs =
    options.wait === undefined ? 0 : options.wait === true ? DEFAULT_WAIT_MS : (durationOf("--wait", options.wait) ?? 0);
  const deadline = context.clock.monotonic() + waitMs;
  const wait = new Wait(context, plan);
  for (;;) {
    const ruling = await rulingOf(log, await foldLog(log), plan, context.clock);
    if (ruling.state === "approved") return true;
    if (ruling.state === "rejected") throw unapproved(plan, ruling);
    if (ruling.state === "expired")
      throw new ErError("plan-expired", `plan "${plan.digest}" expired while waiting`, { hints: ["plan again"] });
    if (context.clock.monotonic() >= deadline) return false;
    wait.tell(ruling, await log.keyring());
    wait.tellStore(await log.sync(SYNC_BUDGET_MS));
    await context.clock.sleep(POLL_MS);
  }
}

/** Why no approvals are waited for. */
type BreakingGlass = { readonly breakGlass?: string };

/** Confirms, applies, reports. The approvals are judged again where it counts: in the engine, in one step with opening the run. */
export async function applyStored(context: Context, plan: Plan, options: ApplyOptions & BreakingGlass): Promise<number> {
  const log = await context.writer();
  const state = await foldLog(log);
  const known = state.plans.get(plan.digest);
  const ruling = await rulingOf(log, state, plan, context.clock);
  const emergency = emergencyAsked(context, options.breakGlass);
  const begins = ruling.state === "approved" || (emergency !== null && ruling.state === "pending");
  if (known?.run === null && begins && options.yes !== true) {
    await previewPlan(context, plan, ruling, false);
    const glass = options.breakGlass === undefined ? [] : ["--break-glass", options.breakGlass];
    await confirmTarget(context, plan, ["apply", plan.digest, ...glass]);
  }
  await warnWithoutStore(context, plan);
  return await report(context, plan, options, null, (deps) => applyPlan(plan, deps, emergency));
}

/** Continues a run; the approvals that opened it still stand. */
export async function resume(context: Context, run: RunState, plan: Plan, options: ApplyOptions): Promise<number> {
  refuseEnded(run);
  if (options.yes !== true) await confirmTarget(context, plan, ["resume", run.id]);
  await warnWithoutStore(context, plan);
  return await report(context, plan, options, run.id, (deps) => resumeRun(run.id, plan, deps));
}

/** What gives access back waits for a store; an organization that has none relies on this machine alone, and is told. */
async function warnWithoutStore(context: Context, { header: { kind } }: Plan): Promise<void> {
  if (!grantsPower(kind) || (await (await context.writer()).remote()).state !== "none") return;
  context.globals.output.warn(`no remote store is configured: nobody but this machine can show who asked for this ${kind}`);
}

async function confirmTarget(context: Context, plan: Plan, command: readonly string[]): Promise<void> {
  const { kind } = plan.header;
  const deed = kind === "contain" ? "apply" : kind;
  await context.screen.confirm(wordOf(plan.header), `${deed} ${plural(plan.changes.length, "change")}`, [
    "soc2-er",
    ...command,
    "--yes",
  ]);
}

/** Looks again at what a run's principals left behind. Nobody is asked: it does what the run's approvers let it, and nothing else. */
export async function sweepAgain(context: Context, run: string, plan: Plan, options: ApplyOptions): Promise<number> {
  const swept = await working(context, plan, options, run, async (deps, onLook) => {
    await refuseOver(plan, deps);
    return await sweepRun(context, { run, plan }, Promise.resolve(true), onLook, deps);
  });
  if (swept === null) throw new ErError("sweep-outside", `nothing may be swept after "${run}"`);
  const document = sweepDocument(run, plan, swept);
  context.globals.output.result(document, (view) => sweepView(document.sweep, view));
  await pushToStores(context);
  return (swept.summary.ended === "interrupted" ? context.globals.interruption.exit : null) ?? exitOfSweep(swept);
}

async function report(
  context: Context,
  plan: Plan,
  options: ApplyOptions & { readonly sweep?: boolean },
  run: string | null,
  work: (deps: EngineDeps) => Promise<RunReport>,
): Promise<number> {
  let swept: SweepReport | null = null;
  const tell = (): Promise<unknown> =>
    tellSkipped(context, plan).catch((error: Error) => context.globals.output.warn(`nobody was told: ${error.message}`));
  let telling: Promise<unknown> | null = run === null ? null : tell();
  const outcome = await working(context, plan, options, run, (given, onLook) => {
    const onEvent: EngineDeps["onEvent"] = (event) => {
      // Those who were skipped are told while it runs.
      if (event.type === "run-opened") telling ??= tell();
      given.onEvent(event);
    };
    const deps = { ...given, onEvent };
    const afterSettled = async (opened: string, felt: Promise<boolean>): Promise<void> => {
      swept = await sweepRun(context, { run: opened, plan }, felt, onLook, deps);
    };
    return work(options.sweep === false ? deps : { ...deps, afterSettled });
  }).finally(() => telling);
  return await showRun(context, plan, outcome, swept);
}

/** Runs the engine's work with its progress on the screen, its deadline, and interrupts that let what is in flight settle. */
async function working<T>(
  context: Context,
  plan: Plan,
  options: ApplyOptions,
  run: string | null,
  work: (deps: EngineDeps, onLook: Sweeping["onLook"]) => Promise<T>,
): Promise<T> {
  const log = await context.writer();
  const incident = (await foldLog(log)).incidents.get(plan.header.incident);
  const progress = context.screen.progress(`${plan.header.runbook.id} ${plan.header.target}`, incident?.declaredAt ?? null);
  let inFlight = 0;
  const { interruption } = context.globals;
  const interrupted = interruption.handle(() => progress.event({ type: "stopping", inFlight }));
  const deadlineMs = durationOf("--deadline", options.deadline) ?? DEFAULT_DEADLINE_MS;
  using deadline = startDeadline(context, deadlineMs);
  try {
    const scopes = await context.scopes({
      signal: deadline.signal,
      incident: plan.header.incident,
      person: log.person.id,
      ...(run === null ? {} : { run }),
    });
    const deps: EngineDeps = {
      log,
      scopes,
      clock: context.clock,
      stop: AbortSignal.any([interrupted, deadline.signal]),
      lockRun: (id) => context.lockRun(id),
      concurrency: countOf("--concurrency", options.concurrency) ?? DEFAULT_CONCURRENCY,
      deadlineMs,
      onEvent: (event) => {
        if (event.type === "change-started") inFlight++;
        if (event.type === "change-settled") inFlight--;
        progress.event(event);
      },
    };
    let told = "0 0";
    return await work(deps, (facts) => {
      const now = `${facts.contained} ${facts.left}`;
      if (now !== told) progress.event({ type: "swept", ...facts });
      told = now;
    });
  } finally {
    progress.stop();
  }
}

/** The whole run ends by then: calls that hang are given up, what the log says of the rest is what `resume` continues from. */
function startDeadline(context: Context, ms: number): Disposable & { readonly signal: AbortSignal } {
  const passed = new AbortController();
  const over = new AbortController();
  const reason = new ErError("unreachable", `the deadline of ${sayDuration(ms)} passed`, {
    hints: ["soc2-er resume --deadline 30m"],
  });
  void context.clock.sleep(ms, over.signal).then(
    () => passed.abort(reason),
    () => undefined,
  );
  return { signal: passed.signal, [Symbol.dispose]: () => over.abort() };
}

/** What was applied is told whatever becomes of the runbooks' folder meanwhile. */
async function commandsForUnreached(context: Context, { header }: Plan): Promise<Next[]> {
  if (header.unreached === undefined) return [];
  const state = await foldLog(await context.reader());
  const runbooks = await context.runbooks().catch((error: unknown) => {
    if (error instanceof ErError) return [];
    throw error;
  });
  return (await plansForUnreached(header, state, runbooks)).map((argv) => ({ argv }));
}

async function showRun(context: Context, plan: Plan, outcome: RunReport, swept: SweepReport | null): Promise<number> {
  const result = outcome.summary?.result ?? resultOf(plan, outcome.results);
  const again = [...(await commandsForUnreached(context, plan)), ...(swept === null ? [] : nextOfSweep(outcome.run, swept))];
  const document = {
    ...runDocument(outcome, result, nextOfRun(outcome, result, again), swept),
    ...(await breakGlassPart(context, plan)),
  };
  context.globals.output.result(document, (view) => runView(document, view));
  await pushToStores(context);
  const interrupted = outcome.summary === null ? context.globals.interruption.exit : null;
  if (interrupted !== null) return interrupted;
  if (outcome.summary === null) return EXIT.partial;
  const exit = exitOfRun(outcome, result);
  return exit === EXIT.ok && swept !== null ? exitOfSweep(swept) : exit;
}

async function pushToStores(context: Context): Promise<void> {
  const remote = await (await context.writer()).sync(SYNC_BUDGET_MS);
  if (remote.pending > 0) context.globals.output.warn(`${remote.pending} entries are not in every store yet: soc2-er audit sync`);
}
