import { foldLog, type LogState, type RunState, unfinishedRuns } from "../../incidents/index.ts";
import { ErError, nearestFew } from "../../model/index.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";
import { resume } from "../flow/application.ts";
import { loadPlan } from "../flow/stored-plan.ts";
import type { ApplyOptions } from "../options.ts";

export async function run([named]: readonly string[], options: ApplyOptions, globals: Globals): Promise<number> {
  return withContext(globals, async (context) => {
    if (named === undefined && options.yes === true) {
      throw new ErError("usage", "--yes needs the run to be named", { hints: ["soc2-er status", "soc2-er resume <run> --yes"] });
    }
    const log = await context.writer();
    const found = findRun(await foldLog(log), named);
    return resume(context, found, await loadPlan(log, found.plan), options);
  });
}

function findRun(state: LogState, named: string | undefined): RunState {
  if (named !== undefined) return runNamed(state, named);
  const open = unfinishedRuns(state);
  const [only] = open;
  if (only && open.length === 1) return only;
  if (open.length === 0) throw new ErError("unknown-run", "no run is unfinished", { hints: ["soc2-er status"] });
  throw new ErError("ambiguous", `${open.length} runs are unfinished`, { hints: open.map(({ id }) => `soc2-er resume ${id}`) });
}

export function runNamed(state: LogState, named: string): RunState {
  const known = state.runs.get(named);
  if (known) return known;
  const near = nearestFew(named, [...state.runs.keys()]);
  throw new ErError("unknown-run", `no run "${named}" is in the log`, {
    hints: near.length > 0 ? near.map((id) => `did you mean "${id}"?`) : ["soc2-er status"],
  });
}
