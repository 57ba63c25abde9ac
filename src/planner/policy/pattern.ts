import type { RequestContext } from "./context.ts";

/** One piece of a pattern: text that must be there as it is, or a wildcard. */
type Piece = { readonly text: string } | { readonly wild: "*" | "?" };
export type Pieces = readonly Piece[];

/**
 * Replaces `${aws:username}` and its like. The value is literal: a `*` in it is no wildcard. Null when a variable has no
 * value and no default: such an element matches nothing.
 */
export function expand(pattern: string, context: RequestContext, variables: boolean): Pieces | null {
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
export function literal(pieces: Pieces): string {
  return pieces.map((piece) => ("text" in piece ? piece.text : piece.wild)).join("");
}

export function matches(pieces: Pieces, value: string, flags: "" | "i" = ""): boolean {
  const source = pieces.map((piece) => ("text" in piece ? quoted(piece.text) : piece.wild === "*" ? ".*" : ".")).join("");
  return new RegExp(`^${source}$`, `su${flags}`).test(value);
}

/** As conditions compare ARNs: part by part, so that a wildcard never reaches over one of the first five colons. */
export function matchesArn(pieces: Pieces, value: string): boolean {
  const [first, ...others] = pieces;
  if (first !== undefined && others.length === 0 && "wild" in first && first.wild === "*") return true;
  const pattern = splitArn(pieces);
  const parts = value.split(":");
  if (pattern.length < 6 || parts.length < 6) return false;
  const actual = [...parts.slice(0, 5), parts.slice(5).join(":")];
  return pattern.every((part, index) => matches(part, actual[index] ?? ""));
}

/**
 * As the Resource element compares: like conditions, but a `*` that ends a part reaches over colons, and an ARN with fewer than
 * six parts stands for all that begin so.
 */
export function matchesResource(pieces: Pieces, value: string): boolean {
  const parts = splitArn(pieces);
  const source = parts.map((part, index) => {
    const reach = index === 5 ? "." : "[^:]";
    const sources = part.map((piece, at) => {
      if ("text" in piece) return quoted(piece.text);
      if (piece.wild === "?") return reach;
      return at === part.length - 1 ? ".*" : `${reach}*`;
    });
    return sources.join("");
  });
  const missing = parts.length === 1 ? "" : `(${":.*".repeat(6 - parts.length)})?`;
  return new RegExp(`^${source.join(":")}${missing}$`, "su").test(value);
}

function splitArn(pieces: Pieces): Piece[][] {
  const parts: Piece[][] = [[]];
  for (const piece of pieces) {
    if (!("text" in piece)) {
      parts.at(-1)?.push(piece);
      continue;
    }
    let rest = piece.text;
    while (parts.length < 6 && rest.includes(":")) {
      const colon = rest.indexOf(":");
      push(parts, rest.slice(0, colon));
      parts.push([]);
      rest = rest.slice(colon + 1);
    }
    push(parts, rest);
  }
  return parts;
}

function push(parts: Piece[][], text: string): void {
  if (text !== "") parts.at(-1)?.push({ text });
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
