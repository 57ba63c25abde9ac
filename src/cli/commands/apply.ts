import { foldLog } from "../../incidents/index.ts";
import { ErError } from "../../model/index.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";
import { applyStored, awaitApproval, refuseUnattended } from "../flow/application.ts";
import { emergencyAsked, refuseEmergency } from "../flow/emergency.ts";
import { showPending } from "../flow/show.ts";
import { findPlan, loadPlan } from "../flow/stored-plan.ts";
import type { ApplyOptions } from "../options.ts";

export async function run(
  [named = ""]: readonly string[],
  options: ApplyOptions & { full?: true; breakGlass?: string },
  globals: Globals,
): Promise<number> {
  return withContext(globals, async (context) => {
    refuseUnattended(context, options);
    const log = await context.writer();
    const state = await foldLog(log);
    const plan = await loadPlan(log, findPlan(state, named, globals.output.onTerminal));
    // A plan that cannot run any more says so at once, whoever has approved it.
    const applied = state.plans.get(plan.digest)?.run;
    if (applied) {
      throw new ErError("plan-applied", `plan "${plan.digest}" was applied already, as ${applied}`, {
        hints: [`soc2-er resume ${applied}`, "soc2-er status"],
      });
    }
    const emergency = emergencyAsked(context, options.breakGlass);
    await refuseEmergency(context, plan.header.runbook.id, emergency);
    return emergency !== null || (await awaitApproval(context, plan, options))
      ? applyStored(context, plan, options)
      : showPending(context, plan, options.full === true);
  });
}
