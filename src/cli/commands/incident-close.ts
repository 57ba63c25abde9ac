import { activeLeases, foldLog, unfinishedRuns } from "../../incidents/index.ts";
import { ErError, EXIT } from "../../model/index.ts";
import { plural } from "../../terminal/index.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";
import { incidentDocument } from "../incident-document.ts";
import { selectIncident } from "../select.ts";

export async function run([named]: readonly string[], options: { readonly reason: string }, globals: Globals): Promise<number> {
  return withContext(globals, async (context) => {
    const log = await context.writer();
    await log.exclusively(async () => {
      const state = await foldLog(log);
      const incident = selectIncident(state, named, globals.env, globals.output.onTerminal);
      const { id } = incident;
      if (incident.status === "closed")
        throw new ErError("incident-closed", `incident "${id}" is closed already`, { hints: [`soc2-er incident show ${id}`] });
      const open = unfinishedRuns(state).filter((run) => run.incident === id);
      const [first] = open;
      if (first)
        throw new ErError("lease-held", `"${first.id}" of incident "${id}" is not finished`, {
          hints: [`soc2-er resume ${first.id}`],
        });
      const held = activeLeases(state).filter((lease) => lease.incident === id);
      if (held.length > 0)
        throw new ErError("lease-held", `incident "${id}" still holds ${plural(held.length, "containment")}`, {
          hints: [`soc2-er release ${id}`],
        });
      const [entry] = await log.append<"incident.closed">([
        { type: "incident.closed", incident: id, body: { id, reason: options.reason } },
      ]);
      const closed = { ...incident, status: "closed" as const, ...(entry ? { closedAt: entry.at } : {}) };
      globals.output.result(
        { ...incidentDocument(closed, state), reason: options.reason, next: [{ argv: ["soc2-er", "incident", "timeline", id] }] },
        () => [`${id} closed: ${options.reason}`],
      );
    });
    return EXIT.ok;
  });
}
