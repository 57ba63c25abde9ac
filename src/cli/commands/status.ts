import { ErError, EXIT, parseDuration } from "../../model/index.ts";
import { statusView } from "../../terminal/index.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";
import { statusOf } from "../status-document.ts";

/** More often would read every held resource of every account without an end. */
const LEAST_INTERVAL_MS = 10_000;

type Options = { readonly incident?: string; readonly verify?: boolean; readonly watch?: string; readonly terraform?: string };

export async function run(_args: readonly string[], options: Options, globals: Globals): Promise<number> {
  if (options.terraform !== undefined) {
    if (options.watch !== undefined || options.verify === true)
      throw new ErError("usage", "--terraform looks at nothing but the log and the state: leave --verify and --watch out", {
        hints: ["soc2-er status --terraform state.json"],
      });
    const { printOverrides } = await import("../flow/terraform.ts");
    return printOverrides(globals, options.incident, options.terraform);
  }
  if (options.watch !== undefined) {
    const everyMs = intervalOf(options.watch);
    const { watchHeld } = await import("../flow/watch.ts");
    return watchHeld(globals, options.incident, everyMs);
  }
  if (options.verify === true) {
    const { verifyHeld } = await import("../flow/held.ts");
    return verifyHeld(globals, options.incident);
  }
  return withContext(globals, async (context) => {
    const { document } = await statusOf(context, options.incident);
    globals.output.result(document, (view) => statusView(document, view, context.clock.now()));
    return EXIT.ok;
  });
}

function intervalOf(text: string): number {
  const hints = ["soc2-er status --verify --watch 30s"];
  const ms = parseDuration(text);
  if (ms === null) throw new ErError("usage", `"${text}" is not a duration`, { hints });
  if (ms < LEAST_INTERVAL_MS) throw new ErError("usage", `"${text}" is more often than every 10s`, { hints });
  return ms;
}
