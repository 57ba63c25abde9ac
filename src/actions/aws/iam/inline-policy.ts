import { ErError, type Json, type JsonObject } from "../../../model/index.ts";

/** An inline policy with its exact text. */
export type InlinePolicy = { readonly name: string; readonly text: string };
/** A call that the owner of the policies may make: the one that an attacker is asked to try. */
export type AllowedCall = { readonly operation: string; readonly resource: string };

/** Longest inline policies of one user or role together, in characters that are not white space. */
const MOST_CHARACTERS = { user: 2_048, role: 10_240 } as const;

/** IAM hands documents out percent-encoded (RFC 3986). */
export function textOf(document: string | undefined): string {
  return decodeURIComponent(document ?? "");
}

/** The name to write under: ours where the policy of that name is our own or absent, else ours with a number. Nobody's policy is overwritten. */
export function nameFor(name: string, present: readonly InlinePolicy[], isOurs: (text: string) => boolean): string {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name}-${number}`;
    const taken = present.find((policy) => policy.name === candidate);
    if (taken === undefined || isOurs(taken.text)) return candidate;
  }
}

/** Errors: `limit-exceeded` when IAM would not take the policies together with `ours`. */
export function checkSize(
  kind: "user" | "role",
  owner: string,
  present: readonly InlinePolicy[],
  ours: InlinePolicy,
  hints: readonly string[],
): void {
  const others = present.filter(({ name }) => name !== ours.name);
  const characters = [...others, ours].reduce((sum, { text }) => sum + text.replace(/\s/g, "").length, 0);
  const most = MOST_CHARACTERS[kind];
  if (characters <= most) return;
  throw new ErError(
    "limit-exceeded",
    `the inline policies of ${kind} "${owner}" would have ${characters} characters; IAM takes ${most}`,
    { hints },
  );
}

/**
 * One call that the policies allow without conditions, or none when they do not say: wildcards stay as they stand in the
 * statement, because whatever matches them is allowed. Attached policies and groups are not looked at.
 */
export function allowedCalls(policies: readonly InlinePolicy[]): readonly AllowedCall[] {
  for (const { Effect, Action, Resource, Condition } of policies.flatMap(({ text }) => statementsOf(text))) {
    if (Effect !== "Allow" || Condition !== undefined) continue;
    const operation = listOf(Action)[0];
    const resource = listOf(Resource).at(-1);
    if (operation === undefined || resource === undefined || resource.includes("${")) continue;
    return [{ operation: operation === "*" ? "s3:ListAllMyBuckets" : operation, resource }];
  }
  return [];
}

/** What a change asks for beside its policy: the calls that it means to stop, so that somebody can ask whether they still pass. */
export function asksOf(calls: readonly AllowedCall[]): { readonly stops: readonly AllowedCall[] } {
  return { stops: calls };
}

export function stoppedBy(asks: Json | undefined): readonly AllowedCall[] {
  return (asks as { stops?: readonly AllowedCall[] } | undefined)?.stops ?? [];
}

function statementsOf(text: string): readonly JsonObject[] {
  const { Statement } = JSON.parse(text) as { Statement?: JsonObject | readonly JsonObject[] };
  return Statement === undefined ? [] : [Statement].flat();
}

function listOf(value: Json | undefined): readonly string[] {
  return [value ?? []].flat().filter((item) => typeof item === "string");
}
