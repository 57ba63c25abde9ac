import { type Action, loadAction } from "../actions/index.ts";
import type { LeaseState } from "../incidents/index.ts";
import {
  type Change,
  type Clock,
  DeadlineError,
  digestJson,
  ErError,
  type Instant,
  instant,
  type Json,
  type LeaseVerdict,
  type ResourceRef,
  sameJson,
  within,
} from "../model/index.ts";
import { asChange, sideBySide } from "../planner/index.ts";
import { ProviderError, type ReadScope, type ScopeFactory } from "../providers/index.ts";

/** Places looked at side by side, and leases in one of them; the providers' own pacing stands behind both. */
const PLACES = 64;
const IN_ONE_PLACE = 8;
/** Longest time that looking at one lease may take. */
const LOOK_MS = 30_000;

/**
 * What a look at one lease showed. `at` is when it began. `unverified`: nobody could look, and `detail` says why; of others that are
 * not held, `detail` says what is no longer as it was put, and `observed` has the digest of what was read.
 */
export type Look = {
  readonly verdict: LeaseVerdict | "unverified";
  readonly at: Instant;
  readonly detail?: string;
  readonly observed?: Json;
};

export type HeldDeps = {
  readonly scopes: Pick<ScopeFactory, "read">;
  readonly clock: Clock;
  /** Once it is aborted, nothing more is looked at or waited for. */
  readonly stop?: AbortSignal;
  readonly lookMs?: number;
  readonly onLook?: (facts: { readonly done: number; readonly total: number }) => void;
};

/**
 * Looks at what leases hold, with read scopes only; by the lease's id. A place (one account in one Region) that does not answer
 * costs at most two deadlines and holds up no other.
 */
export async function lookAtLeases(leases: readonly LeaseState[], deps: HeldDeps): Promise<ReadonlyMap<string, Look>> {
  const looks = new Map<string, Look>();
  using stopped = stoppedBy(deps.stop);
  const places = Map.groupBy(leases, ({ resource }) => placeOf(resource));
  await sideBySide([...places], PLACES, async ([place, own]) => {
    let silent = 0;
    await sideBySide(own, IN_ONE_PLACE, async (lease) => {
      const given = silent >= IN_ONE_PLACE;
      const look = given ? unseen(deps, `not looked at: ${place} gives no answer`) : await lookAt(lease, deps, stopped.promise);
      silent = look.late === true ? silent + 1 : given ? silent : 0;
      const { late: _, ...told } = look;
      looks.set(lease.id, told);
      deps.onLook?.({ done: looks.size, total: leases.length });
    });
  });
  return looks;
}

function placeOf({ provider, account, region }: ResourceRef): string {
  return `${provider} ${account} ${region}`;
}

type Timed = Look & { readonly late?: true };

class Stopped extends Error {
  constructor() {
    super("not looked at: stopped");
  }
}

/** Fails when the signal fires. One listener for all looks, whatever is held. */
function stoppedBy(stop: AbortSignal | undefined): Disposable & { readonly promise: Promise<never> } {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined);
  const onAbort = (): void => reject(new Stopped());
  if (stop?.aborted) onAbort();
  stop?.addEventListener("abort", onAbort);
  return { promise, [Symbol.dispose]: () => stop?.removeEventListener("abort", onAbort) };
}

async function lookAt(lease: LeaseState, deps: HeldDeps, stopped: Promise<never>): Promise<Timed> {
  if (deps.stop?.aborted) return unseen(deps, new Stopped().message);
  const at = instant(deps.clock.now());
  try {
    const action = await loadAction(lease.action);
    const scope = deps.scopes.read(action.permissions.read);
    const work = () => Promise.race([judge(action, scope, lease), stopped]);
    return { at, ...(await within(deps.clock, deps.lookMs ?? LOOK_MS, work)) };
  } catch (error) {
    return { ...unseen(deps, sayCause(error)), ...(error instanceof DeadlineError ? { late: true } : {}) };
  }
}

function unseen({ clock }: HeldDeps, detail: string): Timed {
  return { verdict: "unverified", at: instant(clock.now()), detail };
}

async function judge(action: Action, scope: ReadScope, lease: LeaseState): Promise<Omit<Look, "at">> {
  const change = asChange(lease);
  const { verdict, detail } = await action.verify(scope, change, "contain");
  if (verdict === "confirmed") return { verdict: "held" };
  const why = detail === undefined ? {} : { detail };
  if (verdict === "inconclusive") return { verdict: "unverified", ...why };
  const now = await action.read(scope, lease.resource);
  const part = await leavesPart(action, scope, lease, change, now);
  return { verdict: part ? "partly" : "undone", ...why, observed: { state: digestJson(now) } };
}

/**
 * Whether anything of a containment is left that does not hold any more: what was put stands and something makes it void, or taking
 * ours away would still take something away.
 */
async function leavesPart(action: Action, scope: ReadScope, lease: LeaseState, change: Change, now: Json): Promise<boolean> {
  if (sameJson(now, change.after)) return true;
  const back: Change = { ...change, before: change.after, after: lease.base };
  const restored = await action.verify(scope, back, "restore");
  if (restored.verdict === "confirmed" || !action.merge) return false;
  return !sameJson(action.merge(lease.base, change, now, []).state, now);
}

/** Even a defect in looking at one lease must not hide what was seen of the others. */
function sayCause(error: unknown): string {
  if (error instanceof ProviderError) return `${error.kind}: ${error.providerCode || error.message}`;
  if (error instanceof DeadlineError || error instanceof Stopped) return error.message;
  const message = error instanceof Error ? error.message : String(error);
  return `${error instanceof ErError ? error.code : "internal"}: ${message}`;
}
