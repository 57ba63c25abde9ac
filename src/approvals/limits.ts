import { contains, parseCidr } from "../model/index.ts";

/** What a scope allows a value to be. A value that is a list has its words apart by blanks, and each word must be allowed. */
export type Limit =
  /** The whole value, which must be given. */
  | { readonly kind: "is"; readonly text: string }
  /** One of these as a whole, where it is given. */
  | { readonly kind: "in"; readonly texts: readonly string[] }
  /** Each word like one of these, `*` standing for any characters but blanks. */
  | { readonly kind: "like"; readonly patterns: readonly string[] }
  /** Each word a network inside one of these. */
  | { readonly kind: "within"; readonly cidrs: readonly string[] }
  /** Each word a network with at least so many bits, by family. */
  | { readonly kind: "widest"; readonly ipv4: number; readonly ipv6: number };

/** As it stands in a statement. */
export function sayLimit(limit: Limit): string {
  switch (limit.kind) {
    case "is":
      return `is ${limit.text}`;
    case "in":
      return `in ${limit.texts.join(" | ")}`;
    case "like":
      return `like ${limit.patterns.join(" ")}`;
    case "within":
      return `within ${limit.cidrs.join(" ")}`;
    case "widest":
      return `widest /${limit.ipv4} /${limit.ipv6}`;
  }
}

/** Null when the text is none. */
export function parseLimit(text: string): Limit | null {
  const [, kind, rest = ""] = /^(is|in|like|within|widest) (.+)$/.exec(text) ?? [];
  const words = rest.split(" ");
  switch (kind) {
    case "is":
      return { kind, text: rest };
    case "in":
      return { kind, texts: rest.split(" | ") };
    case "like":
      return { kind, patterns: words };
    case "within":
      return words.every((word) => parseCidr(word)?.text === word) ? { kind, cidrs: words } : null;
    case "widest": {
      const [, ipv4, ipv6] = /^\/(\d{1,2}) \/(\d{1,3})$/.exec(rest) ?? [];
      return Number(ipv4) <= 32 && Number(ipv6) <= 128 ? { kind, ipv4: Number(ipv4), ipv6: Number(ipv6) } : null;
    }
    default:
      return null;
  }
}

/** `value` is undefined where it was not given. */
export function allows(limit: Limit, value: string | undefined): boolean {
  if (value === undefined) return limit.kind !== "is";
  const words = value.split(" ");
  switch (limit.kind) {
    case "is":
      return value === limit.text;
    case "in":
      return limit.texts.includes(value);
    case "like":
      return words.every((word) => limit.patterns.some((pattern) => isLike(word, pattern)));
    case "within":
      return words.every((word) => limit.cidrs.some((cidr) => isWithin(word, cidr)));
    case "widest":
      return words.every((word) => {
        const network = parseCidr(word);
        return network !== null && network.bits >= (network.family === 4 ? limit.ipv4 : limit.ipv6);
      });
  }
}

function isWithin(word: string, cidr: string): boolean {
  const [inner, outer] = [parseCidr(word), parseCidr(cidr)];
  return inner !== null && outer !== null && contains(outer, inner);
}

/** In time of the order of both lengths multiplied: a pattern may have many stars. */
function isLike(word: string, pattern: string): boolean {
  if (word === "") return false;
  let [at, place, star, retry] = [0, 0, -1, 0];
  while (at < word.length) {
    if (pattern[place] === "*") {
      star = place++;
      retry = at;
    } else if (pattern[place] === word[at]) {
      place++;
      at++;
    } else if (star >= 0) {
      place = star + 1;
      at = ++retry;
    } else return false;
  }
  while (pattern[place] === "*") place++;
  return place === pattern.length;
}
