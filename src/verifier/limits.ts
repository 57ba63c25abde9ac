import { BlockList, isIP } from "node:net";
import type { Json } from "./bytes.ts";

/** Whether a value is as a line of a scope allows: `is`, `in`, `like`, `within` or `widest`. Undefined: the value was not given. */
export function isAllowed(limit: string, value: Json | undefined): boolean {
  const kind = limit.split(" ", 1)[0] ?? "";
  const rest = limit.slice(kind.length + 1);
  if (value === undefined) return kind !== "is";
  if (typeof value !== "string") return false;
  const words = value.split(" ");
  const allowed = rest.split(" ");
  switch (kind) {
    case "is":
      return value === rest;
    case "in":
      return rest.split(" | ").includes(value);
    case "like":
      return words.every((word) => allowed.some((pattern) => isLike(word, pattern)));
    case "within":
      return words.every((word) => allowed.some((network) => isWithin(word, network)));
    case "widest":
      return words.every((word) => {
        const [address = "", bits] = word.split("/");
        return isIP(address) !== 0 && Number(bits) >= Number(allowed[isIP(address) === 4 ? 0 : 1]?.slice(1));
      });
    default:
      return false;
  }
}

/** A table of what each beginning of the pattern matches: no pattern takes long. */
function isLike(word: string, pattern: string): boolean {
  let reached = [true, ...Array<boolean>(word.length).fill(false)];
  for (const sign of pattern) {
    const next = [sign === "*" && reached[0] === true];
    for (let at = 1; at <= word.length; at++)
      next[at] = sign === "*" ? next[at - 1] === true || reached[at] === true : reached[at - 1] === true && word[at - 1] === sign;
    reached = next;
  }
  return word !== "" && reached[word.length] === true;
}

function isWithin(word: string, network: string): boolean {
  const [inner = "", innerBits] = word.split("/");
  const [outer = "", outerBits] = network.split("/");
  const family = isIP(inner);
  if (family === 0 || family !== isIP(outer) || !(Number(innerBits) >= Number(outerBits))) return false;
  const list = new BlockList();
  const name = family === 4 ? "ipv4" : "ipv6";
  list.addSubnet(outer, Number(outerBits), name);
  return list.check(inner, name);
}
