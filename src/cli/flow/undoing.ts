import { foldLog, type LogState, undoneRuns } from "../../incidents/index.ts";
import { digestJson, ErError, instant, newNonce, type Plan, type PlanHeader, type Role } from "../../model/index.ts";
import { planRestoration, sealPlan, type Undoing } from "../../planner/index.ts";
import type { Context } from "../context.ts";
import type { ApplyOptions } from "../options.ts";
import { applyStored, awaitApproval, refuseUnattended } from "./application.ts";
import { showDryRun, showPending } from "./show.ts";
import { loadPlan, storePlan } from "./stored-plan.ts";

export type UndoOptions = ApplyOptions & { readonly dryRun?: boolean; readonly planOnly?: boolean; readonly full?: boolean };

/** From what is to be lifted to a stored plan, and on to the run. A rollback needs the quorum of what it undoes. */
export async function undo(context: Context, undoing: Undoing, incident: string, options: UndoOptions): Promise<number> {
  if (options.dryRun === true)
    return await showDryRun(context, await planUndoing(context, undoing, incident, "dry-run"), options.full === true);
  refuseUnattended(context, options);
  const log = await context.writer();
  const plan = await planUndoing(context, undoing, incident, log.person.id);
  await storePlan(log, plan);
  if (options.planOnly === true) return await showPending(context, plan, options.full === true);
  return (await awaitApproval(context, plan, options))
    ? await applyStored(context, plan, options)
    : await showPending(context, plan, options.full === true);
}

/** Reads only: what is there is looked at, what it was is in the log. `looks` is whose look the clouds' own trails show. */
export async function planUndoing(
  context: Context,
  undoing: Undoing,
  incident: string,
  operator: string,
  { signal = new AbortController().signal, looks = operator }: { readonly signal?: AbortSignal; readonly looks?: string } = {},
): Promise<Plan> {
  const log = await context.reader();
  const state = await foldLog(log);
  const scopes = await context.scopes({ signal, incident, person: looks });
  const { changes, skipped } = await planRestoration(state, undoing, {
    open: (action) => scopes.read(action.permissions.read),
    loadPlan: (digest) => loadPlan(log, digest),
  });
  const runs = undoneRuns(state, { kind: undoing.kind, of: nameOf(undoing) });
  const now = context.clock.now();
  const header: PlanHeader = {
    schema: "soc2-er/plan@1",
    kind: undoing.kind,
    of: nameOf(undoing),
    nonce: newNonce(),
    origin: context.origin,
    mode: context.mode,
    incident,
    runbook: { id: undoing.kind, digest: digestJson({ [undoing.kind]: nameOf(undoing) }) },
    target: nameOf(undoing),
    params: {},
    operator,
    createdAt: instant(now),
    expiresAt: instant(now + context.config.policy.planLifeMs),
    required: rolesOf(state, runs),
    leasesExpireAt: null,
    checks: [],
    skipped,
    tool: context.tool,
  };
  return sealPlan(header, changes);
}

/** What a plan that restores was asked for. */
export function undoingOf({ kind, of = "" }: Pick<PlanHeader, "kind" | "of">, { incidents }: LogState): Undoing {
  if (kind === "rollback") return { kind: "rollback", run: of };
  return incidents.has(of) ? { kind: "release", incident: of } : { kind: "release", lease: of };
}

export function nameOf(undoing: Undoing): string {
  if (undoing.kind === "rollback") return undoing.run;
  return "lease" in undoing ? undoing.lease : undoing.incident;
}

/** Every role that any of the undone runs needed. */
function rolesOf(state: LogState, runs: readonly string[]): readonly Role[] {
  const plans = runs.flatMap((run) => state.runs.get(run)?.plan ?? []);
  const roles = plans.flatMap((plan) => state.plans.get(plan)?.required ?? []);
  if (roles.length === 0 && runs.length > 0 && plans.length === 0)
    throw new ErError("unknown-run", `no run "${runs[0]}" is in the log`);
  return [...new Set(roles)].sort();
}
