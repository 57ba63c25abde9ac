import { isUtf8 } from "node:buffer";
import { createHash, hash } from "node:crypto";
import { Fault } from "./findings.ts";

export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

const MAX_DEPTH = 24;

export function sha256(...parts: readonly (Uint8Array | string)[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** In one call, where this Node has that (20.12 and newer). */
const hexOf: (bytes: Uint8Array) => string =
  typeof hash === "function" ? (bytes) => hash("sha256", bytes, "hex") : (bytes) => sha256(bytes).toString("hex");

/** `sha256:` and 64 hex digits. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${hexOf(bytes)}`;
}

/** As `digestOf`, of lines that are given without their ends. */
export function digestOfLines(lines: Iterable<Uint8Array>): string {
  const hash = createHash("sha256");
  for (const line of lines) hash.update(line).update("\n");
  return `sha256:${hash.digest("hex")}`;
}

/**
 * Reads JSON in its one canonical spelling (RFC 8785, numbers only safe integers): what comes out is written again and must
 * give the same bytes. That refuses duplicate keys, white space, other key orders or escapes, fractions and broken UTF-8.
 */
export function parseCanonical(bytes: Uint8Array): JsonObject {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw new Fault("not-canonical", "it is not JSON");
  }
  const plain = isPlain(value, 0) && JSON.stringify(value) === text && isUtf8(bytes);
  if (!plain && !Buffer.from(canonical(value)).equals(bytes))
    throw new Fault("not-canonical", "its JSON is not in the canonical spelling");
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Fault("form", "it is not a JSON object");
  return value;
}

/**
 * Whether `JSON.stringify` writes the value canonically: nothing in it that `canonical` refuses, and its keys in order. Keys that are
 * numbers are not enumerated in their order as text, so that not all canonical values are plain.
 */
function isPlain(value: Json, depth: number): boolean {
  if (depth > MAX_DEPTH) return false;
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value === "number") return Number.isSafeInteger(value);
  if (value === null || typeof value !== "object") return true;
  if (Array.isArray(value)) return value.every((item) => isPlain(item, depth + 1));
  let last: string | null = null;
  for (const key of Object.keys(value)) {
    if ((last !== null && key <= last) || !key.isWellFormed() || !isPlain(value[key] ?? null, depth + 1)) return false;
    last = key;
  }
  return depth < MAX_DEPTH || last === null;
}

export function canonical(value: Json, depth = 0): string {
  if (depth > MAX_DEPTH) throw new Fault("not-canonical", "its JSON is nested too deeply");
  if (typeof value === "number" && !Number.isSafeInteger(value))
    throw new Fault("not-canonical", `its JSON has the number ${value}`);
  if (typeof value === "string" && !value.isWellFormed()) throw new Fault("not-canonical", "its JSON has half a character");
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, depth + 1)).join(",")}]`;
  const members = Object.keys(value)
    .sort()
    .map((key) => `${canonical(key, depth + 1)}:${canonical(value[key] ?? null, depth + 1)}`);
  return `{${members.join(",")}}`;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** Base64 in the one spelling that an encoder writes. */
export function fromBase64(text: Json | undefined): Buffer {
  const bytes = Buffer.from(typeof text === "string" ? text : "", "base64");
  if (bytes.toString("base64") !== text) throw new Fault("envelope", "it is not base64 in the usual spelling");
  return bytes;
}

/**
 * The root over a growing list of entries (RFC 6962, section 2.1): of all complete subtrees, largest first, only the root is
 * kept.
 */
export class MerkleTree {
  readonly #subtrees: { size: number; hash: Buffer }[] = [];
  size = 0;

  add(leaf: Uint8Array): void {
    let node = { size: 1, hash: sha256(Buffer.of(0), leaf) };
    for (let last = this.#subtrees.at(-1); last?.size === node.size; last = this.#subtrees.at(-1)) {
      this.#subtrees.pop();
      node = { size: node.size * 2, hash: sha256(Buffer.of(1), last.hash, node.hash) };
    }
    this.#subtrees.push(node);
    this.size++;
  }

  /** In hex. */
  root(): string {
    const hashes = this.#subtrees.map(({ hash }) => hash);
    const last = hashes.pop() ?? sha256();
    return hashes.reduceRight((right, left) => sha256(Buffer.of(1), left, right), last).toString("hex");
  }
}
