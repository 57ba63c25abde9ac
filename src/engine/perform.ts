import { type Action, loadAction } from "../actions/index.ts";
import type { ChangeState } from "../incidents/index.ts";
import {
  type Change,
  type ChangeResult,
  type Direction,
  instant,
  type Json,
  materialize,
  type Outcome,
  sameJson,
} from "../model/index.ts";
import { ProviderError, type WriteScope } from "../providers/index.ts";
import type { Entrance } from "./at-most.ts";
import type { EngineDeps } from "./deps.ts";
import { sayOver } from "./emergency.ts";
import { mayHold, outcomeOf } from "./outcome.ts";
import { verifyChange } from "./verify.ts";

/** How often a call is made anew after a look showed that the earlier one was not acted on. */
const ATTEMPTS = 3;
/** Pause before that look: an answer that was lost may belong to a call that is still on its way. */
const SETTLE_MS = 2_000;
/** A cut-off time is written a little ahead, so that a clock behind the provider's does not spare sessions issued just now. */
const CUT_OFF_LEAD_MS = 2_000;

export type Performing = {
  readonly run: string;
  readonly incident: string;
  readonly direction: Direction;
  readonly change: Change;
  /** What the log already says of this change, on a resumed run. */
  readonly earlier?: ChangeState;
  /** By place: verifications look in turn, since a run settles changes faster than it sees them. */
  readonly looks: (place: string) => Entrance;
  readonly deps: EngineDeps;
};

/** Brings one change from intent to verification, continuing from whatever the log already says of it. */
export async function perform(performing: Performing, onSettled: (result: ChangeResult) => void): Promise<ChangeResult> {
  const { change, earlier } = performing;
  const action = await loadAction(change.action);
  if (earlier?.outcome && !earlier.inDoubt && mayHold(earlier.outcome)) {
    const settled: Change = { ...change, after: earlier.after };
    const result: ChangeResult = {
      id: change.id,
      outcome: earlier.outcome,
      ...(earlier.conflict === undefined ? {} : { conflict: earlier.conflict }),
    };
    onSettled(result);
    if (earlier.verification?.verdict === "confirmed") return { ...result, verification: earlier.verification };
    return { ...result, verification: await verifyChange(performing, action, settled) };
  }
  const { intended, outcome } = await settle(performing, action);
  const result: ChangeResult = {
    id: change.id,
    outcome,
    ...(change.conflict === undefined ? {} : { conflict: change.conflict }),
  };
  onSettled(result);
  if (!mayHold(outcome)) return result;
  return { ...result, verification: await verifyChange(performing, action, intended) };
}

/** `seen`: a look has settled what can be settled of an unknown outcome. */
type Settled = { readonly intended: Change; readonly outcome: Outcome; readonly seen?: true };

async function settle(performing: Performing, action: Action): Promise<Settled> {
  let doubt = performing.earlier?.inDoubt ? performing.earlier : undefined;
  for (let attempt = 1; ; attempt++) {
    const settled = doubt ? await observe(performing, action, doubt) : await attemptOnce(performing, action);
    if (settled === "not-done") {
      doubt = undefined;
      continue;
    }
    const again =
      settled.outcome.status === "unknown" && settled.seen !== true && attempt < ATTEMPTS && !performing.deps.stop.aborted;
    if (!again) return settled;
    await performing.deps.clock.sleep(SETTLE_MS);
    const now = await look(performing, action);
    if (now === "unseen" || !sameJson(now, performing.change.before)) return settled;
  }
}

/**
 * A change in doubt (an intent whose outcome the log does not know) is settled by looking, never by repeating: in place is
 * `unknown` with that said, untouched is "not done" and may be attempted, anything else is stale.
 */
async function observe(performing: Performing, action: Action, doubt: ChangeState): Promise<Settled | "not-done"> {
  const { deps, change } = performing;
  const intended: Change = { ...change, after: doubt.after };
  if (doubt.token !== undefined && action.settle)
    await action.settle(deps.scopes.read(action.permissions.read), intended, doubt.token);
  const now = await look(performing, action);
  if (now === "unseen")
    return {
      intended,
      outcome: await record(performing, { status: "unknown", why: "unreachable: nobody could look", receipts: [] }),
    };
  if (sameJson(now, doubt.after)) {
    if (sameJson(change.before, doubt.after))
      return { intended, outcome: await record(performing, { status: "unchanged", receipts: [] }) };
    return {
      intended,
      outcome: await record(performing, {
        status: "unknown",
        why: "seen in place; the answer to the call was lost",
        receipts: [],
      }),
      seen: true,
    };
  }
  if (sameJson(now, change.before)) return "not-done";
  return {
    intended,
    outcome: await record(performing, {
      status: "refused",
      why: "stale: the resource is neither as planned nor as intended",
      receipts: [],
    }),
  };
}

