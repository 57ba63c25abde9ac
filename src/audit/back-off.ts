import { randomInt } from "node:crypto";
import type { Clock } from "../model/index.ts";

const FIRST_MS = 25;
const MOST_LEVEL = 5;

/**
 * How long a writer keeps out of the others' way. It remembers: who lost a race for a number lately waits before its next try, so
 * that many writers at once spend few signatures. Pauses are random, since losers that wait alike meet again.
 */
export class BackOff {
  #level = 0;

  /** Whether others were faster lately. */
  get crowded(): boolean {
    return this.#level > 0;
  }

  won(): void {
    this.#level = Math.max(0, this.#level - 1);
  }

  lost(): void {
    this.#level = Math.min(MOST_LEVEL, this.#level + 1);
  }

  /** Up to 50 ms at the first level, twice as much at each further one. */
  async pause(clock: Clock, level = this.#level): Promise<void> {
    await clock.sleep(randomInt(1, FIRST_MS * 2 ** Math.min(level, MOST_LEVEL)));
  }
}
