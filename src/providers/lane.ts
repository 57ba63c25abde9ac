import type { Clock } from "../model/index.ts";
import { Pacer } from "./pacer.ts";
import { ProviderError, type ProviderErrorKind } from "./provider-error.ts";

export type LaneCall<T> = {
  readonly write: boolean;
  /** On the way to a containment: a write, and the look right before it. Goes before what only looks. */
  readonly urgent: boolean;
  readonly signal: AbortSignal;
  /** One attempt; fails with a ProviderError or a defect. */
  readonly attempt: () => Promise<T>;
  /** Names a call that was given up before it left. */
  readonly name: { readonly service: string; readonly operation: string };
};

const FIRST_PAUSE_MS = 200;
const ATTEMPTS = 3;
/** A call that took this long to fail is not made again: its caller has waited enough. */
const SLOW_FAILURE_MS = 3_000;
/** Throttling alone gives a call up only after this time: a limit delays a containment, it must not lose one. */
const THROTTLED_PATIENCE_MS = 600_000;

type Waiting = { readonly start: () => void };

/**
 * The way to one service in one place. At most `width` calls are on it, paced by what the service accepts; those that contain go
 * before those that plan or verify. Here is the only place that makes a call again: what was throttled, and what certainly was not
 * acted on or only looks.
 */
export class Lane {
  readonly #clock: Clock;
  readonly #width: number;
  readonly #pacer: Pacer;
  readonly #urgent: Waiting[] = [];
  readonly #others: Waiting[] = [];
  #onTheWay = 0;
  #pausing = false;
  /** The provider's code, while all that came back last was throttling: why calls wait. */
  #throttledBy: string | null = null;

  constructor(clock: Clock, width: number) {
    this.#clock = clock;
    this.#width = width;
    this.#pacer = new Pacer(clock);
  }

  /**
   * Errors: what the last attempt failed with. When the signal fired before the call left, `throttled` where that was why it had not, else
   * `unreachable` with the code `Aborted`.
   */
  async run<T>(call: LaneCall<T>): Promise<T> {
    const queued = this.#clock.monotonic();
    for (let failures = 0; ; ) {
      const sentAt = await this.#enter(call);
      try {
        const answer = await call.attempt();
        this.#accepted(sentAt);
        return answer;
      } catch (error) {
        if (!(error instanceof ProviderError)) throw error;
        const now = this.#clock.monotonic();
        if (error.kind === "throttled") {
          this.#pacer.throttled(sentAt);
          this.#throttledBy = error.providerCode;
          if (now - queued > THROTTLED_PATIENCE_MS) throw error;
          continue;
        }
        // Whatever a service answers, it took the call.
        if (error.status !== null) this.#accepted(sentAt);
        failures++;
        if (!mayRepeat(error.kind, call.write) || failures >= ATTEMPTS || now - sentAt > SLOW_FAILURE_MS) throw error;
      } finally {
        this.#leave();
      }
      await this.#clock.sleep(FIRST_PAUSE_MS * 2 ** failures, call.signal).catch(() => undefined);
    }
  }

  #accepted(sentAt: number): void {
    this.#pacer.accepted(sentAt);
    this.#throttledBy = null;
  }

  #enter<T>(call: LaneCall<T>): Promise<number> {
    return new Promise((resolve, reject) => {
      const queue = call.urgent ? this.#urgent : this.#others;
      const onAbort = (): void => {
        const place = queue.indexOf(waiting);
        if (place >= 0) queue.splice(place, 1);
        reject(notSent(call.name, this.#throttledBy));
      };
      const waiting: Waiting = {
        start: () => {
          call.signal.removeEventListener("abort", onAbort);
          this.#onTheWay++;
          resolve(this.#pacer.sent());
        },
      };
      if (call.signal.aborted) return reject(notSent(call.name, this.#throttledBy));
      call.signal.addEventListener("abort", onAbort, { once: true });
      queue.push(waiting);
      this.#advance();
    });
  }

  #leave(): void {
    this.#onTheWay--;
    this.#advance();
  }

  #advance(): void {
    while (this.#onTheWay < this.#width && !this.#pausing) {
      const wait = this.#pacer.wait();
      if (wait > 0) {
        if (this.#urgent.length + this.#others.length === 0) return;
        this.#pausing = true;
        void this.#clock.sleep(wait).then(() => {
          this.#pausing = false;
          this.#advance();
        });
        return;
      }
      const next = this.#urgent.shift() ?? this.#others.shift();
      if (next === undefined) return;
      next.start();
    }
  }
}

function mayRepeat(kind: ProviderErrorKind, write: boolean): boolean {
  if (kind === "unreachable") return true;
  return !write && (kind === "unavailable" || kind === "no-answer");
}

function notSent(name: LaneCall<unknown>["name"], throttledBy: string | null): ProviderError {
  const { service, operation } = name;
  const message = `stopped before the call left${throttledBy === null ? "" : ", which waited because the service throttles"}`;
  return new ProviderError(throttledBy === null ? "unreachable" : "throttled", {
    service,
    operation,
    providerCode: throttledBy ?? "Aborted",
    status: null,
    requestId: null,
    message,
  });
}