async function attemptOnce(performing: Performing, action: Action): Promise<Settled> {
  const { deps, change } = performing;
  const over = sayOver(deps);
  if (over !== null) return { intended: change, outcome: await leave(performing, over) };
  const intended: Change = { ...change, after: materialize(change.after, instant(deps.clock.now() + CUT_OFF_LEAD_MS)) };
  await intend(performing, intended);
  deps.onPoint?.("intended", change.id);
  const scope = deps.scopes.write(action.permissions, (token) => progress(performing, token));
  const outcome = await call(action, scope, intended, deps);
  deps.onPoint?.("called", change.id);
  await record(performing, outcome);
  deps.onPoint?.("settled", change.id);
  return { intended, outcome };
}

/** Not begun. Where an earlier attempt was, and was seen not to have acted, the log says so. */
async function leave(performing: Performing, why: string): Promise<Outcome> {
  const outcome: Outcome = { status: "not-attempted", why, receipts: [] };
  return performing.earlier === undefined ? outcome : await record(performing, outcome);
}

/** Re-reads right before the call; what does not look as planned is not touched. */
async function call(action: Action, scope: WriteScope, change: Change, deps: EngineDeps): Promise<Outcome> {
  for (let attempt = 1; ; attempt++) {
    try {
      const now = await action.read(scope, change.resource);
      if (sameJson(now, change.after)) return settledWithout(change, now);
      if (!sameJson(now, change.before))
        return { status: "refused", why: "stale: the resource changed since it was planned", receipts: [] };
      await action.apply(scope, change);
      return { status: "applied", receipts: [...scope.receipts] };
    } catch (error) {
      if (
        error instanceof ProviderError &&
        (error.kind === "stale" || error.kind === "conflict") &&
        scope.receipts.length === 0 &&
        attempt < 6 &&
        !deps.stop.aborted
      ) {
        await deps.clock.sleep(250 * 2 ** attempt);
        continue;
      }
      return outcomeOf(error, [...scope.receipts]);
    }
  }
}

function settledWithout(change: Change, now: Json): Outcome {
  if (change.conflict === undefined || !sameJson(now, change.before)) return { status: "unchanged", receipts: [] };
  const why = `conflict: ${change.conflict}`;
  // What is gone holds nothing any more: its lease ends, and what waits for it goes on.
  return { status: now === null ? "unchanged" : "refused", why, receipts: [] };
}

async function look(performing: Performing, action: Action): Promise<Json | "unseen"> {
  try {
    return await action.read(performing.deps.scopes.read(action.permissions.read), performing.change.resource);
  } catch (error) {
    if (error instanceof ProviderError) return "unseen";
    throw error;
  }
}

async function intend(performing: Performing, intended: Change): Promise<void> {
  const { action, resource, before, after, asks, undoes } = intended;
  await performing.deps.log.append([
    {
      type: "change.intended",
      incident: performing.incident,
      body: {
        run: performing.run,
        change: intended.id,
        action,
        resource,
        before,
        after,
        ...(asks === undefined ? {} : { asks }),
        ...(undoes === undefined ? {} : { undoes }),
      },
    },
  ]);
}

async function progress(performing: Performing, token: string): Promise<void> {
  const { log } = performing.deps;
  await log.append([
    {
      type: "change.progressed",
      incident: performing.incident,
      body: { run: performing.run, change: performing.change.id, token },
    },
  ]);
}

async function record(performing: Performing, outcome: Outcome): Promise<Outcome> {
  const { change, deps, run, incident } = performing;
  const conflict = change.conflict === undefined ? {} : { conflict: change.conflict };
  await deps.log.append([{ type: "change.settled", incident, body: { run, change: change.id, outcome, ...conflict } }]);
  return outcome;
}
