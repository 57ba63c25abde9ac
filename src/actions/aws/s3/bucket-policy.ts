import type { JsonObject } from "../../../model/index.ts";

/** A bucket policy as a document of several authors. Texts are raw, so that a restore gives back the bytes that were there. */
export type Statement = JsonObject;

/** Statements in their order; none for an absent policy. */
export function statementsOf(text: string | null): readonly Statement[] {
  if (text === null) return [];
  const { Statement } = JSON.parse(text) as { Statement?: Statement | Statement[] };
  if (Statement === undefined) return [];
  return Array.isArray(Statement) ? Statement : [Statement];
}

/** The policy with these statements and everything else of `text`; null when no statement is left, which S3 has no policy for. */
export function withStatements(text: string | null, statements: readonly Statement[]): string | null {
  if (statements.length === 0) return null;
  const document = text === null ? { Version: "2012-10-17" } : (JSON.parse(text) as JsonObject);
  return JSON.stringify({ ...document, Statement: statements });
}

/** Equal as S3 judges: it may hand a policy back with lists reordered and lists of one as a plain value. */
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
