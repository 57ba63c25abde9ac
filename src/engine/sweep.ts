import { catchUp, foldLog, type LogState, sweepsOf } from "../incidents/index.ts";
import {
  type Change,
  type Clock,
  type Digest,
  millis,
  type Plan,
  type SweepEnd,
  type SweepFinding,
  type SweepLeft,
  type SweepSummary,
  saySubject,
} from "../model/index.ts";
import { type Lookout, type SweepLook, sweepKey } from "../planner/index.ts";
import { ProviderError } from "../providers/index.ts";
import type { EngineDeps } from "./deps.ts";
import { endFor } from "./emergency.ts";
import { applySweep, type RunReport } from "./run.ts";

/** Where nobody can ask the attacker's questions: so long after the last change nothing new may turn up, several times what was measured. */
const QUIET_MS = 10_000;
/** While what was found is being contained, the next look follows at once: whoever is slower than the attacker never ends. */
const LOOK_EVERY_MS = 500;
/** Of more principals than that one look takes longer than what it is to catch: they are looked at once, when all has taken effect. */
const FEW_SEEDS = 25;
/** Of an entry. */
const MOST_TOLD = 100;
/** Looks that fail one after the other. */
const MOST_FAILURES = 3;

export type SweepOf = { readonly run: string; readonly plan: Plan };

export type Sweeping = {
  readonly look: Lookout;
  readonly store: (plan: Plan) => Promise<void>;
  /** Plans what was left, for approval; null where there is nothing to plan. */
  readonly followUp: (left: readonly SweepLeft[]) => Promise<Digest | null>;
  readonly onLook: (facts: { readonly looks: number; readonly contained: number; readonly left: number }) => void;
};

export type SweepReport = { readonly summary: SweepSummary; readonly reports: readonly RunReport[] };

/**
 * Looks again and again at what the principals of a run's plan still have or made meanwhile, and contains at once what the plan's
 * clause lets it, until a look after propagation finds nothing. `felt` resolves when all of the run is verified, to whether
 * the attacker was seen to fail. What a look finds while the run's own changes are being verified does not wait for them.
 */
export async function sweepAfter(
  { run, plan }: SweepOf,
  felt: Promise<boolean>,
  sweeping: Sweeping,
  deps: EngineDeps,
): Promise<SweepReport> {
  const clause = plan.header.sweep;
  const state = await foldLog(deps.log);
  const first = state.runs.get(run);
  if (clause === undefined || first === undefined) return { summary: nothing(), reports: [] };
  const over = endFor(plan, state);
  const endsAt = Math.min(millis(first.openedAt) + clause.forMs, over === null ? Number.POSITIVE_INFINITY : millis(over));
  const quiet = new Quiet(deps.clock, felt);
  const finished: { readonly report: Promise<RunReport> }[] = [];
  const found = new Map<string, SweepFinding>();
  const unseen = new Set<string>();
  let left: readonly SweepLeft[] = [];
  let looks = 0;
  let failures = 0;
  let ended: SweepEnd = "interrupted";
  while (!deps.stop.aborted) {
    const began = deps.clock.now();
    if (began >= endsAt) {
      ended = "time";
      break;
    }
    if (clause.seeds.length > FEW_SEEDS && !quiet.since(began)) {
      await nap(deps.clock, quiet.felt);
      continue;
    }
    await catchUp(state, deps.log);
    const wide = quiet.since(began);
    const seen = await lookOrNull(() => sweeping.look(doneBy(state, run), wide), unseen);
    looks++;
    failures = seen === null ? failures + 1 : 0;
    if (failures === MOST_FAILURES) {
      ended = "blind";
      break;
    }
    if (seen !== null) {
      left = seen.left;
      if (seen.plan === null && wide) {
        ended = "quiet";
        break;
      }
      if (seen.plan !== null) {
        for (const finding of seen.plan.header.found ?? []) remember(finding, found);
        await sweeping.store(seen.plan);
        finished.push(await begun(seen.plan, { run, plan }, quiet, deps));
      }
    }
    sweeping.onLook({ looks, contained: found.size, left: left.length });
    if (seen === null || seen.plan === null) await nap(deps.clock, quiet.felt);
  }
  const reports = await Promise.all(finished.map(({ report }) => report));
  const followUp = left.length === 0 || ended === "interrupted" ? null : await sweeping.followUp(left);
  const summary: SweepSummary = {
    looks,
    ended,
    found: [...found.values()].slice(0, MOST_TOLD),
    runs: reports.map((report) => report.run).slice(-MOST_TOLD),
    left: left.slice(0, MOST_TOLD),
    unseen: [...unseen],
    followUp,
  };
  await deps.log.append([{ type: "run.swept", incident: plan.header.incident, body: { run, ...summary } }]);
  return { summary, reports };
}

