import { digestJson, type Json, type JsonObject } from "../../model/index.ts";

/** A resource's policy as a document of several authors. Texts are raw, so that a restore gives back the bytes that were there. */
export type Statement = JsonObject;

/** Statements in their order; none for an absent policy. */
export function statementsOf(text: string | null): readonly Statement[] {
  if (text === null) return [];
  const { Statement } = JSON.parse(text) as { Statement?: Statement | Statement[] };
  if (Statement === undefined) return [];
  return Array.isArray(Statement) ? Statement : [Statement];
}

/** The policy with these statements and everything else of `text`; null when no statement is left, which no service has a policy for. */
export function withStatements(text: string | null, statements: readonly Statement[]): string | null {
  if (statements.length === 0) return null;
  const document = text === null ? { Version: "2012-10-17" } : (JSON.parse(text) as JsonObject);
  return JSON.stringify({ ...document, Statement: statements });
}

/** Equal as services judge: they may hand a policy back with lists reordered and lists of one as a plain value. */
export function sameStatement(left: Statement, right: Statement): boolean {
  return normalForm(left) === normalForm(right);
}

export function samePolicy(left: string | null, right: string | null): boolean {
  if (left === null || right === null) return left === right;
  return left === right || normalForm(JSON.parse(left)) === normalForm(JSON.parse(right));
}

export function includes(statements: readonly Statement[], wanted: Statement): boolean {
  return statements.some((statement) => sameStatement(statement, wanted));
}

/** What a change asks for: statements of a policy. */
export function asksOf(asks: Json | undefined): readonly Statement[] {
  return (asks ?? []) as readonly Statement[];
}

/**
 * The statement under a name that is unique in the policy and follows from the content: asking for the same thing twice finds it
 * in place, and nobody can take the name by writing another statement under it.
 */
export function named(kind: string, statement: Statement, present: readonly Statement[]): Statement {
  const sid = `${kind}${digestJson(statement).slice("sha256:".length, "sha256:".length + 12)}`;
  for (let suffix = 1; ; suffix++) {
    const candidate = { Sid: suffix === 1 ? sid : `${sid}x${suffix}`, ...statement };
    const taken = present.find(({ Sid }) => Sid === candidate.Sid);
    if (taken === undefined || sameStatement(taken, candidate)) return candidate;
  }
}

/**
 * Holds for everybody but these. A role session's `aws:PrincipalArn` is the role's ARN. Negated operators match where the key is
 * missing, so that anonymous callers and services are no exception.
 */
export function anyoneBut(exempt: readonly string[]): JsonObject {
  return { ArnNotLike: { "aws:PrincipalArn": oneOrMany(exempt.toSorted()) } };
}

/** Whom a statement under `anyoneBut` spares. */
export function exemptIn(statement: Statement): readonly string[] {
  const { ArnNotLike } = (statement["Condition"] ?? {}) as { ArnNotLike?: { "aws:PrincipalArn"?: string | readonly string[] } };
  return [ArnNotLike?.["aws:PrincipalArn"] ?? []].flat();
}

export function oneOrMany(values: readonly string[]): Json {
  return values.length === 1 && values[0] !== undefined ? values[0] : values;
}

export type Subtracted = { readonly text: string | null; readonly conflict?: string };

/**
 * The policy `now` without what was `asked`, but with what was there in `base` or is still `held`; everything else of it stays.
 * Gives the bytes of `base` where nothing but ours was changed. A statement of ours that somebody altered is left, and said.
 */
export function subtracted(
  base: string | null,
  now: string | null,
  asked: readonly Statement[],
  held: readonly Statement[],
): Subtracted {
  const kept = [...statementsOf(base), ...held];
  const ours = asked.filter((statement) => !includes(kept, statement));
  const present = statementsOf(now);
  const left = present.filter((statement) => !includes(ours, statement));
  const altered = left.filter(
    (statement) => !includes(kept, statement) && ours.some((own) => own["Sid"] !== undefined && own["Sid"] === statement["Sid"]),
  );
  const rest = left.length === present.length ? now : withStatements(now, left);
  const text = samePolicy(rest, base) ? base : rest;
  if (altered.length === 0) return { text };
  const sids = altered.map((statement) => `"${statement["Sid"]}"`).join(", ");
  return { text, conflict: `somebody changed our statement ${sids} since; it is left as it is` };
}

function normalForm(value: unknown): string {
  if (Array.isArray(value)) {
    const items = value.map(normalForm).toSorted();
    return items.length === 1 && items[0] !== undefined ? items[0] : `[${items.join(",")}]`;
  }
  if (value !== null && typeof value === "object") {
    const members = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}:${normalForm(item)}`);
    return `{${members.toSorted().join(",")}}`;
  }
  return JSON.stringify(String(value));
}
