import { ErError, type Plan } from "../../model/index.ts";
import { plural, tame } from "../../terminal/index.ts";
import type { Context } from "../context.ts";
import type { Derivation } from "./derivation.ts";

const MOST_TOLD = 12;

/** Before anybody is asked: what the approver's own machine makes of the plan, and what it could not. */
export function tellDerivation(context: Context, plan: Plan, derivation: Derivation): void {
  const { output } = context.globals;
  if (derivation.why !== null)
    output.warn(`NOT PLANNED AGAIN HERE: ${derivation.why}. What is shown is the operator's look alone`);
  if (derivation.plan === "same" && derivation.why === null)
    output.say(`planned again here: the same ${plural(plan.changes.length, "change")}`);
  for (const line of told(derivation.differences)) output.say(tame(`  ${line}`));
  if (derivation.lacking.length > 0) {
    output.warn(`planned again here, ${plural(derivation.lacking.length, "change")} more would be made: plan again to have them`);
    for (const line of told(derivation.lacking)) output.say(tame(`  ${line}`));
  }
}

function told(lines: readonly string[]): string[] {
  const more = lines.length - MOST_TOLD;
  return [...lines.slice(0, MOST_TOLD), ...(more > 0 ? [`and ${more} more: --json shows all`] : [])];
}

/** A plan that does what this machine would not do is not approved by mistake. Errors: `plan-differs`. */
export function refuseDifferent({ digest }: Plan, derivation: Derivation): void {
  const [first, ...others] = derivation.differences;
  if (first === undefined) return;
  const more = others.length === 0 ? "" : `, and ${others.length} more`;
  throw new ErError("plan-differs", `plan "${digest}" is not what this machine would do: ${first}${more}`, {
    hints: [
      `soc2-er plan show ${digest} --full   # then ask the operator, or to plan again`,
      `soc2-er approve ${digest} --accept-differences   # where you know why`,
    ],
    detail: derivation,
  });
}
