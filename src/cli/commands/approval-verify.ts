import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";
import { showRecorded } from "../flow/recorded.ts";

export async function run([named = ""]: readonly string[], options: { plan?: string }, globals: Globals): Promise<number> {
  return withContext(globals, (context) => showRecorded(context, named, true, options.plan));
}
