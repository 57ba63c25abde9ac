import { EXIT } from "../../model/index.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";

/** The world goes back to its beginning; the drill's log keeps what happened in it. */
export async function run(_args: readonly string[], options: { yes?: true }, globals: Globals): Promise<number> {
  return withContext({ ...globals, range: true }, async (context) => {
    const unasked = ["soc2-er", "range", "reset", "--yes"];
    if (!options.yes) await context.screen.confirm("range", "put the simulated cloud back to its beginning", unasked);
    context.range?.reset();
    globals.output.result(
      { schema: "soc2-er/range-reset@1", reset: true, next: [{ argv: ["soc2-er", "range", "show"] }] },
      () => ["the simulated cloud is back at its beginning; the drill's log was kept"],
    );
    return EXIT.ok;
  });
}
