import { foldLog } from "../../incidents/index.ts";
import { ErError } from "../../model/index.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";
import { type UndoOptions, undo } from "../flow/undoing.ts";

export async function run([named = ""]: readonly string[], options: UndoOptions, globals: Globals): Promise<number> {
  return withContext(globals, async (context) => {
    const state = await foldLog(await context.reader());
    const incident = state.incidents.get(named);
    if (incident) return undo(context, { kind: "release", incident: incident.id }, incident.id, options);
    const lease = state.leases.get(named);
    if (lease) return undo(context, { kind: "release", lease: lease.id }, lease.incident, options);
    throw new ErError("unknown-lease", `"${named}" is neither an incident nor a lease`, {
      hints: ["soc2-er status", "soc2-er incident list"],
    });
  });
}
