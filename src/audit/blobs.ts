import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Digest, digestBytes } from "../model/index.ts";
import { createOnce, hasCode, makeFolder, onDisk } from "./disk.ts";
import { hexOf, type Layout } from "./layout.ts";
import { broken } from "./wal.ts";

/** Content by its digest, on this machine. */
export class Blobs {
  readonly #folder: string;

  constructor(layout: Layout) {
    this.#folder = layout.blobs;
  }

  /** Durable on return. */
  async put(bytes: Uint8Array): Promise<Digest> {
    const digest = digestBytes(bytes);
    await onDisk(this.#folder, async () => {
      await makeFolder(this.#folder);
      await createOnce(join(this.#folder, hexOf(digest)), bytes);
    });
    return digest;
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
