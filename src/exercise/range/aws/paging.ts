import { AwsFault } from "./fault.ts";

/** A page of a sorted list and the token of the next one. The token is the last key seen, so that insertions elsewhere do no harm. */
export function page<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  size: number,
  token: string | undefined,
): { readonly items: readonly T[]; readonly next: string | undefined } {
  const after = token === undefined ? null : decode(token);
  const rest = after === null ? items : items.filter((item) => keyOf(item) > after);
  const shown = rest.slice(0, size);
  const last = shown.at(-1);
  return { items: shown, next: rest.length > shown.length && last !== undefined ? encode(keyOf(last)) : undefined };
}

function encode(key: string): string {
  return Buffer.from(`after:${key}`).toString("base64url");
}

function decode(token: string): string {
  const text = Buffer.from(token, "base64url").toString();
  if (!text.startsWith("after:")) throw new AwsFault("ValidationError", 400, "The pagination token is invalid.");
  return text.slice("after:".length);
}
