import { activeLeases, foldLog, openIncidents } from "../../incidents/index.ts";
import { EXIT } from "../../model/index.ts";
import { statusView } from "../../terminal/index.ts";
import type { Globals } from "../command.ts";
import { type Context, withContext } from "../context.ts";
import { leaseDocument } from "../incident-document.ts";
import { incidentNamed } from "../select.ts";
import { nextOf, waitingOf } from "../waiting.ts";

export async function run(_args: readonly string[], options: { incident?: string }, globals: Globals): Promise<number> {
  return withContext(globals, async (context) => {
    const document = await statusDocument(context, options.incident);
    globals.output.result(document, (view) => statusView(document, view, context.clock.now()));
    return EXIT.ok;
  });
}

/** What is open, what is held, who must act (`soc2-er/status@1`). */
async function statusDocument(context: Context, only: string | undefined) {
  const { mode } = context;
  const base = { schema: "soc2-er/status@1" as const, mode, origin: context.origin };
  const reader = await context.readerIfAny();
  if (!reader)
    return { ...base, incidents: [], leases: [], waiting: [], remote: { state: "none", lagSeconds: 0 }, next: [declare] };
  const state = await foldLog(reader);
  const incidents = only === undefined ? openIncidents(state) : [incidentNamed(state, only, context.globals.output.onTerminal)];
  const asked = ({ incident }: { incident: string }): boolean =>
    only === undefined || incidents.some(({ id }) => id === incident);
  const waiting = (await waitingOf(reader, state, context.clock)).filter(asked);
  const { state: remote, lagSeconds } = await reader.remote();
  const leases = activeLeases(state).filter(asked).map(leaseDocument);
  const releases = [...new Set(leases.map(({ incident }) => incident))].map((id) => ({ argv: ["soc2-er", "release", id] }));
  const next = waiting.length > 0 ? waiting.map(nextOf) : incidents.length === 0 && releases.length === 0 ? [declare] : releases;
  return { ...base, incidents, leases, waiting, remote: { state: remote, lagSeconds }, next };
}

const declare = { argv: ["soc2-er", "incident", "declare", "--title", "what happens", "--severity", "2"] };
