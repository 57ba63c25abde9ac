import { type EngineDeps, resumeRun, type Sweeping, type SweepReport, sweepAfter } from "../../engine/index.ts";
import { foldLog, type LogState, unfinishedRuns } from "../../incidents/index.ts";
import { type Digest, ErError, type Plan, type Principal, type SweepLeft, type SweepSubject } from "../../model/index.ts";
import { openLookout, planContainment } from "../../planner/index.ts";
import { ProviderError } from "../../providers/index.ts";
import type { Runbook } from "../../runbooks/index.ts";
import type { Context } from "../context.ts";
import { planDeps, runbookFor } from "./containment.ts";
import { loadPlan, storePlan } from "./stored-plan.ts";

/** Sweeps after a run; null where its plan lets nothing be swept. */
export async function sweepRun(
  context: Context,
  of: { readonly run: string; readonly plan: Plan },
  felt: Promise<boolean>,
  onLook: Sweeping["onLook"],
  deps: EngineDeps,
): Promise<SweepReport | null> {
  if (of.plan.header.sweep === undefined) return null;
  const opened = (await foldLog(deps.log)).runs.get(of.run);
  if (opened === undefined) return null;
  for (const { run, plan } of await unfinishedSweeps(context, await foldLog(deps.log), of.run))
    await resumeRun(run, plan, { ...deps, onEvent: () => undefined });
  const planning = await planDeps(context, deps.scopes);
  const swept = { ...of, clause: of.plan.header.sweep, openedAt: opened.openedAt, operator: deps.log.person.id };
  return await sweepAfter(
    of,
    felt,
    {
      look: openLookout(swept, planning),
      store: (plan) => storePlan(deps.log, plan),
      followUp: (left) => followUp(context, of.plan, left, deps),
      onLook,
    },
    deps,
  );
}

/** Sweeps of a run that a crash or an interrupt left open: they end before the next look. */
async function unfinishedSweeps(context: Context, state: LogState, run: string): Promise<{ run: string; plan: Plan }[]> {
  const log = await context.reader();
  const open = unfinishedRuns(state).filter(({ kind, of }) => kind === "sweep" && of === run);
  return await Promise.all(open.map(async ({ id, plan }) => ({ run: id, plan: await loadPlan(log, plan) })));
}

/** A plan of its own over what was left, stored for approval. What cannot be planned is told and left to people. */
async function followUp(context: Context, plan: Plan, left: readonly SweepLeft[], deps: EngineDeps): Promise<Digest | null> {
  const principals = left.filter(({ never }) => never !== true).map(({ subject }) => principalOf(subject));
  const incident = (await foldLog(deps.log)).incidents.get(plan.header.incident);
  if (principals.length === 0 || incident === undefined) return null;
  const accounts = [...new Set(left.map(({ subject }) => subject.account))];
  try {
    const made = await planContainment(
      {
        kind: "contain",
        runbook: runbookOf(await context.runbooks()),
        target: { kind: "principals", principals },
        params: {},
        incident,
        operator: deps.log.person.id,
        ...(accounts.length === 1 && accounts[0] !== undefined ? { account: accounts[0] } : {}),
      },
      await planDeps(context, deps.scopes),
    );
    await storePlan(deps.log, made);
    return made.digest;
  } catch (error) {
    if (!(error instanceof ErError || error instanceof ProviderError)) throw error;
    context.globals.output.warn(`what the sweep left could not be planned: ${error.message}`);
    return null;
  }
}

const runbookOf = (runbooks: readonly Runbook[]): Runbook => runbookFor(runbooks, "revoke", "principal");

function principalOf({ kind, name }: SweepSubject): Principal {
  switch (kind) {
    case "user":
      return { kind: "aws:user", name };
    case "role":
      return { kind: "aws:role", name };
    case "access-key":
      return { kind: "aws:key", name };
  }
}
