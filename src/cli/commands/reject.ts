import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";
import { type DecisionOptions, decide } from "../flow/decision.ts";

export async function run([named = ""]: readonly string[], options: DecisionOptions, globals: Globals): Promise<number> {
  return withContext(globals, (context) => decide(context, named, "deny", options));
}
