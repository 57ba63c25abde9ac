import { foldLog } from "../../incidents/index.ts";
import { ErError, EXIT } from "../../model/index.ts";
import { planView } from "../../terminal/index.ts";
import { blastRadii } from "../blast-radii.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";
import { nextOfPlan, planDocument } from "../documents.ts";
import { type RequestOptions, showRequest } from "../flow/request.ts";
import { findPlan, loadPlan, rulingOf } from "../flow/stored-plan.ts";

type Options = RequestOptions & { readonly full?: true; readonly request?: true };

export async function run([named = ""]: readonly string[], options: Options, globals: Globals): Promise<number> {
  if (options.request !== true) refuseWithoutRequest(options);
  return withContext(globals, async (context) => {
    const reader = await context.reader();
    const state = await foldLog(reader);
    const plan = await loadPlan(reader, findPlan(state, named, globals.output.onTerminal));
    const ruling = await rulingOf(reader, state, plan, context.clock);
    if (options.request === true) return await showRequest(context, plan, ruling, options);
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

function refuseWithoutRequest(options: RequestOptions): void {
  for (const name of ["for", "out", "qr"] as const) {
    if (options[name] !== undefined)
      throw new ErError("usage", `--${name} is about a request`, { hints: ["soc2-er plan show <plan> --request"] });
  }
}
