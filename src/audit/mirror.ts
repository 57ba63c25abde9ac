import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { broken, createOnce, hasCode, makeFolder, onDisk } from "./disk.ts";
import { batchName, type Layout } from "./layout.ts";

/** Byte copies of the batches that this machine has seen in the stores: the order of the log, readable without them. */
export class Mirror {
  readonly #folder: string;

  constructor(layout: Layout) {
    this.#folder = layout.batches;
  }

  path(number: number): string {
    return join(this.#folder, batchName(number));
  }

  /** Null when this machine has not seen a batch of that number. */
  async read(number: number): Promise<Uint8Array | null> {
    return onDisk(this.#folder, async () => {
      try {
        return await readFile(this.path(number));
      } catch (error) {
        if (hasCode(error, "ENOENT")) return null;
        throw error;
      }
    });
  }

  /** Errors: `audit-broken` when another batch has that number here. */
  async add(number: number, bytes: Uint8Array): Promise<void> {
    const stored = await onDisk(this.#folder, async () => {
      await makeFolder(this.#folder);
      return createOnce(this.path(number), bytes);
    });
    if (stored === "stored") return;
    const there = await this.read(number);
    if (there === null || Buffer.compare(there, bytes) !== 0)
      throw broken(this.path(number), null, "it differs from the batch in the store");
  }
}
