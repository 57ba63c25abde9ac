import type { Change, Direction, Merge, Verification } from "../../model/index.ts";
import { asksOf, includes, type Statement, samePolicy, statementsOf, subtracted, withStatements } from "./policy-document.ts";

/** A resource's policy that others write, too: its exact text. */
export type PolicyState = { readonly policy: string };

/** The policy with the statements that it lacks; as it stands when it lacks none. */
export function withAsked(before: PolicyState | null, asks: readonly Statement[]): PolicyState | null {
  const present = statementsOf(before?.policy ?? null);
  const missing = asks.filter((statement) => !includes(present, statement));
  if (missing.length === 0) return before;
  const text = withStatements(before?.policy ?? null, [...present, ...missing]);
  return text === null ? null : { policy: text };
}

/** One look at what is there now, for `verify`. */
export function judgeStatements(
  now: PolicyState | null,
  { asks, after }: Pick<Change<PolicyState>, "asks" | "after">,
  direction: Direction,
): Verification {
  if (direction === "restore") {
    if (samePolicy(now?.policy ?? null, after?.policy ?? null)) return { verdict: "confirmed", level: "configuration" };
    return { verdict: "contradicted", level: "configuration", detail: "the policy is not the one that was to be put back" };
  }
  const present = statementsOf(now?.policy ?? null);
  const lacking = asksOf(asks).filter((statement) => !includes(present, statement));
  if (lacking.length === 0) return { verdict: "confirmed", level: "configuration" };
  const sids = lacking.map((statement) => statement["Sid"]).join(" and ");
  return { verdict: "contradicted", level: "configuration", detail: `the policy lacks ${sids}` };
}

/** For `merge`: see `subtracted`. */
export function mergeStatements(
  base: PolicyState | null,
  change: Pick<Change<PolicyState>, "asks">,
  now: PolicyState | null,
  held: readonly Pick<Change<PolicyState>, "asks">[],
): Merge<PolicyState> {
  const kept = held.flatMap((other) => asksOf(other.asks));
  const { text, conflict } = subtracted(base?.policy ?? null, now?.policy ?? null, asksOf(change.asks), kept);
  const state = text === null ? null : { policy: text };
  return conflict === undefined ? { state } : { state, conflict };
}
