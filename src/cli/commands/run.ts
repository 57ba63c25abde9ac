import { ErError, nearestFew } from "../../model/index.ts";
import type { Runbook } from "../../runbooks/index.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";
import { contain, paramsOf } from "../flow/containment.ts";
import { NOUN_PARAM, nounOf, parseTarget } from "../flow/target.ts";
import type { ContainmentOptions } from "../options.ts";

/** Any runbook by its id; its target is the parameter that its noun names. */
export async function run([id = ""]: readonly string[], options: ContainmentOptions, globals: Globals): Promise<number> {
  return withContext(globals, async (context) => {
    const runbook = find(await context.runbooks(), id);
    const { actionList } = await import("../../actions/index.ts");
    const noun = nounOf(runbook, actionList);
    const { [NOUN_PARAM[noun]]: named, ...rest } = paramsOf(options.param ?? []);
    if (named === undefined) {
      throw new ErError("parameter-invalid", `runbook "${id}" needs its target`, {
        hints: [`soc2-er run ${id} --param ${NOUN_PARAM[noun]}=…`],
      });
    }
    const target = parseTarget(
      noun,
      named.split(/[\s,]+/).filter((word) => word !== ""),
    );
    const param = Object.entries(rest).map(([name, value]) => `${name}=${value}`);
    return contain(context, runbook, target, { ...options, param });
  });
}

function find(runbooks: readonly Runbook[], id: string): Runbook {
  const found = runbooks.find((runbook) => runbook.id === id);
  if (found) return found;
  const near = nearestFew(
    id,
    runbooks.map((runbook) => runbook.id),
  );
  throw new ErError("runbook-unknown", `no runbook "${id}"`, {
    hints: near.length > 0 ? near.map((other) => `did you mean "${other}"?`) : ["soc2-er runbook list"],
  });
}
