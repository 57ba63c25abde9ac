import { openIncidents, timeline } from "../../incidents/index.ts";
import { ErError, EXIT, type Incident, sayDuration } from "../../model/index.ts";
import { sayInstant, table, tame } from "../../terminal/index.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";
import { logState } from "../log-state.ts";
import { selectIncident } from "../select.ts";

const COLUMNS = [{ title: "time (UTC)" }, { title: "since" }, { title: "who" }, { title: "what", grows: true }];

export async function run([named]: readonly string[], _options: object, globals: Globals): Promise<number> {
  return withContext(globals, async (context) => {
    const state = await logState(context);
    const newest = newestOf([...state.incidents.values()]);
    const incident =
      named === undefined && openIncidents(state).length === 0 && newest
        ? newest
        : selectIncident(state, named, globals.env, globals.output.onTerminal);
    const rows = await timeline(await context.reader(), incident.id);
    if (globals.output.format === "ndjson")
      for (const row of rows) globals.output.event({ schema: "soc2-er/timeline-row@1", ...row }, null);
    const document = {
      schema: "soc2-er/timeline@1",
      incident: incident.id,
      mode: incident.mode,
      slaMs: { revocation: context.config.sla.revocationMs, alerting: context.config.sla.alertingMs },
      items: rows,
    };
    globals.output.result(document, ({ width }) => {
      if (rows.length === 0) throw new ErError("internal", `incident "${incident.id}" has no entries`);
      return table(
        COLUMNS,
        rows.map(({ at, sinceDeclaredMs, person, text }) => [
          sayInstant(at),
          `+${sayDuration(sinceDeclaredMs)}`,
          person,
          tame(text),
        ]),
        width,
      );
    });
    return EXIT.ok;
  });
}

function newestOf(incidents: readonly Incident[]): Incident | undefined {
  return incidents.toSorted((left, right) => (left.declaredAt < right.declaredAt ? 1 : -1))[0];
}
