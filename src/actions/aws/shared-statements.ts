import {
  type Change,
  type Direction,
  digestJson,
  type Json,
  type JsonObject,
  type Merge,
  type Verification,
} from "../../model/index.ts";
import { includes, type Statement, samePolicy, sameStatement, statementsOf, withStatements } from "./s3/bucket-policy.ts";

export { type Statement, statementsOf };

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

/**
 * Takes our statements out of what is there now, but those that were there before or that other leases ask for. The bytes of
 * `base` come back where nobody else changed anything.
 */
export function mergeStatements(
  base: PolicyState | null,
  change: Pick<Change<PolicyState>, "asks">,
  now: PolicyState | null,
  held: readonly Pick<Change<PolicyState>, "asks">[],
): Merge<PolicyState> {
  const text = now?.policy ?? null;
  const original = base?.policy ?? null;
  const kept = [...statementsOf(original), ...held.flatMap((other) => asksOf(other.asks))];
  const ours = asksOf(change.asks).filter((statement) => !includes(kept, statement));
  const present = statementsOf(text);
  const left = present.filter((statement) => !includes(ours, statement));
  const altered = left.filter(
    (statement) => !includes(kept, statement) && ours.some((own) => own["Sid"] !== undefined && own["Sid"] === statement["Sid"]),
  );
  const rest = left.length === present.length ? text : withStatements(text, left);
  const state = samePolicy(rest, original) ? original : rest;
  const merged = { state: state === null ? null : { policy: state } };
  if (altered.length === 0) return merged;
  const sids = altered.map((statement) => `"${statement["Sid"]}"`).join(", ");
  return { ...merged, conflict: `somebody changed our statement ${sids} since; it is left as it is` };
}

export function asksOf(asks: Json | undefined): readonly Statement[] {
  return (asks ?? []) as readonly Statement[];
}

/**
 * Spares whoever is listed. A role session's `aws:PrincipalArn` is the role's ARN. Negated operators match where the key is
 * missing, so that anonymous callers are denied too.
 */
export function anyoneBut(arns: readonly string[]): JsonObject {
  return { ArnNotLike: { "aws:PrincipalArn": oneOrMany(arns.toSorted()) } };
}

/** Whom a statement spares. */
export function exemptIn(statement: Statement): string[] {
  const condition = statement["Condition"] as { ArnNotLike?: { "aws:PrincipalArn"?: string | string[] } } | undefined;
  return [condition?.ArnNotLike?.["aws:PrincipalArn"] ?? []].flat();
}

export function oneOrMany(values: readonly string[]): Json {
  return values.length === 1 && values[0] !== undefined ? values[0] : values;
}

/**
 * Under a name that is unique in the policy and follows from the content: asking for the same thing twice finds it in place, and
 * nobody can take the name by writing another statement under it.
 */
export function named(kind: string, statement: Statement, present: readonly Statement[]): Statement {
  const sid = `${kind}${digestJson(statement).slice("sha256:".length, "sha256:".length + 12)}`;
  for (let suffix = 1; ; suffix++) {
    const candidate = { Sid: suffix === 1 ? sid : `${sid}x${suffix}`, ...statement };
    const taken = present.find(({ Sid }) => Sid === candidate.Sid);
    if (taken === undefined || sameStatement(taken, candidate)) return candidate;
  }
}
