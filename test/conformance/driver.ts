import assert from "node:assert/strict";
import type { Action, Example } from "../../src/actions/index.ts";
import { outcomeOf } from "../../src/engine/outcome.ts";
import {
  type Change,
  type Direction,
  instant,
  type Json,
  materialize,
  type Outcome,
  type ProposedChange,
  type SelectionKind,
  sameJson,
  type Verification,
} from "../../src/model/index.ts";
import { ProviderError, type ReadScope, type ScopeFactory } from "../../src/providers/index.ts";
import type { Bench } from "./bench.ts";

export type AnyExample = Example<SelectionKind, unknown, Json>;
export type Request = ScopeFactory["requests"][number];

/** What became of one change, and the change as it was sent: with the moment filled in. */
export type Driven = { readonly change: Change; readonly outcome: Outcome; readonly verification: Verification };

const CUT_OFF_LEAD_MS = 2_000;

export async function plan(action: Action, example: AnyExample, scopes: ScopeFactory): Promise<Change[]> {
  const proposed: ProposedChange[] = [];
  for await (const change of action.plan(scopes.read(action.permissions.read), example.selection, example.params))
    proposed.push(change);
  const place = new Map(proposed.map(({ key }, index) => [key, `c${index + 1}`]));
  return proposed.map(({ key, needs = [], ...change }) => ({
    ...change,
    id: place.get(key) ?? key,
    step: "step",
    action: action.id,
    needs: needs.map((need) => place.get(need) ?? assert.fail(`"${key}" needs "${need}", which was not proposed`)),
    bound: action.bound,
  }));
}

/** As the engine does it, without a log: look, refuse what is stale, call once, verify until confirmed or patience ends. */
export async function drive(
  bench: Bench,
  action: Action,
  planned: Change,
  direction: Direction,
  options: { scopes?: ScopeFactory; patienceMs?: number } = {},
): Promise<Driven> {
  const scopes = options.scopes ?? bench.scopes();
  const change: Change = { ...planned, after: materialize(planned.after, instant(bench.clock.now() + CUT_OFF_LEAD_MS)) };
  const outcome = await attempt(action, change, scopes);
  const patience = options.patienceMs ?? Math.max(20_000, 3 * change.bound.ms);
  return { change, outcome, verification: await verify(bench, action, change, direction, scopes, patience) };
}

async function attempt(action: Action, change: Change, scopes: ScopeFactory): Promise<Outcome> {
  const scope = scopes.write(action.permissions, async () => undefined);
  try {
    const now = await action.read(scope, change.resource);
    if (sameJson(now, change.after)) return { status: "unchanged", receipts: [] };
    if (!sameJson(now, change.before)) return { status: "refused", why: "stale: it changed since", receipts: [] };
    await action.apply(scope, change);
  } catch (error) {
    return outcomeOf(error, [...scope.receipts]);
  }
  assert.ok(scope.receipts.length > 0, "an applied change has a receipt");
  return { status: "applied", receipts: [...scope.receipts] };
}

async function verify(
  bench: Bench,
  action: Action,
  change: Change,
  direction: Direction,
  scopes: ScopeFactory,
  patienceMs: number,
): Promise<Verification> {
  const scope = scopes.read(action.permissions.read);
  const deadline = bench.clock.monotonic() + patienceMs;
  for (;;) {
    const seen = await look(action, scope, change, direction);
    if (seen.verdict === "confirmed" || bench.clock.monotonic() >= deadline) return seen;
    await bench.clock.sleep(500);
  }
}

async function look(action: Action, scope: ReadScope, change: Change, direction: Direction): Promise<Verification> {
  try {
    const seen = await action.verify(scope, change, direction);
    const questions = direction === "contain" && seen.verdict === "confirmed" ? (action.effects?.(change) ?? []) : [];
    if (scope.effects === null || questions.length === 0) return seen;
    for (const question of questions) {
      const answer = await scope.effects.ask(question);
      if (answer === "open")
        return { verdict: "contradicted", level: "effect", detail: `still open: ${JSON.stringify(question)}` };
      if (answer === "unknown") return seen;
    }
    return { verdict: "confirmed", level: "effect" };
  } catch (error) {
    if (error instanceof ProviderError) return { verdict: "inconclusive", level: "configuration", detail: error.message };
    throw error;
  }
}

/** Plans and drives all changes of an example; fails unless each is applied and confirmed, or stands already. */
export async function contain(bench: Bench, action: Action, example: AnyExample, scopes = bench.scopes()): Promise<Driven[]> {
  const driven: Driven[] = [];
  for (const change of await plan(action, example, scopes))
    driven.push(await drive(bench, action, change, "contain", { scopes }));
  for (const { change, outcome, verification } of driven) {
    assert.equal(outcome.status, sameJson(change.before, change.after) ? "unchanged" : "applied", outcome.why);
    assert.equal(verification.verdict, "confirmed", verification.detail);
  }
  return driven;
}

export const undoable = ({ change }: Driven): boolean => change.reversal.kind !== "none";

/**
 * The way back as the planner finds it: three-way, from what was there before any of ours (`base`), what we left and what is
 * there, with what other leases on the resource `held` ask for left in place.
 */
export async function wayBack(
  bench: Bench,
  action: Action,
  change: Change,
  held: readonly Change[] = [],
  base: Json = change.before,
): Promise<Change> {
  const now = await action.read(bench.scopes().read(action.permissions.read), change.resource);
  const back = { ...change, before: now, needs: [] };
  if (held.length === 0 && (sameJson(now, change.after) || sameJson(now, base))) return { ...back, after: base };
  if (action.merge) {
    const { state, conflict } = action.merge(base, change, now, held);
    return conflict === undefined ? { ...back, after: state } : { ...back, after: state, conflict };
  }
  if (held.length > 0) return { ...back, after: now };
  return { ...back, after: now, conflict: "somebody else changed it since" };
}

export async function rollBack(
  bench: Bench,
  action: Action,
  driven: readonly Driven[],
  scopes = bench.scopes(),
): Promise<Driven[]> {
  const done: Driven[] = [];
  for (const { change } of driven.filter(undoable).toReversed())
    done.push(await drive(bench, action, await wayBack(bench, action, change), "restore", { scopes }));
  return done;
}
