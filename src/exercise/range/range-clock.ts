import type { Clock } from "../../model/index.ts";

/** World time = `epoch` + (wall time − `wall`) × `factor`; all in milliseconds. */
export type ClockSetting = { readonly epoch: number; readonly wall: number; readonly factor: number };

/** The world's clock: wall time, slower or faster. Every process that has the world open computes the same time from the setting. */
export class RangeClock implements Clock {
  readonly #wall: Clock;
  #setting: ClockSetting | null = null;
  /** Where the monotonic reading stood when the factor last changed: a new factor must not make it jump. */
  #monotonic = { at: 0, reading: 0 };

  constructor(wall: Clock) {
    this.#wall = wall;
  }

  get factor(): number {
    return this.#setting?.factor ?? 1;
  }

  now(): number {
    const setting = this.#setting;
    if (setting === null) return this.#wall.now();
    return Math.floor(setting.epoch + (this.#wall.now() - setting.wall) * setting.factor);
  }

  monotonic(): number {
    return this.#monotonic.reading + (this.#wall.monotonic() - this.#monotonic.at) * this.factor;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#wall.sleep(ms / this.factor, signal);
  }

  /** Takes over the world's setting, which another process may have changed. */
  adopt(setting: ClockSetting): void {
    const reading = this.monotonic();
    this.#monotonic = { at: this.#wall.monotonic(), reading };
    this.#setting = setting;
  }

  /** The setting that goes on from this moment at another speed. */
  rebased(factor: number): ClockSetting {
    return { epoch: this.now(), wall: this.#wall.now(), factor };
  }
}
