import { isIPv4, isIPv6 } from "./ip.ts";

/** A network in its canonical form: host bits zero, IPv6 in RFC 5952 form. */
export type Cidr = { readonly family: 4 | 6; readonly text: string; readonly bits: number; readonly base: bigint };

/** Null when the text is no address or network. A bare address is a network of one. Host bits that are set are an error, not a guess. */
export function parseCidr(text: string): Cidr | null {
  const [address = "", length, ...rest] = text.split("/");
  if (rest.length > 0) return null;
  const family = isIPv4(address) ? 4 : isIPv6(address) ? 6 : null;
  if (family === null) return null;
  const width = family === 4 ? 32 : 128;
  if (length !== undefined && !/^(0|[1-9]\d{0,2})$/.test(length)) return null;
  const bits = length === undefined ? width : Number(length);
  if (bits > width) return null;
  const base = family === 4 ? fromIPv4(address) : fromIPv6(address);
  const hostBits = BigInt(width - bits);
  if ((base >> hostBits) << hostBits !== base) return null;
  return { family, bits, base, text: `${family === 4 ? sayIPv4(base) : sayIPv6(base)}/${bits}` };
}

/** True when one network contains or equals the other. */
export function overlaps(left: Cidr, right: Cidr): boolean {
  if (left.family !== right.family) return false;
  const shift = BigInt((left.family === 4 ? 32 : 128) - Math.min(left.bits, right.bits));
  return left.base >> shift === right.base >> shift;
}

/** True when `outer` contains all of `inner`. */
export function contains(outer: Cidr, inner: Cidr): boolean {
  return outer.bits <= inner.bits && overlaps(outer, inner);
}

function fromIPv4(address: string): bigint {
  return address.split(".").reduce((total, part) => (total << 8n) | BigInt(part), 0n);
}

function fromIPv6(address: string): bigint {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  const text = dotted ? `${dotted[1]}${hexPair(fromIPv4(dotted[2] ?? ""))}` : address;
  const [head = "", tail] = text.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = new Array<string>(tail === undefined ? 0 : 8 - left.length - right.length).fill("0");
  return [...left, ...zeros, ...right].reduce((total, part) => (total << 16n) | BigInt(`0x${part}`), 0n);
}

function hexPair(value: bigint): string {
  return `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
}

function sayIPv4(base: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((base >> shift) & 0xffn)).join(".");
}

function sayIPv6(base: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => ((base >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  let best = { start: 0, length: 0 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === "0") length++;
    if (length > best.length) best = { start, length };
  }
  if (best.length < 2) return groups.join(":");
  return `${groups.slice(0, best.start).join(":")}::${groups.slice(best.start + best.length).join(":")}`;
}
