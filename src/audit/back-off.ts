import { randomInt } from "node:crypto";
import type { Clock } from "../model/index.ts";

const FIRST_MS = 25;
/** Where a loser begins: whoever else lost the same race tries again, too. */
const LOST_LEVEL = 4;
const MOST_LEVEL = 5;
/** A loss weighs as much as these wins: where all hand over without a break, that is about how the tries end. */
const WINS_FOR_A_LOSS = 4;
const MOST_TRY_MS = 250;
const MOST_PAUSE_MS = 2_000;

/**
 * How long a writer keeps out of the others' way. It remembers: who lost a race for a number lately, or saw others hand over, waits
 * before its next try, so that many writers at once spend few signatures. Pauses are random, since losers that wait alike meet again.
 */
export class BackOff {
  #level = 0;
  /** What a try takes lately. */
  #tryMs = FIRST_MS;

  /** Whether others were faster lately. */
  get crowded(): boolean {
    return this.#level > 0;
  }

  won(): void {
    this.#level = Math.max(0, this.#level - 1 / WINS_FOR_A_LOSS);
  }

  /** So many batches of others came since this writer's last: so many are likely to try now. */
  shared(batches: number): void {
    if (batches > 0) this.#level = Math.max(this.#level, Math.min(MOST_LEVEL, Math.log2(batches) + 2));
  }

  /** `ms`: from its beginning to the answer. */
  tried(ms: number): void {
    this.#tryMs = Math.min(MOST_TRY_MS, Math.max(FIRST_MS, (this.#tryMs + ms) / 2));
  }

  lost(): void {
    this.#level = Math.min(MOST_LEVEL, Math.max(LOST_LEVEL, this.#level + 1));
  }

  /** Up to two tries long at the first level, twice as long at each further one, 2 s at most. */
  async pause(clock: Clock, level = this.#level): Promise<void> {
    const longest = Math.min(MOST_PAUSE_MS, this.#tryMs * 2 ** Math.min(level, MOST_LEVEL));
    await clock.sleep(randomInt(1, Math.ceil(longest)));
  }
}
