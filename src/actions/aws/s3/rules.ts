import { canonicalize, type Json, type JsonObject } from "../../../model/index.ts";

/** A rule of a bucket's lifecycle or replication, in the SDK's form: of several authors, and switched off one by one. */
export type Rule = JsonObject;

export function isEnabled(rule: Rule): boolean {
  return rule["Status"] === "Enabled";
}

export function disabled(rules: readonly Rule[]): Rule[] {
  return rules.map((rule) => ({ ...rule, Status: "Disabled" }));
}

/** S3 names every rule when it is put; one that comes back without a name is known by its content. */
export function nameOf({ ID, Status: _, ...content }: Rule): string {
  return typeof ID === "string" ? ID : canonicalize(content);
}

/** What a change that disables rules asks for. */
export function asksFor(rules: readonly Rule[]): Json {
  return { disabled: rules.map(nameOf) };
}

/**
 * The rules of `now` with those enabled again that were enabled in `base`, that `asks` wanted disabled, and that none of `held` wants
 * disabled. Rules that somebody added, changed or removed since are as in `now`.
 */
export function enabledAgain(
  base: readonly Rule[],
  asks: Json | undefined,
  now: readonly Rule[],
  held: readonly (Json | undefined)[],
): Rule[] {
  const stays = new Set(held.flatMap(disabledBy));
  const lifted = new Set(disabledBy(asks).filter((name) => !stays.has(name)));
  const enabledBefore = new Set(base.filter(isEnabled).map(nameOf));
  return now.map((rule) => (lifted.has(nameOf(rule)) && enabledBefore.has(nameOf(rule)) ? { ...rule, Status: "Enabled" } : rule));
}

function disabledBy(asks: Json | undefined): readonly string[] {
  return (asks as { disabled?: readonly string[] } | undefined)?.disabled ?? [];
}
