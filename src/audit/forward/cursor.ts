import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { digestBytes, type Instant, isSystemError, newNonce } from "../../model/index.ts";
import { FILE_MODE, makeFolder } from "../disk.ts";
import type { Facts } from "../export/ocsf.ts";
import { hexOf, type Layout } from "../layout.ts";
import { WAL_START, type WalPlace } from "../wal.ts";

/** How far a forwarder came in what this machine wrote, and what its last attempt met. */
export type Progress = {
  readonly place: WalPlace;
  /** How many entries lie before the place. */
  readonly count: number;
  readonly facts: Facts;
  /** Since when each attempt failed, and how the last one did. */
  readonly failing?: { readonly since: Instant; readonly reason: string };
};

const BEGINNING: Progress = { place: WAL_START, count: 0, facts: { kinds: [], hosts: [], severities: [] } };

/** The progress of one forwarder, kept beside the log. When it is lost, everything is handed over again. */
export class ForwardCursor {
  readonly #folder: string;
  readonly #path: string;

  constructor(layout: Layout, name: string) {
    this.#folder = join(layout.folder, "forward");
    this.#path = join(this.#folder, hexOf(digestBytes(name)).slice(0, 16));
  }

  get lock(): string {
    return `${this.#path}.lock`;
  }

  /** Makes the folder in which lock and progress lie. */
  async prepare(): Promise<void> {
    await makeFolder(this.#folder);
  }

  async read(): Promise<Progress> {
    try {
      const { place, count, facts, failing } = JSON.parse(await readFile(this.#path, "utf8")) as Progress;
      if (!Number.isSafeInteger(place.segment) || !Number.isSafeInteger(place.offset)) return BEGINNING;
      return { place, count, facts, ...(failing === undefined ? {} : { failing }) };
    } catch (error) {
      // No file, or half of one: entries that come twice are told from each other by their digest.
      if (error instanceof SyntaxError || error instanceof TypeError || isSystemError(error)) return BEGINNING;
      throw error;
    }
  }

  async write(progress: Progress): Promise<void> {
    const draft = `${this.#path}.${newNonce()}`;
    try {
      await writeFile(draft, JSON.stringify(progress), { mode: FILE_MODE });
      await rename(draft, this.#path);
    } finally {
      await rm(draft, { force: true });
    }
  }
}