/** Until the next look is due, or what was done took effect. */
async function nap(clock: Clock, effect: Promise<void>): Promise<void> {
  const awake = new AbortController();
  void effect.then(() => awake.abort());
  await clock.sleep(LOOK_EVERY_MS, awake.signal).catch(() => undefined);
}

/** Resolves when what was found is done, with what will have become of it: nobody waits for its verification. */
async function begun(
  sweep: Plan,
  after: SweepOf,
  quiet: Quiet,
  deps: EngineDeps,
): Promise<{ readonly report: Promise<RunReport> }> {
  const settled = Promise.withResolvers<void>();
  const afterSettled = async (): Promise<void> => {
    quiet.again();
    settled.resolve();
  };
  const report = applySweep(sweep, after, { ...deps, onEvent: () => undefined, afterSettled });
  await Promise.race([settled.promise, report]);
  return { report };
}

/** Null, with the reason told, when the provider did not answer. */
async function lookOrNull(look: () => Promise<SweepLook>, unseen: Set<string>): Promise<SweepLook | null> {
  try {
    const seen = await look();
    for (const what of seen.unseen) unseen.add(what);
    return seen;
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    unseen.add(`a look failed: ${error.message}`);
    return null;
  }
}

function nothing(): SweepSummary {
  return { looks: 0, ended: "quiet", found: [], runs: [], left: [], unseen: [], followUp: null };
}

/** What is done to one again and again is told once. */
function remember(finding: SweepFinding, found: Map<string, SweepFinding>): void {
  const key = saySubject(finding.subject);
  const did = [...new Set([...(found.get(key)?.did ?? []), ...(finding.did ?? [])])];
  found.set(key, { ...finding, did });
}

/** The last intent for each resource, of the run and of its sweeps. */
function doneBy(state: LogState, run: string): Map<string, Change> {
  const done = new Map<string, Change>();
  for (const id of [run, ...sweepsOf(state, run)]) {
    for (const change of state.runs.get(id)?.changes.values() ?? []) {
      const { action, resource, before, after, asks } = change;
      const whole: Change = {
        ...{ id: change.id, step: "", action, resource, summary: action, before, after, needs: [] },
        ...{ reversal: { kind: "restore" }, bound: { ms: 0, source: "" } },
        ...(asks === undefined ? {} : { asks }),
      };
      done.set(sweepKey(whole), whole);
    }
  }
  return done;
}

/**
 * When nothing new can come of what was there before. What the plan foresaw is over once it is seen to have taken effect. What turned up
 * meanwhile may not even work yet when it is blocked, and for a moment afterwards it does: there only time tells.
 */
class Quiet {
  readonly #clock: Clock;
  #felt = Promise.withResolvers<void>();
  #from: number;
  #swept = false;

  constructor(clock: Clock, felt: Promise<boolean>) {
    this.#clock = clock;
    this.#from = clock.now() + QUIET_MS;
    felt.then(
      (yes) => {
        if (!yes || this.#swept) return;
        this.#from = clock.now();
        this.#felt.resolve();
      },
      () => undefined,
    );
  }

  /** Resolves when it is worth another look at once. */
  get felt(): Promise<void> {
    return this.#felt.promise;
  }

  /** Something more was contained. */
  again(): void {
    this.#swept = true;
    this.#felt = Promise.withResolvers();
    this.#from = this.#clock.now() + QUIET_MS;
  }

  since(moment: number): boolean {
    return moment >= this.#from;
  }
}
