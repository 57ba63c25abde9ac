import { ErError } from "../../model/index.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";
import { type DecisionOptions, decide, recordPasted } from "../flow/decision.ts";

export async function run(
  [named]: readonly string[],
  options: DecisionOptions & { paste?: boolean },
  globals: Globals,
): Promise<number> {
  if (options.paste === true) return withContext(globals, recordPasted);
  if (named === undefined)
    throw new ErError("usage", "no plan given", { hints: ["soc2-er plan list", "soc2-er approve <plan>"] });
  return withContext(globals, (context) => decide(context, named, "approve", options));
}
