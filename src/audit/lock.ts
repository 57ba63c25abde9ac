import { DatabaseSync } from "node:sqlite";
import { ErError, quote, systemClock } from "../model/index.ts";

const SQLITE_BUSY = 5;
const FIRST_WAIT_MS = 1;
const LONGEST_WAIT_MS = 25;

/**
 * A lock between processes of one machine that the operating system releases when its holder dies, `kill -9` included, and
 * that survives suspend. It is SQLite's lock on a file of its own: nothing else may open that file, because closing it would
 * drop the lock (POSIX).
 */
export class ProcessLock implements Disposable {
  readonly path: string;
  readonly #database: DatabaseSync;

  constructor(path: string) {
    this.path = path;
    try {
      this.#database = new DatabaseSync(path, { timeout: 0 });
    } catch (error) {
      throw unusable(path, error);
    }
  }

  /** False when another holder has it, in this process or elsewhere. */
  tryAcquire(): boolean {
    try {
      // With its journal in memory, locking leaves no file behind, not even when its holder is killed. (OFF is refused in defensive mode.)
      this.#database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
      return true;
    } catch (error) {
      if ((error as { errcode?: unknown }).errcode === SQLITE_BUSY) return false;
      throw unusable(this.path, error);
    }
  }

  /** Waits for the lock. Throws `audit-unavailable` when it is not free within `deadlineMs` (wall time). */
  async acquire(deadlineMs: number): Promise<void> {
    const end = systemClock.monotonic() + deadlineMs;
    for (let wait = FIRST_WAIT_MS; !this.tryAcquire(); wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      if (systemClock.monotonic() >= end) {
        throw new ErError("audit-unavailable", `another process has held "${this.path}" for ${Math.round(deadlineMs / 1000)} s`, {
          hints: [`fuser ${quote(this.path)}   # which process it is`],
        });
      }
      await systemClock.sleep(wait);
    }
  }

  release(): void {
    this.#database.exec("ROLLBACK");
  }

  /** Releases the lock if it is held. */
  [Symbol.dispose](): void {
    this.#database.close();
  }
}

/** Takes the lock at `path`, which is created when it is missing; null when another process holds it. */
export async function tryLock(path: string): Promise<AsyncDisposable | null> {
  const lock = new ProcessLock(path);
  if (lock.tryAcquire()) return { [Symbol.asyncDispose]: async () => lock[Symbol.dispose]() };
  lock[Symbol.dispose]();
  return null;
}

function unusable(path: string, error: unknown): ErError {
  return new ErError("audit-unavailable", `cannot lock "${path}": ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
    hints: [`ls -l ${quote(path)}`],
  });
}
