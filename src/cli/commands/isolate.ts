import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";
import { contain, runbookFor } from "../flow/containment.ts";
import { parseTarget } from "../flow/target.ts";
import type { ContainmentOptions } from "../options.ts";

export async function run(args: readonly string[], options: ContainmentOptions, globals: Globals): Promise<number> {
  const target = parseTarget("tenant", args);
  return withContext(globals, async (context) =>
    contain(context, runbookFor(await context.runbooks(), "isolate", "tenant"), target, options),
  );
}
