import type { Clock } from "../model/index.ts";

/** A throttle lowers the rate to this share of it, once per round trip. */
const CUT = 0.7;
/** An accepted call raises it by this much: about one call in twenty-five meets the limit, which is how the limit is known. */
const RAISE = 1.014;
/** After so many accepted calls without a throttle the first guess was too low. */
const RECOVER_AFTER = 40;
const RECOVER = 1.5;
const LOWEST_PER_SECOND = 0.5;
const WINDOW_MS = 1_000;

/**
 * Learns how fast a service takes calls, knowing neither its rate nor its burst. Free until the first throttle; from then on calls
 * leave at a rate that follows what is accepted. Slots are never reserved ahead, since the rate may change while somebody waits.
 */
export class Pacer {
  readonly #clock: Clock;
  #perSecond: number | null = null;
  #lastSent = Number.NEGATIVE_INFINITY;
  #lastCut = Number.NEGATIVE_INFINITY;
  #acceptedSinceThrottle = 0;
  #accepted: number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds until the next call may leave; 0 = now. */
  wait(): number {
    if (this.#perSecond === null) return 0;
    return Math.max(0, this.#lastSent + 1_000 / this.#perSecond - this.#clock.monotonic());
  }

  /** Returns the moment of sending, to be handed back with the answer. */
  sent(): number {
    this.#lastSent = this.#clock.monotonic();
    return this.#lastSent;
  }

  accepted(): void {
    this.#acceptedSinceThrottle++;
    if (this.#perSecond === null) {
      const now = this.#clock.monotonic();
      this.#accepted.push(now);
      while ((this.#accepted[0] ?? now) < now - WINDOW_MS) this.#accepted.shift();
      return;
    }
    const recovering = this.#acceptedSinceThrottle % RECOVER_AFTER === 0;
    this.#perSecond *= recovering ? RECOVER : RAISE;
  }

  throttled(sentAt: number): void {
    this.#acceptedSinceThrottle = 0;
    if (this.#perSecond === null) {
      this.#perSecond = Math.max(1, this.#accepted.length / 2);
      this.#accepted = [];
    } else if (sentAt > this.#lastCut) {
      this.#perSecond = Math.max(LOWEST_PER_SECOND, this.#perSecond * CUT);
    } else return;
    this.#lastCut = this.#clock.monotonic();
  }
}
