import { canonicalize, type Json, type JsonObject, sameJson } from "../../model/index.ts";

/** One place where two states differ: `Statement[2]`, what stood there, what is to stand there. Undefined is absent. */
export type Difference = { readonly path: string; readonly before?: Json; readonly after?: Json };

/** The smallest set of places that tells two states apart. List members are compared as a set: an added statement does not shift its neighbors. */
export function differences(before: Json, after: Json): Difference[] {
  return between(unfold(before), unfold(after), "");
}

function between(before: Json, after: Json, path: string): Difference[] {
  if (sameJson(before, after)) return [];
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) => member(before[key], after[key], path === "" ? key : `${path}.${key}`));
  }
  if (Array.isArray(before) && Array.isArray(after)) return lists(before, after, path);
  return [{ path, ...(before === null && path === "" ? {} : { before }), ...(after === null && path === "" ? {} : { after }) }];
}

function member(before: Json | undefined, after: Json | undefined, path: string): Difference[] {
  if (before === undefined) return after === undefined ? [] : [{ path, after }];
  if (after === undefined) return [{ path, before }];
  return between(before, after, path);
}

function lists(before: readonly Json[], after: readonly Json[], path: string): Difference[] {
  const had = new Set(before.map(canonicalize));
  const has = new Set(after.map(canonicalize));
  const gone = before.filter((item) => !has.has(canonicalize(item)));
  const come = after.filter((item) => !had.has(canonicalize(item)));
  if (gone.length === 0 && come.length === 0) return [{ path, before, after }];
  return [
    ...gone.map((item) => ({ path: `${path}[]`, before: item })),
    ...come.map((item) => ({ path: `${path}[]`, after: item })),
  ];
}

function isObject(value: Json): value is JsonObject {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** Documents that a state holds as texts (policies) as what they say, so that they are compared member by member. */
function unfold(state: Json): Json {
  if (typeof state === "string") return parsed(state);
  if (Array.isArray(state)) return state.map(unfold);
  if (!isObject(state)) return state;
  return Object.fromEntries(Object.entries(state).map(([key, item]) => [key, unfold(item)]));
}

function parsed(text: string): Json {
  if (!text.startsWith("{")) return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** A state on one line: a text bare, anything else as JSON. */
export function sayState(state: Json | undefined): string {
  if (state === undefined) return "absent";
  return typeof state === "string" ? state : JSON.stringify(state);
}
