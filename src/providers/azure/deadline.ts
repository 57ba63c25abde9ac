import type { HttpClient } from "@azure/core-rest-pipeline";
import type { Clock } from "../../model/index.ts";

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
    return await Promise.race([work(late.signal), deadline]);
  } finally {
    ended.abort();
  }
}

/** The SDK's own time limit ends with the answer's headers; this one covers the body. */
export function bounded(client: HttpClient, clock: Clock, ms: number): HttpClient {
  return {
    async sendRequest(request) {
      const given = request.abortSignal as AbortSignal | undefined;
      try {
        return await within(clock, ms, (late) => {
          request.abortSignal = given ? AbortSignal.any([given, late]) : late;
          return client.sendRequest(request);
        });
      } finally {
        if (given) request.abortSignal = given;
        else delete request.abortSignal;
      }
    },
  };
}
