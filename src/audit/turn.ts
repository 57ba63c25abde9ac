import { type Ballast, isFull } from "./ballast.ts";
import type { ProcessLock } from "./lock.ts";
import type { TornTail, Wal } from "./wal.ts";

/** How long to wait for another process that writes: a group of entries takes milliseconds. */
const LOCK_WAIT_MS = 30_000;

/**
 * This process's turns at the log. While one of its tasks holds the turn no other process can append; its own tasks share it,
 * so that an entry of one does not wait for the other's critical section.
 */
export class Turn {
  readonly #lock: ProcessLock;
  readonly #wal: Wal;
  readonly #ballast: Ballast;
  readonly #onTorn: (tail: TornTail) => void;
  #holders = 0;
  #held: Promise<void> | null = null;
  #locked = false;
  #critical: Promise<unknown> = Promise.resolve();

  constructor(lock: ProcessLock, wal: Wal, ballast: Ballast, onTorn: (tail: TornTail) => void) {
    this.#lock = lock;
    this.#wal = wal;
    this.#ballast = ballast;
    this.#onTorn = onTorn;
  }

  /** Runs `work` at the end of the log, with everybody else waiting. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    this.#holders++;
    this.#held ??= this.#acquire();
    try {
      await this.#held;
      return await work();
    } finally {
      if (--this.#holders === 0) this.#release();
    }
  }

  /** As `take`, one after the other within this process too. */
  async takeAlone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#critical.then(() => this.take(work));
    this.#critical = mine.catch(() => undefined);
    return mine;
  }

  async #acquire(): Promise<void> {
    await this.#lock.acquire(LOCK_WAIT_MS);
    this.#locked = true;
    const torn = await this.#catchUp();
    if (torn !== null) this.#onTorn(torn);
  }

  /** A full disk may be why a record is torn, and it has no room either for what is kept of it. */
  async #catchUp(): Promise<TornTail | null> {
    try {
      return await this.#wal.catchUp();
    } catch (error) {
      if (!isFull(error)) throw error;
      await this.#ballast.release();
      return await this.#wal.catchUp();
    }
  }

  #release(): void {
    this.#held = null;
    if (this.#locked) this.#lock.release();
    this.#locked = false;
  }
}
