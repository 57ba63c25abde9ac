import { catchUp, emptyState } from "../incidents/index.ts";
import { type ChangeResult, ErError, type Plan, type ResidualAccess, type RunSummary } from "../model/index.ts";
import type { EngineDeps } from "./deps.ts";
import { summarize } from "./summary.ts";

/** Of one entry: a page that can be shown and sent by itself, far below what an entry may have. */
const MOST_RESIDUAL_BYTES = 36_000;

/** Writes the end of a run, with what was measured and what still works. */
export async function closeRun(run: string, plan: Plan, results: readonly ChangeResult[], deps: EngineDeps): Promise<RunSummary> {
  const state = emptyState(deps.log.mode);
  await catchUp(state, deps.log);
  const folded = state.runs.get(run);
  if (!folded) throw new ErError("audit-broken", `run "${run}" is not in the log that it was opened in`);
  const facts = {
    plan,
    results,
    run: folded,
    planned: state.plans.get(plan.digest),
    incident: state.incidents.get(plan.header.incident),
  };
  const summary = await summarize(facts, deps.scopes, deps.clock.factor);
  const { incident } = plan.header;
  const { residual, ...rest } = summary;
  const parts = inParts(residual);
  const last = parts.pop() ?? [];
  await deps.log.append<"run.residual" | "run.closed">([
    ...parts.map((part) => ({ type: "run.residual" as const, incident, body: { run, residual: part } })),
    { type: "run.closed", incident, body: { run, ...rest, residual: last } },
  ]);
  return summary;
}

/** An entry of the log has an upper size, what still works after a run on hundreds of principals has none. */
function inParts(residual: readonly ResidualAccess[]): ResidualAccess[][] {
  const parts: ResidualAccess[][] = [];
  let room = 0;
  for (const item of residual) {
    const size = Buffer.byteLength(JSON.stringify(item)) + 1;
    if (size > room) {
      parts.push([]);
      room = MOST_RESIDUAL_BYTES;
    }
    parts.at(-1)?.push(item);
    room -= size;
  }
  return parts;
}
