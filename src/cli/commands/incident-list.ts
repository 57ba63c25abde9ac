import { EXIT } from "../../model/index.ts";
import { sayInstant, table } from "../../terminal/index.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";
import { incidentDocument } from "../incident-document.ts";
import { logState } from "../log-state.ts";

const COLUMNS = [
  { title: "incident" },
  { title: "status" },
  { title: "sev" },
  { title: "declared" },
  { title: "leases" },
  { title: "title", grows: true },
];

export async function run(_args: readonly string[], options: { open?: true }, globals: Globals): Promise<number> {
  return withContext(globals, async (context) => {
    const state = await logState(context);
    const items = [...state.incidents.values()]
      .filter(({ status }) => !options.open || status === "open")
      .sort(
        (left, right) =>
          Number(left.status === "closed") - Number(right.status === "closed") || (left.declaredAt < right.declaredAt ? 1 : -1),
      )
      .map((incident) => incidentDocument(incident, state));
    globals.output.result({ schema: "soc2-er/incident-list@1", items }, ({ width }) => {
      const rows = items.map(({ id, status, severity, declaredAt, leases, title }) => [
        id,
        status,
        String(severity),
        sayInstant(declaredAt),
        String(leases.length),
        title,
      ]);
      return rows.length === 0 ? ["no incidents"] : table(COLUMNS, rows, width);
    });
    return EXIT.ok;
  });
}
