import { type LogState, openIncidents } from "../../incidents/index.ts";
import { EXIT, type Incident } from "../../model/index.ts";
import { plural, sayInstant, sayResource, shortDigest, tame, type View, wrap } from "../../terminal/index.ts";
import type { Globals } from "../command.ts";
import { type Context, withContext } from "../context.ts";
import { incidentDocument } from "../incident-document.ts";
import { logState } from "../log-state.ts";
import { selectIncident } from "../select.ts";

export async function run([named]: readonly string[], _options: object, globals: Globals): Promise<number> {
  return withContext(globals, async (context) => {
    const state = await logState(context);
    const incident = chosen(context, state, named);
    const { id } = incident;
    const plans = [...state.plans.values()]
      .filter((plan) => plan.incident === id)
      .map(({ plan, kind, runbook, target, changes, createdAt, run: ran }) => ({
        plan,
        kind,
        runbook,
        target,
        changes,
        createdAt,
        run: ran,
      }));
    const runs = [...state.runs.values()]
      .filter((run) => run.incident === id)
      .map(({ id: run, plan, kind, repeats, openedAt, closedAt, summary }) => ({
        id: run,
        plan,
        kind,
        repeats,
        openedAt,
        closedAt,
        result: summary?.result ?? null,
      }));
    const document = {
      ...incidentDocument(incident, state),
      plans,
      runs,
      next: [{ argv: ["soc2-er", "incident", "timeline", id] }],
    };
    globals.output.result(document, (view) => lines(document, view));
    return EXIT.ok;
  });
}

/** Without a name the single open incident, or the newest one when none is open. */
function chosen(context: Context, state: LogState, named: string | undefined): Incident {
  const newest = [...state.incidents.values()].sort((left, right) => (left.declaredAt < right.declaredAt ? 1 : -1))[0];
  if (named === undefined && !context.globals.env["SOC2_ER_INCIDENT"] && openIncidents(state).length === 0 && newest)
    return newest;
  return selectIncident(state, named, context.globals.env, context.globals.output.onTerminal);
}

type Shown = ReturnType<typeof incidentDocument> & {
  readonly plans: readonly { plan: string; kind: string; runbook: string; target: string; changes: number; run: string | null }[];
  readonly runs: readonly { id: string; kind: string; repeats: string | null; result: string | null }[];
};

function lines(incident: Shown, { width, paint }: View): string[] {
  const { id, title, severity, status, declaredAt, declaredBy, tenant, closedAt } = incident;
  const facts = [
    `${status}, declared ${sayInstant(declaredAt)} by ${declaredBy}${closedAt === undefined ? "" : `, closed ${sayInstant(closedAt)}`}`,
    ...(tenant === undefined ? [] : [`tenant ${tenant}`]),
    ...incident.plans.map(
      (plan) =>
        `plan ${shortDigest(plan.plan)} ${plan.runbook} on ${plan.target}, ${plural(plan.changes, "change")}${plan.run === null ? ", not applied" : `, ${plan.run}`}`,
    ),
    ...incident.runs.map(
      ({ id: run, kind, repeats, result }) =>
        `run ${run} (${kind}) ${result ?? "not finished"}${repeats === null ? "" : `, of a plan that ${repeats} applied before`}`,
    ),
    ...incident.leases.map((lease) => `holds ${lease.action} on ${sayResource(lease.resource)}`),
  ];
  return [
    ...wrap(tame(`${id} severity ${severity}: ${title}`), width, 2).map((line) => paint.bold(line)),
    ...facts.flatMap((fact) => wrap(tame(`  ${fact}`), width, 4)),
  ];
}
