import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { ErError } from "../../model/index.ts";
import { hasCode, onDisk } from "../disk.ts";
import type { Layout } from "../layout.ts";
import { ProcessLock } from "../lock.ts";

/** A file of the log as it is handed over: its first `bytes`, however it grows meanwhile. */
export type LogFile = { readonly name: string; readonly path: string; readonly bytes: number };

/** What of the log's folder is evidence, and nothing else: locks, cursors and whatever else a machine keeps there stays. */
const PARTS: readonly (readonly [folder: string, names: RegExp])[] = [
  ["", /^genesis\.json$/],
  ["pins", /^\d{12}$/],
  ["checkpoints", /^\d{12}$/],
  ["batches", /^\d{12}(\.void)?$/],
  ["segments", /^\d{10}\.wal$/],
  ["blobs/sha256", /^[0-9a-f]{64}$/],
  ["quarantine", /^\d{10}\.wal-\d+$/],
  ...["cosig", "anchor", "tile"].map((name) => [name, /^[A-Za-z0-9][A-Za-z0-9.-]*$/] as const),
];

/**
 * The files of the log in an order in which each has what those before it speak of, whoever appends meanwhile: an entry stands in
 * a segment before it stands in a batch, in a batch before that is pinned, and a plan is there before its entry. Names begin with `log/`.
 */
export async function* logFiles(layout: Layout): AsyncGenerator<LogFile> {
  for (const [part, names] of PARTS) {
    const folder = join(layout.folder, part);
    const list = async (): Promise<LogFile[]> =>
      Promise.all(
        (await filesIn(folder, names)).map(async (name) => {
          const path = join(folder, name);
          return { name: ["log", part, name].filter((one) => one !== "").join("/"), path, bytes: (await stat(path)).size };
        }),
      );
    yield* await onDisk(folder, () => (part === "segments" ? whileNobodyWrites(layout, list) : list()));
  }
}

/** Under the log's lock, so that no half-written group is taken for what a crash left. Who cannot have the lock does without. */
async function whileNobodyWrites<T>(layout: Layout, work: () => Promise<T>): Promise<T> {
  try {
    using lock = new ProcessLock(layout.lock);
    await lock.acquire(LOCK_MS);
    return await work();
  } catch (error) {
    if (error instanceof ErError && error.code === "audit-unavailable") return work();
    throw error;
  }
}

const LOCK_MS = 2_000;

async function filesIn(folder: string, names: RegExp): Promise<string[]> {
  try {
    const files = await readdir(folder, { withFileTypes: true });
    return files
      .filter((file) => file.isFile() && names.test(file.name))
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
}
