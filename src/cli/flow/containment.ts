import { foldLog } from "../../incidents/index.ts";
import { ErError, type Incident, type Plan, parseDuration, type Target } from "../../model/index.ts";
import { type ContainRequest, type PlanDeps, planContainment } from "../../planner/index.ts";
import type { ScopeFactory } from "../../providers/index.ts";
import type { Runbook } from "../../runbooks/index.ts";
import type { Context } from "../context.ts";
import type { ContainmentOptions } from "../options.ts";
import { selectIncident } from "../select.ts";
import { applyStored, awaitApproval, refuseUnattended } from "./application.ts";
import { emergencyAsked, refuseEmergency } from "./emergency.ts";
import { showDryRun, showPending } from "./show.ts";
import { storePlan } from "./stored-plan.ts";

/** From a target to a stored plan, and on to the run where its approvals are waited for. Resolves to the exit code. */
export async function contain(context: Context, runbook: Runbook, target: Target, options: ContainmentOptions): Promise<number> {
  if (options.dryRun === true) {
    const incident = await incidentIfAny(context, options);
    const plan = await makePlan(context, { runbook, target, options, incident, operator: "dry-run", probe: true });
    return await showDryRun(context, plan, options.full === true);
  }
  refuseUnattended(context, options);
  if (options.breakGlass !== undefined && options.planOnly === true)
    throw new ErError("usage", "--plan-only stores a plan for approval: a break-glass ruling is had when it is applied", {
      hints: ["leave one of them out", "soc2-er apply <plan> --break-glass 'why'"],
    });
  const emergency = emergencyAsked(context, options.breakGlass);
  await refuseEmergency(context, runbook.id, emergency);
  const log = await context.writer();
  const incident = await incidentFor(context, options);
  const plan = await makePlan(context, { runbook, target, options, incident, operator: log.person.id, probe: false });
  await storePlan(log, plan);
  if (options.planOnly === true) return await showPending(context, plan, options.full === true);
  return emergency !== null || (await awaitApproval(context, plan, options))
    ? await applyStored(context, plan, options)
    : await showPending(context, plan, options.full === true);
}

type Asked = {
  readonly runbook: Runbook;
  readonly target: Target;
  readonly options: ContainmentOptions;
  readonly incident: Incident | null;
  readonly operator: string;
  readonly probe: boolean;
};

async function makePlan(context: Context, asked: Asked): Promise<Plan> {
  const { options, incident } = asked;
  const scopes = await context.scopes({
    signal: new AbortController().signal,
    ...(incident === null ? {} : { incident: incident.id, person: asked.operator }),
  });
  const leaseMs = durationOf("--expires", options.expires);
  const maxChanges = countOf("--max-changes", options.maxChanges);
  const request: ContainRequest = {
    kind: "contain",
    runbook: asked.runbook,
    target: asked.target,
    params: paramsOf(options.param ?? []),
    incident,
    operator: asked.operator,
    probe: asked.probe,
    ...(maxChanges === null ? {} : { maxChanges }),
    ...(leaseMs === null ? {} : { leaseMs }),
    ...(options.account === undefined ? {} : { account: options.account }),
    ...(options.region === undefined ? {} : { region: options.region }),
  };
  const progress = context.screen.planning(`planning ${asked.runbook.id}`);
  try {
    return await planContainment(request, {
      ...(await planDeps(context, scopes)),
      onProgress: ({ phase, done, total }) => progress.count({ word: phase, done, total }),
    });
  } finally {
    progress.stop();
  }
}

/** What planning works with: the organization's file, and the people and approvals that the log was founded with. */
export async function planDeps(context: Context, scopes: ScopeFactory): Promise<PlanDeps> {
  const { config, origin, mode, clock, tool } = context;
  const keyring = await (await context.readerIfAny())?.keyring();
  return {
    ...{ config, scopes, origin, mode, clock, tool, auditStores: config.audit.stores },
    ...(keyring === undefined ? {} : { founding: keyring, people: keyring.people }),
  };
}

async function incidentFor(context: Context, options: ContainmentOptions): Promise<Incident> {
  if (options.declare !== undefined) {
    const { declareIncident } = await import("../commands/incident-declare.ts");
    const incident = await declareIncident(context, { title: options.declare, severity: options.severity ?? "2" });
    context.screen.notice(`${incident.id} declared, severity ${incident.severity}: ${incident.title}`);
    return incident;
  }
  const state = await foldLog(await context.writer());
  const incident = selectIncident(state, options.incident, context.globals.env, context.globals.output.onTerminal);
  if (incident.status === "open") return incident;
  throw new ErError("incident-closed", `incident "${incident.id}" is closed`, { hints: ["soc2-er incident list"] });
}

/** A dry run needs no incident; one that is named must exist. */
async function incidentIfAny(context: Context, options: ContainmentOptions): Promise<Incident | null> {
  const reader = await context.readerIfAny();
  const named = options.incident ?? (context.globals.env["SOC2_ER_INCIDENT"] || undefined);
  if (!reader) {
    if (named === undefined) return null;
    throw new ErError("unknown-incident", `no incident "${named}" is in the log`, { hints: ["soc2-er incident list"] });
  }
  const state = await foldLog(reader);
  if (named !== undefined) return selectIncident(state, named, {}, context.globals.output.onTerminal);
  const open = [...state.incidents.values()].filter(({ status }) => status === "open");
  return open.length === 1 ? (open[0] ?? null) : null;
}

/** The runbook whose `command` is these words. */
export function runbookFor(runbooks: readonly Runbook[], verb: string, noun: string): Runbook {
  const found = runbooks.filter(({ command }) => command?.verb === verb && command.noun === noun);
  const [only] = found;
  if (only && found.length === 1) return only;
  if (found.length > 1) {
    throw new ErError("runbook-duplicate", `${found.length} runbooks claim the command "${verb} ${noun}"`, {
      hints: found.map(({ id }) => `soc2-er run ${id}`),
    });
  }
  throw new ErError("runbook-unknown", `no runbook has the command "${verb} ${noun}"`, { hints: ["soc2-er runbook list"] });
}

export function paramsOf(pairs: readonly string[]): Record<string, string> {
  const params: Record<string, string> = {};
  for (const pair of pairs) {
    const equals = pair.indexOf("=");
    const name = pair.slice(0, equals);
    if (equals < 1)
      throw new ErError("parameter-invalid", `"${pair}" is not name=value`, { hints: ["--param cidr=203.0.113.0/24"] });
    if (Object.hasOwn(params, name))
      throw new ErError("parameter-invalid", `parameter "${name}" is given twice`, { hints: [`give --param ${name}=… once`] });
    params[name] = pair.slice(equals + 1);
  }
  return params;
}

export function durationOf(flag: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const ms = parseDuration(text);
  if (ms !== null && ms > 0) return ms;
  throw new ErError("usage", `"${text}" is not a duration`, { hints: [`${flag} 20m`] });
}

export function countOf(flag: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const count = Number(text);
  if (/^[1-9]\d{0,6}$/.test(text)) return count;
  throw new ErError("usage", `"${text}" is not a whole number above 0`, { hints: [`${flag} 100`] });
}
