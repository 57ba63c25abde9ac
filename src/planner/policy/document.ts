import type { Json, JsonObject } from "../../model/index.ts";

/** A policy that cannot be judged: not JSON, a wrong form, an operator that nobody here knows. Never taken for "allowed". */
export class PolicyError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "PolicyError";
  }
}

/** Principals by type (`AWS`, `Service`, …); `*` stands under `AWS`. */
export type Principals = { readonly [type: string]: readonly string[] };

export type Statement = {
  readonly sid: string | null;
  readonly effect: "Allow" | "Deny";
  readonly action: { readonly not: boolean; readonly patterns: readonly string[] };
  /** Null in a trust policy, which has no resource. */
  readonly resource: { readonly not: boolean; readonly patterns: readonly string[] } | null;
  readonly principal: { readonly not: boolean; readonly names: Principals } | null;
  /** operator → key → values, as written. */
  readonly conditions: readonly { readonly operator: string; readonly key: string; readonly values: readonly string[] }[];
};

export type PolicyDocument = {
  /** Policy variables are replaced only in the newer version of the language. */
  readonly variables: boolean;
  readonly statements: readonly Statement[];
};

const STATEMENT_KEYS = new Set([
  "Sid",
  "Effect",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Principal",
  "NotPrincipal",
  "Condition",
]);

/** Reads policy text. Errors: PolicyError. */
export function parsePolicy(text: string): PolicyDocument {
  let json: Json;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new PolicyError("the policy is not JSON", { cause: error });
  }
  const document = object(json, "the policy");
  const version = document["Version"] ?? "2008-10-17";
  if (version !== "2012-10-17" && version !== "2008-10-17")
    throw new PolicyError(`unknown policy version ${JSON.stringify(version)}`);
  const listed = document["Statement"];
  if (listed === undefined) throw new PolicyError("the policy has no Statement");
  const statements = Array.isArray(listed) ? listed : [listed];
  return { variables: version === "2012-10-17", statements: statements.map(statement) };
}

function statement(json: Json): Statement {
  const fields = object(json, "a statement");
  const unknown = Object.keys(fields).find((key) => !STATEMENT_KEYS.has(key));
  if (unknown !== undefined) throw new PolicyError(`unknown element "${unknown}" in a statement`);
  const { Sid, Effect } = fields;
  if (Effect !== "Allow" && Effect !== "Deny") throw new PolicyError(`Effect is ${JSON.stringify(Effect)}, not Allow or Deny`);
  const action = either(fields, "Action");
  if (action === null) throw new PolicyError("a statement has neither Action nor NotAction");
  return {
    sid: typeof Sid === "string" ? Sid : null,
    effect: Effect,
    action,
    resource: either(fields, "Resource"),
    principal: principalOf(fields),
    conditions: conditionsOf(fields["Condition"]),
  };
}

function either(fields: JsonObject, name: string): { not: boolean; patterns: readonly string[] } | null {
  const plain = fields[name];
  const negated = fields[`Not${name}`];
  if (plain !== undefined && negated !== undefined) throw new PolicyError(`a statement has both ${name} and Not${name}`);
  if (plain !== undefined) return { not: false, patterns: strings(plain, name) };
  if (negated !== undefined) return { not: true, patterns: strings(negated, `Not${name}`) };
  return null;
}

function principalOf(fields: JsonObject): Statement["principal"] {
  const not = fields["NotPrincipal"] !== undefined;
  if (not && fields["Principal"] !== undefined) throw new PolicyError("a statement has both Principal and NotPrincipal");
  const value = fields["NotPrincipal"] ?? fields["Principal"];
  if (value === undefined) return null;
  if (value === "*") return { not, names: { AWS: ["*"] } };
  const types = Object.entries(object(value, "Principal"));
  return { not, names: Object.fromEntries(types.map(([type, names]) => [type, strings(names, `Principal.${type}`)])) };
}

function conditionsOf(json: Json | undefined): Statement["conditions"] {
  if (json === undefined) return [];
  return Object.entries(object(json, "Condition")).flatMap(([operator, keys]) =>
    Object.entries(object(keys, operator)).map(([key, values]) => ({ operator, key, values: strings(values, key) })),
  );
}

function object(json: Json, what: string): JsonObject {
  if (json === null || typeof json !== "object" || Array.isArray(json)) throw new PolicyError(`${what} is not an object`);
  return json as JsonObject;
}

/** One value or several; the language writes booleans and numbers with or without quotes. */
function strings(json: Json, what: string): readonly string[] {
  const values = Array.isArray(json) ? json : [json];
  return values.map((value: Json) => {
    if (typeof value === "string" || typeof value === "boolean" || typeof value === "number") return String(value);
    throw new PolicyError(`${what} has a value that is not a string`);
  });
}
