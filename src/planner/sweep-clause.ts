import type { SweepClause, SweepSubject } from "../model/index.ts";
import type { Runbook } from "../runbooks/index.ts";
import { argumentsOf, type ParamValues } from "./params.ts";
import type { BoundStep } from "./steps.ts";

/** What the runbook lets a later look contain, for the principals that the plan is about; null where it has none of them. */
export function clauseOf({ sweep, steps }: Runbook, bound: readonly BoundStep[], values: ParamValues): SweepClause | null {
  if (sweep === undefined) return null;
  const seeds = new Map<string, SweepSubject>();
  for (const { step, selections } of bound) {
    if (!sweep.steps.includes(step.id)) continue;
    for (const selection of selections) {
      if (selection.kind !== "aws.user" && selection.kind !== "aws.role") continue;
      const { account, name } = selection;
      const kind = selection.kind === "aws.user" ? "user" : "role";
      seeds.set(`${kind} ${account} ${name}`, { kind, account, name });
    }
  }
  if (seeds.size === 0) return null;
  return {
    seeds: [...seeds].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, seed]) => seed),
    steps: steps
      .filter(({ id }) => sweep.steps.includes(id))
      .map((step) => ({
        step: step.id,
        action: step.action,
        with: argumentsOf(step, values),
        needs: step.needs.filter((need) => sweep.steps.includes(need)),
      })),
    relations: sweep.relations,
    atMost: sweep.atMost,
    forMs: sweep.forMs,
  };
}
