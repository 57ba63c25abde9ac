import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";
import { signChange } from "../flow/keyring.ts";

export async function run(args: readonly string[], options: { yes?: boolean }, globals: Globals): Promise<number> {
  return withContext(globals, (context) => signChange(context, args, options.yes === true));
}
