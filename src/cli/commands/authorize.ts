import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";
import { type AuthorizeOptions, authorize } from "../flow/scope.ts";

export async function run([runbook = ""]: readonly string[], options: AuthorizeOptions, globals: Globals): Promise<number> {
  return withContext(globals, (context) => authorize(context, runbook, options));
}
