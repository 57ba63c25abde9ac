import { setTimeout as delay } from "node:timers/promises";

/**
 * The only source of time. `now` is UTC milliseconds, `monotonic` never goes back, `sleep` rejects with the signal's
 * reason when aborted. `factor` tells how many of its seconds pass in one real second (1 everywhere but on a range).
 */
export interface Clock {
  readonly factor: number;
  now(): number;
  monotonic(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  factor: 1,
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => delay(Math.max(0, ms), undefined, signal ? { signal } : {}).then(() => undefined),
};

/** ISO 8601 in UTC with milliseconds: the one form of a time in entries, plans and output. */
export type Instant = string;

export function instant(ms: number): Instant {
  return new Date(ms).toISOString();
}

export function millis(at: Instant): number {
  return Date.parse(at);
}
