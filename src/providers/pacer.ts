import type { Clock } from "../model/index.ts";

/** A throttle lowers the rate to this share of it, once per round trip. */
const CUT = 0.7;
/** An accepted call raises it by this much: about one call in twenty-five meets the limit, which is how the limit is known. */
const RAISE = 1.014;
/** While it is known to be too low, the rate rises by this much, once per round trip. */
const CLIMB = 2;
/** After so many accepted calls without a throttle it is known to be too low. */
const RECOVER_AFTER = 80;
const LOWEST_PER_SECOND = 0.5;
const WINDOW_MS = 1_000;

/**
 * Learns how fast a service takes calls, knowing neither its rate nor its burst. Free until the first throttle; from then on calls
 * leave at a rate that follows what is accepted: fast up to where it meets the limit, then slowly around it. Slots are never
 * reserved ahead, since the rate may change while somebody waits.
 */
export class Pacer {
  readonly #clock: Clock;
  #perSecond: number | null = null;
  #climbing = true;
  /** Whether a call has waited for its turn since the last step: where none has, something else is slower, and the rate is high enough. */
  #held = false;
  #lastSent = Number.NEGATIVE_INFINITY;
  /** When the rate was last cut or climbed: what was sent before says nothing of the rate as it is now. */
  #lastStep = Number.NEGATIVE_INFINITY;
  #acceptedSinceThrottle = 0;
  #accepted: number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds until the next call may leave; 0 = now. */
  wait(): number {
    if (this.#perSecond === null) return 0;
    const wait = Math.max(0, this.#lastSent + 1_000 / this.#perSecond - this.#clock.monotonic());
    if (wait > 0) this.#held = true;
    return wait;
  }

  /** Returns the moment of sending, to be handed back with the answer. */
  sent(): number {
    this.#lastSent = this.#clock.monotonic();
    return this.#lastSent;
  }

  accepted(sentAt: number): void {
    const now = this.#clock.monotonic();
    this.#accepted.push(now);
    while ((this.#accepted[0] ?? now) < now - WINDOW_MS) this.#accepted.shift();
    if (this.#perSecond === null) return;
    this.#acceptedSinceThrottle++;
    if (this.#acceptedSinceThrottle >= RECOVER_AFTER) this.#climbing = true;
    if (!this.#held) return;
    if (!this.#climbing) this.#perSecond *= RAISE;
    else if (sentAt > this.#lastStep) {
      this.#perSecond *= CLIMB;
      this.#step(now);
    }
  }

  throttled(sentAt: number): void {
    this.#acceptedSinceThrottle = 0;
    if (this.#perSecond === null) {
      this.#perSecond = Math.max(1, this.#accepted.length / 2);
    } else if (sentAt > this.#lastStep) {
      this.#climbing = false;
      // A rate that climbed far above what is accepted comes down at once, where enough was accepted to know.
      const known = this.#accepted.length >= 16 ? this.#accepted.length / CUT : Number.POSITIVE_INFINITY;
      this.#perSecond = Math.max(LOWEST_PER_SECOND, Math.min(this.#perSecond, known) * CUT);
    } else return;
    this.#step(this.#clock.monotonic());
  }

  #step(now: number): void {
    this.#lastStep = now;
    this.#held = false;
  }
}
