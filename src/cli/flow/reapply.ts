import type { AuditReader } from "../../audit/index.ts";
import type { LeaseState, LogState } from "../../incidents/index.ts";
import { ErError, type Incident, type PlanHeader } from "../../model/index.ts";
import type { Runbook } from "../../runbooks/index.ts";
import { COMMANDS } from "../registry/index.ts";
import { loadPlan } from "./stored-plan.ts";
import { NOUN_PARAM, type Noun, nounOf } from "./target.ts";

/**
 * The commands that put back what leases held: each plans the lease's runbook again, with what its plan was asked for. What still
 * stands is in the new plan with `before` equal to `after`; what is gone is in it anew. By the lease's run; null where the plan's
 * content or its runbook is not on this machine.
 */
export async function reapplications(
  leases: readonly LeaseState[],
  state: LogState,
  log: AuditReader,
  runbooks: readonly Runbook[],
): Promise<ReadonlyMap<string, readonly string[] | null>> {
  const commands = new Map<string, readonly string[] | null>();
  const { actionList } = await import("../../actions/index.ts");
  for (const id of new Set(leases.map(({ run }) => run))) {
    const run = state.runs.get(id);
    const header = run === undefined ? null : await headerIfHere(log, run.plan);
    commands.set(id, header === null ? null : commandOf(header, { runbooks, state, actionList }));
  }
  return commands;
}

async function headerIfHere(log: AuditReader, digest: PlanHeader["runbook"]["digest"]): Promise<PlanHeader | null> {
  try {
    return (await loadPlan(log, digest)).header;
  } catch (error) {
    if (error instanceof ErError && error.code === "unknown-plan") return null;
    throw error;
  }
}

/** The commands that plan what a plan did not reach, one for each account that is not contained by it, and the whole again for what is above them. */
export async function plansForUnreached(header: PlanHeader, state: LogState, runbooks: readonly Runbook[]): Promise<string[][]> {
  const { actionList } = await import("../../actions/index.ts");
  return (header.unreached ?? []).flatMap(({ account, part }) => {
    const again = part === "organization" ? header : { ...header, narrowed: { ...header.narrowed, account } };
    const argv = commandOf(again, { runbooks, state, actionList });
    return argv === null ? [] : [argv];
  });
}

type Known = {
  readonly runbooks: readonly Runbook[];
  readonly state: LogState;
  readonly actionList: Parameters<typeof nounOf>[1];
};

/** Null where the runbook is not here any more. */
function commandOf(header: PlanHeader, { runbooks, state, actionList }: Known): string[] | null {
  const runbook = runbooks.find((one) => one.id === header.runbook.id);
  if (runbook === undefined) return null;
  const noun = nounOf(runbook, actionList);
  const given = Object.entries(header.params).flatMap(([name, value]) =>
    name === NOUN_PARAM[noun] || String(value) === runbook.params[name]?.default ? [] : ["--param", `${name}=${String(value)}`],
  );
  const { account, region } = header.narrowed ?? {};
  return [
    "soc2-er",
    ...wordsOf(header.target, noun, runbook, runbooks),
    ...given,
    ...(account === undefined ? [] : ["--account", account]),
    ...(region === undefined ? [] : ["--region", region]),
    ...incidentOf(state.incidents.get(header.incident), header.incident),
  ];
}

/** The runbook's own words where they are a command and mean no other runbook, else `run` with its id. */
function wordsOf(target: string, noun: Noun, { id, command }: Runbook, runbooks: readonly Runbook[]): string[] {
  const targets = noun === "tenant" ? [target] : target.split(" ");
  const same = runbooks.filter((one) => one.command?.verb === command?.verb && one.command?.noun === command?.noun);
  const path = command === undefined ? "" : `${command.verb} ${command.noun}`;
  const known = COMMANDS.find((one) => one.path === path || (noun === "principal" && one.path === command?.verb));
  if (command === undefined || same.length > 1 || known === undefined)
    return ["run", id, "--param", `${NOUN_PARAM[noun]}=${targets.join(",")}`];
  return [...known.path.split(" "), ...targets];
}

/** Nothing can be planned for a closed incident: who puts it back declares another. */
function incidentOf(incident: Incident | undefined, id: string): string[] {
  if (incident === undefined || incident.status === "open") return ["--incident", id];
  return ["--declare", `undone after ${id} was closed: ${incident.title}`, "--severity", String(incident.severity)];
}
