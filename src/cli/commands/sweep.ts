import { foldLog } from "../../incidents/index.ts";
import { ErError, millis } from "../../model/index.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";
import { sweepAgain } from "../flow/application.ts";
import { loadPlan } from "../flow/stored-plan.ts";
import type { ApplyOptions } from "../options.ts";
import { runNamed } from "./resume.ts";

/** Looks once more at what a run's principals left behind, for as long as its approvals let it. */
export async function run([named = ""]: readonly string[], options: ApplyOptions, globals: Globals): Promise<number> {
  return withContext(globals, async (context) => {
    const log = await context.writer();
    const found = runNamed(await foldLog(log), named);
    const plan = await loadPlan(log, found.plan);
    const clause = plan.header.sweep;
    const until = clause === undefined ? 0 : millis(found.openedAt) + clause.forMs;
    if (clause === undefined || context.clock.now() >= until) {
      const why = clause === undefined ? "its plan lets nothing be swept" : "the time for it is over";
      throw new ErError("sweep-outside", `no sweep can be made after "${named}": ${why}`, {
        hints: ["plan what you found by itself: soc2-er revoke <principal>", "soc2-er status --verify"],
      });
    }
    if (found.summary === null)
      throw new ErError("lease-held", `"${named}" has not ended: its sweep is part of it`, {
        hints: [`soc2-er resume ${named}`],
      });
    return sweepAgain(context, found.id, plan, options);
  });
}
