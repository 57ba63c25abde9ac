import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { broken, createOnce, hasCode, makeFolder, onDisk } from "./disk.ts";
import { batchName, type Layout, voidName } from "./layout.ts";
import { type Void, voidOf } from "./voids.ts";

/** Byte copies of the batches that this machine has seen in the stores: the order of the log, readable without them. */
export class Mirror {
  readonly #folder: string;

  constructor(layout: Layout) {
    this.#folder = layout.batches;
  }

  path(number: number): string {
    return join(this.#folder, batchName(number));
  }

  /**
   * The first batch from a number on, and the void slots before it; null when this machine has seen none. Void slots without a batch
   * behind them, which would name them, are nothing: a crash left them.
   */
  async next(from: number): Promise<{ readonly bytes: Uint8Array; readonly voids: readonly Void[] } | null> {
    const voids: Void[] = [];
    for (let number = from; ; number++) {
      const bytes = await this.read(number);
      if (bytes !== null) return { bytes, voids };
      const kept = await this.readVoid(number);
      if (kept === null) return null;
      voids.push(voidOf(number, kept));
    }
  }

  /** Null when this machine has seen no batch under the number. */
  async read(number: number): Promise<Uint8Array | null> {
    return this.#readFile(batchName(number));
  }

  /** What is kept of a void slot; null when the number is none, as far as this machine has seen. */
  async readVoid(number: number): Promise<Uint8Array | null> {
    return this.#readFile(voidName(number));
  }

  /** Errors: `audit-broken` when another batch has that number here. */
  async add(number: number, bytes: Uint8Array): Promise<void> {
    const there = await this.#create(batchName(number), bytes);
    if (there !== null && Buffer.compare(there, bytes) !== 0)
      throw broken(this.path(number), null, "it differs from the batch in the store");
  }

  /** Keeps what a void slot holds, or its mark. The batch behind it is to be added next. */
  async addVoid(number: number, kept: Uint8Array): Promise<void> {
    await this.#create(voidName(number), kept);
  }

  /** What is there already; null when it was created. */
  async #create(name: string, bytes: Uint8Array): Promise<Uint8Array | null> {
    const stored = await onDisk(this.#folder, async () => {
      await makeFolder(this.#folder);
      return createOnce(join(this.#folder, name), bytes);
    });
    return stored === "stored" ? null : this.#readFile(name);
  }

  async #readFile(name: string): Promise<Uint8Array | null> {
    return onDisk(this.#folder, async () => {
      try {
        return await readFile(join(this.#folder, name));
      } catch (error) {
        if (hasCode(error, "ENOENT")) return null;
        throw error;
      }
    });
  }
}
