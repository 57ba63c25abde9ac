import { foldLog } from "../../incidents/index.ts";
import { EXIT } from "../../model/index.ts";
import { planView } from "../../terminal/index.ts";
import { blastRadii } from "../blast-radii.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";
import { nextOfPlan, planDocument } from "../documents.ts";
import { findPlan, loadPlan, rulingOf } from "../flow/stored-plan.ts";

export async function run([named = ""]: readonly string[], options: { full?: true }, globals: Globals): Promise<number> {
  return withContext(globals, async (context) => {
    const reader = await context.reader();
    const state = await foldLog(reader);
    const plan = await loadPlan(reader, findPlan(state, named, globals.output.onTerminal));
    const ruling = await rulingOf(reader, state, plan, context.clock);
    const applied = state.plans.get(plan.digest)?.run ?? null;
    const next =
      applied === null ? nextOfPlan(plan.digest, ruling) : [{ argv: ["soc2-er", "incident", "show", plan.header.incident] }];
    const document = { ...planDocument(plan, ruling, next), run: applied };
    const blastRadius = await blastRadii();
    globals.output.result(document, (view) =>
      planView(document, view, { now: context.clock.now(), full: options.full === true, blastRadius }),
    );
    return EXIT.ok;
  });
}
