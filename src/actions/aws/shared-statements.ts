import { type Change, type Direction, ErError, type Merge, type Verification } from "../../model/index.ts";
import { asksOf, includes, type Statement, samePolicy, statementsOf, subtracted, withStatements } from "./policy-document.ts";

/** A resource's policy that others write, too: its exact text. */
export type PolicyState = { readonly policy: string };

/** Whom a denial spares, in words. */
export function everyoneBut(exempt: readonly string[]): string {
  return `everyone but ${exempt.length} ${exempt.length === 1 ? "responder" : "responders"}`;
}

/** Errors: `self-lockout` when a denial would spare nobody. `deed`: what nobody could do any more. */
export function refuseUnspared(exempt: readonly string[], deed: string): void {
  if (exempt.length > 0) return;
  throw new ErError("self-lockout", `nobody would be left who may ${deed}`, {
    hints: ["name the responders' roles under `responders:` in soc2-er.yaml"],
  });
}

export type Limit = {
  readonly most: number;
  readonly of: "bytes" | "characters";
  readonly service: string;
  readonly hint: string;
};

/** Errors: `limit-exceeded` for a policy that is longer than the service takes. `whose`: whose policy it is. */
export function checkSize(state: PolicyState | null, whose: string, limit: Limit): void {
  const refusal = tooLong(state, whose, limit);
  if (refusal !== null) throw refusal;
}

/** What `checkSize` would throw; null for a policy that fits. */
export function tooLong(state: PolicyState | null, whose: string, { most, of, service, hint }: Limit): ErError | null {
  const text = state?.policy ?? "";
  const size = of === "bytes" ? Buffer.byteLength(text) : text.length;
  if (size <= most) return null;
  return new ErError("limit-exceeded", `the policy of ${whose} would have ${size} ${of}; ${service} takes ${most}`, {
    hints: [hint],
  });
}

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
