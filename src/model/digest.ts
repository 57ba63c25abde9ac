import { createHash } from "node:crypto";
import { canonicalize, type Json } from "./json.ts";

/** `sha256:` and 64 hex digits. */
export type Digest = `sha256:${string}`;

export function digestBytes(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** The digest of bytes that come in parts. */
export class Digester {
  readonly #hash = createHash("sha256");

  add(part: Uint8Array | string): this {
    this.#hash.update(part);
    return this;
  }

  /** Of what was added so far. */
  digest(): Digest {
    return `sha256:${this.#hash.copy().digest("hex")}`;
  }
}

/** The digest of a value is the digest of its canonical bytes. */
export function digestJson(value: Json): Digest {
  return digestBytes(canonicalize(value));
}

export function isDigest(text: string): text is Digest {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}
