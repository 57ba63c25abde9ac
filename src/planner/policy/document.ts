import type { Json, JsonObject } from "../../model/index.ts";
import { type Condition, checkCondition } from "./conditions.ts";
import { PolicyError } from "./error.ts";

/** Principals by type (`AWS`, `Service`, …); `*` stands under `AWS`. */
export type Principals = { readonly [type: string]: readonly string[] };

export type Statement = {
  readonly sid: string | null;
  readonly effect: "Allow" | "Deny";
  readonly action: { readonly not: boolean; readonly patterns: readonly string[] };
  /** Null in a trust policy, which has no resource. */
  readonly resource: { readonly not: boolean; readonly patterns: readonly string[] } | null;
  readonly principal: { readonly not: boolean; readonly names: Principals } | null;
  readonly conditions: readonly Condition[];
};

export type PolicyDocument = {
  /** Policy variables are replaced only in the newer version of the language. */
  readonly variables: boolean;
  readonly statements: readonly Statement[];
};

const DOCUMENT_KEYS = new Set(["Version", "Id", "Statement"]);
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

const PRINCIPAL: { readonly [type: string]: RegExp } = {
  // What is gone is shown by its unique id, which nobody has any more.
  AWS: /^(\*|\d{12}|A[A-Z0-9]{15,}|arn:[^:*?]+:(iam|sts)::\d{12}:(root|(user|role|assumed-role|federated-user)\/[^*?]+))$/,
  Service: /^[^*?]+$/,
  Federated: /^[^*?]+$/,
  CanonicalUser: /^[^*?]+$/,
};

/** Reads policy text. Errors: PolicyError, also for what AWS would take and nobody here could judge. */
export function parsePolicy(text: string): PolicyDocument {
  let json: Json;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new PolicyError("the policy is not JSON", { cause: error });
  }
  const document = object(json, "the policy");
  const unknown = Object.keys(document).find((key) => !DOCUMENT_KEYS.has(key));
  if (unknown !== undefined) throw new PolicyError(`unknown element "${unknown}" in the policy`);
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
  const resource = either(fields, "Resource");
  return {
    sid: typeof Sid === "string" ? Sid : null,
    effect: Effect,
    action: checked(action, "Action", /^(\*|[\w-]+:.+)$/),
    resource: resource && checked(resource, "Resource", /^(\*$|arn:|\$\{)/),
    principal: principalOf(fields, Effect),
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

function checked<E extends Statement["action"]>(element: E, name: string, form: RegExp): E {
  const wrong = element.patterns.find((pattern) => !form.test(pattern));
  if (wrong !== undefined) throw new PolicyError(`"${wrong}" in ${name} is not known here`);
  return element;
}

function principalOf(fields: JsonObject, effect: Statement["effect"]): Statement["principal"] {
  const not = fields["NotPrincipal"] !== undefined;
  if (not && fields["Principal"] !== undefined) throw new PolicyError("a statement has both Principal and NotPrincipal");
  const value = fields["NotPrincipal"] ?? fields["Principal"];
  if (value === undefined) return null;
  if (not && effect === "Allow") throw new PolicyError("NotPrincipal is not supported where something is allowed");
  const types = Object.entries(value === "*" ? { AWS: "*" } : object(value, "Principal"));
  const names = types.map(([type, listed]) => [type, strings(listed, `Principal.${type}`)] as const);
  for (const [type, listed] of names) {
    const form = Object.hasOwn(PRINCIPAL, type) ? PRINCIPAL[type] : undefined;
    const wrong = listed.find((name) => form?.test(name) !== true || (not && name === "*"));
    if (wrong !== undefined) throw new PolicyError(`principal "${wrong}" of type "${type}" is not known here`);
    // Whose id it is, only AWS knows: it may be the caller's account. In what is allowed it passes for nobody.
    if (type === "CanonicalUser" && effect === "Deny")
      throw new PolicyError("a canonical user is denied, or spared from a denial");
  }
  return { not, names: Object.fromEntries(names) };
}

function conditionsOf(json: Json | undefined): Statement["conditions"] {
  if (json === undefined) return [];
  const conditions = Object.entries(object(json, "Condition")).flatMap(([operator, keys]) =>
    Object.entries(object(keys, operator)).map(([key, values]) => ({ operator, key, values: strings(values, key) })),
  );
  conditions.forEach(checkCondition);
  return conditions;
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
