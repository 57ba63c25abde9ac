import { requireStore } from "../audit/index.ts";
import { foldLog } from "../incidents/index.ts";
import { type ChangeResult, ErError, grantsPower, type Plan } from "../model/index.ts";
import { closeRun } from "./close.ts";
import type { EngineDeps } from "./deps.ts";

/** What a containment spends on learning what other machines did, before it begins and once its run is opened. */
const BUDGET_MS = 2_000;

/**
 * Hands what this session wrote to the store that decides the order, and takes over what others did. A containment goes on without:
 * false then. What grants power does not. Errors: `store-required`.
 */
export async function takePlace({ header }: Plan, { log }: EngineDeps): Promise<boolean> {
  if (!grantsPower(header.kind)) return (await log.acknowledged(BUDGET_MS)) === "given";
  await requireStore(log, `a ${header.kind}`);
  return true;
}

/**
 * Of two machines that opened a run of one plan, the one whose opening stands first in the order of the log applies it. The other's
 * ends before anything is touched. Errors: `plan-applied`.
 */
export async function refuseSecond(run: string, plan: Plan, deps: EngineDeps): Promise<void> {
  const first = (await foldLog(deps.log)).runs.get(run)?.repeats ?? null;
  if (first === null) return;
  await closeRun(run, plan, notAgain(plan, first), deps);
  throw new ErError("plan-applied", `plan "${plan.digest}" was applied on another machine first, as ${first}`, {
    hints: [`soc2-er incident show ${plan.header.incident}`, "soc2-er status"],
  });
}

/** What is not begun in a run of a plan that another machine had applied before. */
export function notAgain({ changes }: Pick<Plan, "changes">, first: string): ChangeResult[] {
  const why = `plan-applied: it was applied before, as ${first}`;
  return changes.map(({ id }) => ({ id, outcome: { status: "not-attempted", why, receipts: [] } }));
}
