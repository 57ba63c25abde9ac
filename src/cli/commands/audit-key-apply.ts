import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";
import { applyChange } from "../flow/keyring.ts";

export async function run(args: readonly string[], options: { yes?: boolean }, globals: Globals): Promise<number> {
  return withContext(globals, (context) => applyChange(context, args, options.yes === true));
}
