import type { PlanKind } from "../model/index.ts";
import type { LogState } from "./state.ts";

type Undoing = { readonly kind: PlanKind; readonly of?: string };

/** The runs that a plan undoes, or sweeps after, by the run, the lease or the incident that `of` names. None for one that contains. */
export function undoneRuns(state: LogState, { kind, of }: Undoing): readonly string[] {
  if (kind === "contain" || of === undefined) return [];
  if (kind === "rollback" || kind === "sweep") return [of];
  const leases = [...state.leases.values()].filter(({ id, incident }) => id === of || incident === of);
  return [...new Set(leases.map(({ run }) => run))];
}

/** The runbooks whose doing or undoing a plan is: its own, or those of what it undoes, however often that was undone and done again. */
export function runbooksBehind(
  state: LogState,
  plan: Undoing & { readonly runbook: string },
  known: ReadonlySet<string> = new Set(),
): readonly string[] {
  const behind = undoneRuns(state, plan)
    .filter((run) => !known.has(run))
    .flatMap((run) => {
      const undone = state.plans.get(state.runs.get(run)?.plan ?? "sha256:");
      return undone === undefined ? [] : runbooksBehind(state, undone, new Set([...known, run]));
    });
  return behind.length > 0 ? [...new Set(behind)] : [plan.runbook];
}
