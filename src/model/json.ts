/** The JSON that may enter a plan, an entry or a digest: no floats, no undefined, no toJSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

const MAX_DEPTH = 24;

/**
 * Strict canonical JSON: RFC 8785 narrowed to safe integers and well-formed strings. Anything that two
 * implementations could serialise differently throws a TypeError instead of being rounded or dropped.
 */
export function canonicalize(value: Json): string {
  return serialize(value, 0);
}

function serialize(value: Json, depth: number): string {
  if (depth > MAX_DEPTH) throw new TypeError("canonical JSON: nested too deeply");
  if (value === null) return "null";
  switch (typeof value) {
    case "boolean":
      return value ? "true" : "false";
    case "number":
      if (!Number.isSafeInteger(value) || Object.is(value, -0))
        throw new TypeError(`canonical JSON: ${value} is not a safe integer`);
      return String(value);
    case "string":
      if (!value.isWellFormed()) throw new TypeError("canonical JSON: lone surrogate in a string");
      return JSON.stringify(value);
    case "object":
      return Array.isArray(value) ? serializeArray(value, depth) : serializeObject(value as JsonObject, depth);
    default:
      throw new TypeError(`canonical JSON: ${typeof value} is not JSON`);
  }
}

function serializeArray(value: readonly Json[], depth: number): string {
  const parts: string[] = [];
  for (let index = 0; index < value.length; index++) {
    const item = value[index];
    if (item === undefined) throw new TypeError("canonical JSON: undefined in an array");
    parts.push(serialize(item, depth + 1));
  }
  return `[${parts.join(",")}]`;
}

function serializeObject(value: JsonObject, depth: number): string {
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw new TypeError("canonical JSON: not a plain object");
  if (Object.getOwnPropertySymbols(value).length > 0) throw new TypeError("canonical JSON: symbol keys");
  const parts: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const item = value[key];
    if (item === undefined) throw new TypeError(`canonical JSON: "${key}" is undefined`);
    parts.push(`${serialize(key, depth + 1)}:${serialize(item, depth + 1)}`);
  }
  return `{${parts.join(",")}}`;
}

/** Deep equality of two JSON values, by their canonical form. */
export function sameJson(left: Json, right: Json): boolean {
  return canonicalize(left) === canonicalize(right);
}

/** Drops the undefined members of one object level, so that optional fields can be written plainly. */
export function compact<T extends Record<string, unknown>>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
