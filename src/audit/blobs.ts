import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Digest, Digester, digestBytes } from "../model/index.ts";
import { broken, createNamed, hasCode, makeFolder, onDisk } from "./disk.ts";
import { hexOf, type Layout } from "./layout.ts";

const CHUNK_BYTES = 256 * 1024;
/** Nothing longer is taken from a store: a blob is read whole. */
export const MOST_BLOB_BYTES = 256 * 1024 * 1024;

/** Content by its digest, on this machine. */
export class Blobs {
  readonly #folder: string;

  constructor(layout: Layout) {
    this.#folder = layout.blobs;
  }

  /** Durable on return. */
  async put(parts: Iterable<Uint8Array | string>): Promise<Digest> {
    const content = new Digester();
    await onDisk(this.#folder, async () => {
      await makeFolder(this.#folder);
      await createNamed(this.#folder, inChunks(parts, content), () => hexOf(content.digest()));
    });
    return content.digest();
  }

  /** Null when it is not here. Errors: `audit-broken` when it is not what its digest says. */
  async get(digest: Digest): Promise<Uint8Array | null> {
    const path = join(this.#folder, hexOf(digest));
    const bytes = await onDisk(this.#folder, async () => {
      try {
        return await readFile(path);
      } catch (error) {
        if (hasCode(error, "ENOENT")) return null;
        throw error;
      }
    });
    if (bytes !== null && digestBytes(bytes) !== digest) throw broken(path, null, "its content is not what its name says");
    return bytes;
  }
}

/** Small parts together, so that a line is no call of the system. */
function* inChunks(parts: Iterable<Uint8Array | string>, content: Digester): Generator<Uint8Array> {
  let chunk: Uint8Array[] = [];
  let size = 0;
  for (const part of parts) {
    const bytes = typeof part === "string" ? Buffer.from(part) : part;
    content.add(bytes);
    chunk.push(bytes);
    size += bytes.length;
    if (size < CHUNK_BYTES) continue;
    yield Buffer.concat(chunk);
    chunk = [];
    size = 0;
  }
  yield Buffer.concat(chunk);
}
