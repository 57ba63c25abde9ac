import type { BreakGlass, Digest, EntryOf, Instant, Role } from "../model/index.ts";
import type { LogState, PlanState } from "./state.ts";

/** A plan that was applied by a break-glass ruling, with what followed. */
export type EmergencyState = {
  readonly plan: Digest;
  readonly origin: string;
  readonly incident: string;
  readonly runbook: string;
  readonly target: string;
  readonly run: string | null;
  /** Who made the plan, and who had it ruled. */
  readonly operator: string;
  readonly applier: string;
  readonly at: Instant;
  readonly breakGlass: BreakGlass;
  readonly reviews: readonly EntryOf<"ruling.reviewed">[];
  /** Skipped roles that no channel reached, as far as the log says: all of them where it says nothing. */
  readonly untold: readonly Role[];
};

/** In the order of their plans. `origin` is the log's. */
export function emergenciesIn(state: LogState, origin: string): EmergencyState[] {
  return [...state.plans.values()].flatMap((plan) => emergencyOf(plan, origin) ?? []);
}

export function emergencyOf({ ruling, ...plan }: PlanState, origin: string): EmergencyState | null {
  if (ruling?.breakGlass === undefined) return null;
  const { plan: digest, incident, runbook, target, run, operator, reviews, notified } = plan;
  const told = new Set(notified.flatMap((entry) => entry.body.told.flatMap(({ roles }) => roles)));
  return {
    ...{ plan: digest, origin, incident, runbook, target, run, operator, applier: ruling.person, at: ruling.at },
    ...{ breakGlass: ruling.breakGlass, reviews },
    untold: ruling.breakGlass.skipped.filter((role) => !told.has(role)),
  };
}

/** The end of the break-glass ruling that a plan, or the one whose run it sweeps after, is applied under; null where there is none. */
export function endOfRuling(
  state: LogState,
  plan: { readonly digest: Digest; readonly kind: string; readonly of?: string },
): Instant | null {
  const ruled = plan.kind === "sweep" ? state.runs.get(plan.of ?? "")?.plan : plan.digest;
  return (ruled === undefined ? undefined : state.plans.get(ruled))?.ruling?.breakGlass?.until ?? null;
}
