import { EXIT } from "../../model/index.ts";
import { plural, tame } from "../../terminal/index.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";

const BUDGET_MS = 60_000;
const FORWARD_MS = 15_000;

/** Exit 9 while a store lacks something. Forwarders are told of and decide nothing. */
export async function run(_args: readonly string[], _options: object, globals: Globals): Promise<number> {
  return withContext(globals, async (context) => {
    const remote = await (await context.writer()).sync(BUDGET_MS);
    const forwarders = await context.forwarders();
    await forwarders.deliver(FORWARD_MS);
    const forward = await forwarders.states();
    globals.output.result({ schema: "soc2-er/sync@1", origin: context.origin, ...remote, forward }, ({ paint }) => [
      remote.state === "none"
        ? "no remote store is configured: the log is on this machine only"
        : `stores ${remote.state}, ${plural(remote.pending, "entry", "entries")} pending`,
      ...remote.stores.map(({ name, state, pending, reason }) => {
        const said = state === "up-to-date" ? paint.green(state) : paint.red(state);
        return `  ${tame(name)}: ${said}${pending > 0 ? `, ${pending} pending` : ""}${reason === undefined ? "" : `, ${tame(reason)}`}`;
      }),
      ...forward.map(({ name, state, pending, reason = "" }) => {
        const said = state === "up-to-date" ? paint.green(state) : paint.yellow(`${state}, ${pending} pending`);
        return `  ${tame(name)}: ${said}${reason === "" ? "" : `, ${tame(reason)}`}`;
      }),
    ]);
    return remote.state === "behind" || remote.state === "down" ? EXIT.audit : EXIT.ok;
  });
}
