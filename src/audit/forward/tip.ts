import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { isSystemError } from "../../model/index.ts";
import type { Layout } from "../layout.ts";

/** Whether this machine wrote something since somebody last asked. Reads no entry. */
export class WalTip {
  readonly #folder: string;
  #seen = "";

  constructor({ segments }: Layout) {
    this.#folder = segments;
  }

  async moved(): Promise<boolean> {
    const now = await this.#tip();
    if (now === this.#seen) return false;
    this.#seen = now;
    return true;
  }

  /** The next question is answered as the first one. */
  forget(): void {
    this.#seen = "";
  }

  async #tip(): Promise<string> {
    try {
      const last = (await readdir(this.#folder)).sort().at(-1);
      return last === undefined ? "" : `${last}:${(await stat(join(this.#folder, last))).size}`;
    } catch (error) {
      if (isSystemError(error)) return this.#seen;
      throw error;
    }
  }
}
