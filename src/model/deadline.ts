import type { Clock } from "./clock.ts";

/** What did not end in time. Whether it was acted on is not known. */
export class DeadlineError extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms / 1_000} s`);
    this.name = "DeadlineError";
  }
}

/** Errors: DeadlineError after `ms`, when `signal` fires for the work too. */
export async function within<T>(clock: Clock, ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const late = new AbortController();
  const ended = new AbortController();
  const deadline = clock.sleep(ms, ended.signal).then(() => {
    late.abort();
    throw new DeadlineError(ms);
  });
  try {
    // In its own promise: work that throws at once must not leave the deadline without a listener.
    return await Promise.race([(async () => work(late.signal))(), deadline]);
  } finally {
    ended.abort();
  }
}
