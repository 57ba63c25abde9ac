import type { RequestContext } from "./context.ts";

/** One piece of a pattern: text that must be there as it is, or a wildcard. */
type Piece = { readonly text: string } | { readonly wild: "*" | "?" };

/**
 * Replaces `${aws:username}` and its like. The value is literal: a `*` in it is no wildcard. Null when a variable has no
 * value and no default: such an element matches nothing.
 */
export function expand(pattern: string, context: RequestContext, variables: boolean): readonly Piece[] | null {
  const pieces: Piece[] = [];
  const token = variables ? /\$\{([^}]*)\}|\*|\?/g : /\*|\?/g;
  let end = 0;
  for (const match of pattern.matchAll(token)) {
    if (match.index > end) pieces.push({ text: pattern.slice(end, match.index) });
    end = match.index + match[0].length;
    if (match[0] === "*" || match[0] === "?") {
      pieces.push({ wild: match[0] });
      continue;
    }
    const text = variable(match[1] ?? "", context);
    if (text === null) return null;
    pieces.push({ text });
  }
  if (end < pattern.length) pieces.push({ text: pattern.slice(end) });
  return pieces;
}

/** The pattern as plain text, for operators without wildcards: `*` and `?` stand for themselves. */
export function literal(pieces: readonly Piece[]): string {
  return pieces.map((piece) => ("text" in piece ? piece.text : piece.wild)).join("");
}

export function matches(pieces: readonly Piece[], value: string, flags: "" | "i" = ""): boolean {
  const source = pieces.map((piece) => ("text" in piece ? quoted(piece.text) : piece.wild === "*" ? ".*" : ".")).join("");
  return new RegExp(`^${source}$`, `su${flags}`).test(value);
}

/** Compares ARNs part by part: a wildcard never reaches over one of the first five colons, but a final `*` stands for all further parts. */
export function matchesArn(pieces: readonly Piece[], value: string): boolean {
  const pattern = splitArn(pieces);
  const parts = value.split(":");
  const last = pieces.at(-1);
  if (pattern.length < 6) return last !== undefined && "wild" in last && last.wild === "*" && matches(pieces, value);
  if (parts.length < 6) return matches(pieces, value);
  const actual = [...parts.slice(0, 5), parts.slice(5).join(":")];
  return pattern.every((part, index) => matches(part, actual[index] ?? ""));
}

function splitArn(pieces: readonly Piece[]): Piece[][] {
  const parts: Piece[][] = [[]];
  for (const piece of pieces) {
    if (!("text" in piece)) {
      parts.at(-1)?.push(piece);
      continue;
    }
    let rest = piece.text;
    while (parts.length < 6 && rest.includes(":")) {
      const colon = rest.indexOf(":");
      parts.at(-1)?.push({ text: rest.slice(0, colon) });
      parts.push([]);
      rest = rest.slice(colon + 1);
    }
    parts.at(-1)?.push({ text: rest });
  }
  return parts;
}

function variable(body: string, context: RequestContext): string | null {
  if (body === "*" || body === "?" || body === "$") return body;
  const [key = "", fallback] = body.split(/\s*,\s*/, 2);
  const values = context.values(key.trim());
  if (values !== null) return values.length === 1 ? (values[0] ?? null) : null;
  return /^'(.*)'$/.exec(fallback ?? "")?.[1] ?? null;
}

function quoted(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
