import { foldLog } from "../../incidents/index.ts";
import { ErError, EXIT, type Incident, newId, type Severity } from "../../model/index.ts";
import { sayInstant } from "../../terminal/index.ts";
import type { Globals } from "../command.ts";
import { type Context, withContext } from "../context.ts";
import { incidentDocument } from "../incident-document.ts";

export type DeclareOptions = {
  readonly title: string;
  readonly severity: "1" | "2" | "3" | "4";
  readonly tenant?: string;
  readonly class?: string;
};

export async function run(_args: readonly string[], options: DeclareOptions, globals: Globals): Promise<number> {
  return withContext(globals, async (context) => {
    const incident = await declareIncident(context, options);
    const document = {
      ...incidentDocument(incident, await foldLog(await context.writer())),
      next: await proposals(context, incident),
    };
    globals.output.result(document, () => [
      `${incident.id} declared at ${sayInstant(incident.declaredAt)}, severity ${incident.severity}: ${incident.title}`,
    ]);
    return EXIT.ok;
  });
}

/** Writes `incident.declared`; its time is where the clocks of the incident start. */
export async function declareIncident(context: Context, options: DeclareOptions): Promise<Incident> {
  const title = options.title.trim();
  if (title === "" || title.length > 200)
    throw new ErError("usage", "the title must have 1 to 200 characters", { hints: ["--title 'what happens'"] });
  const log = await context.writer();
  return log.exclusively(async () => {
    const known = (await foldLog(log)).incidents;
    let id = newId("inc", context.clock.now());
    while (known.has(id)) id = newId("inc", context.clock.now());
    const severity = Number(options.severity) as Severity;
    const body = {
      id,
      title,
      severity,
      ...(options.tenant === undefined ? {} : { tenant: options.tenant }),
      ...(options.class === undefined ? {} : { dataClass: options.class }),
    };
    const [entry] = await log.append<"incident.declared">([{ type: "incident.declared", incident: id, body }]);
    if (!entry) throw new ErError("audit-unavailable", "the log took the declaration without confirming it");
    return { ...body, mode: context.mode, declaredAt: entry.at, declaredBy: entry.person, status: "open" };
  });
}

/** Commands for the runbooks whose triggers match; for a known tenant at least its lockdown. */
async function proposals(context: Context, incident: Incident): Promise<{ argv: string[] }[]> {
  const matching = (await context.runbooks()).filter(({ command, triggers }) => {
    if (command?.noun !== "tenant" || incident.tenant === undefined || triggers === undefined) return false;
    return (
      (triggers.severity?.includes(incident.severity) ?? false) ||
      (incident.dataClass !== undefined && (triggers.dataClass?.includes(incident.dataClass) ?? false))
    );
  });
  const verbs = matching.flatMap(({ command }) => (command ? [command.verb] : []));
  const tenant = incident.tenant === undefined ? [] : [incident.tenant];
  const chosen = verbs.length > 0 ? verbs : tenant.length > 0 ? ["lockdown"] : [];
  return [
    ...chosen.map((verb) => ({ argv: ["soc2-er", verb, "tenant", ...tenant, "--incident", incident.id] })),
    { argv: ["soc2-er", "status", "--incident", incident.id] },
  ];
}
