import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";
import { type ProposeOptions, proposeChange } from "../flow/keyring.ts";

export async function run(args: readonly string[], options: ProposeOptions, globals: Globals): Promise<number> {
  return withContext(globals, (context) => proposeChange(context, args, options));
}
