import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { digestBytes, isSystemError, newNonce } from "../model/index.ts";
import { FILE_MODE, hasCode, makeFolder, onDisk } from "./disk.ts";
import { hexOf, type Layout } from "./layout.ts";

/**
 * How many batches a store is known to have. It only spares questions: when it is lost, the store is asked again from the
 * first batch on.
 */
export class StoreCursor {
  readonly #folder: string;
  readonly #path: string;

  constructor(layout: Layout, store: string) {
    this.#folder = layout.stores;
    this.#path = join(layout.stores, hexOf(digestBytes(store)).slice(0, 16));
  }

  async read(): Promise<number> {
    return onDisk(this.#path, async () => {
      try {
        const text = await readFile(this.#path, "utf8");
        return /^\d{1,15}$/.test(text) ? Number(text) : 0;
      } catch (error) {
        if (hasCode(error, "ENOENT")) return 0;
        throw error;
      }
    });
  }

  /** What the disk refuses is no harm here. */
  async write(batches: number): Promise<void> {
    const draft = join(this.#folder, `.${newNonce()}`);
    try {
      await makeFolder(this.#folder);
      await writeFile(draft, String(batches), { mode: FILE_MODE });
      await rename(draft, this.#path);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      await rm(draft, { force: true }).catch(() => undefined);
    }
  }
}
