import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { ErError } from "../model/index.ts";
import { type Checkpoint, checkpointText, parseCheckpoint, SignatureError, type TreeHead } from "../signing/index.ts";
import { broken, createOnce, hasCode, makeFolder, onDisk } from "./disk.ts";
import { headName, type Layout } from "./layout.ts";

/** `note` is the file's bytes. */
export type NotedHead = Checkpoint & { readonly note: Uint8Array };

const ATTEMPTS = 5;
/** Older pins that stay beside the newest: who has just listed them still finds them. */
const KEPT = 4;

/**
 * What this machine has seen of the log and holds it to: the newest tree head that it verified, and the checkpoints. The log
 * may only grow from there.
 */
export class Heads {
  readonly #layout: Layout;
  readonly #origin: string;

  constructor(layout: Layout, origin: string) {
    this.#layout = layout;
    this.#origin = origin;
  }

  /** The newest head that was pinned here, as a note without signatures; null before the first. Errors: `audit-broken`. */
  async pinned(): Promise<NotedHead | null> {
    return this.#newest(this.#layout.pins);
  }

  /** The newest checkpoint that this machine has; null when it has none. Errors: `audit-broken`. */
  async checkpoint(): Promise<NotedHead | null> {
    return this.#newest(this.#layout.checkpoints);
  }

  /**
   * Holds the log to this head from now on, durably on return; it must continue what was pinned before. Errors: `audit-forked` when
   * another head of that size is pinned.
   */
  async pin(head: TreeHead): Promise<void> {
    const folder = this.#layout.pins;
    const name = headName(head.size);
    await onDisk(folder, async () => {
      await makeFolder(folder);
      if ((await names(folder)).some((newer) => newer > name)) return;
      const note = `${checkpointText(this.#origin, head)}\n`;
      if ((await createOnce(join(folder, name), Buffer.from(note))) === "exists") {
        const there = await this.#read(join(folder, name));
        if (there !== null && there.root !== head.root) throw forked(head.size, OTHER_HISTORY);
      }
      const older = (await names(folder)).filter((one) => one < name);
      for (const one of older.slice(0, -KEPT)) await rm(join(folder, one), { force: true });
    });
  }

  /** Keeps a checkpoint whose signature and root were verified; its first copy stays. */
  async keep({ size }: TreeHead, note: Uint8Array): Promise<void> {
    const folder = this.#layout.checkpoints;
    await onDisk(folder, async () => {
      await makeFolder(folder);
      await createOnce(join(folder, headName(size)), note);
    });
  }

  async #newest(folder: string): Promise<NotedHead | null> {
    return onDisk(folder, async () => {
      // What another process pins takes the place of what was listed.
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const last = (await names(folder)).at(-1);
        if (last === undefined) return null;
        const found = await this.#read(join(folder, last));
        if (found !== null) return found;
      }
      return null;
    });
  }

  async #read(path: string): Promise<NotedHead | null> {
    try {
      const note = await readFile(path);
      return { ...parseCheckpoint(note), note };
    } catch (error) {
      if (error instanceof SignatureError) throw broken(path, null, error.message);
      if (hasCode(error, "ENOENT")) return null;
      throw error;
    }
  }
}

async function names(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => /^\d{12}$/.test(name)).sort();
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
}

export const OTHER_HISTORY = "has another history than the one pinned here";

/** Whether a batch that takes the log from `before` entries to `head` leaves the pinned head in its history. Heads are pinned where batches end. */
export function continues(pinned: TreeHead | null, before: number, { size, root }: TreeHead): boolean {
  return pinned === null || before >= pinned.size || size < pinned.size || (size === pinned.size && root === pinned.root);
}

/** The log as it is read now is not a continuation of what this machine verified before. */
export function forked(size: number, why: string): ErError {
  return new ErError("audit-forked", `the audit log ${why}: this machine verified ${size} entries`, {
    hints: [
      "soc2-er audit verify   # what is there, and what is not",
      "keep this machine and the store as they are: they are evidence",
    ],
  });
}
