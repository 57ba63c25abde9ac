import { type Clock, sayDuration, systemClock } from "../model/index.ts";
import type { Output } from "./output.ts";

export type Tone = "good" | "bad" | "plain";

export type ProgressOptions = {
  readonly label: string;
  /** What the promises are measured on; on a range it runs faster than the wall. */
  readonly clock: Clock;
  /** When the incident was declared, and how long after that revocation may take. */
  readonly declaredAt: number | null;
  readonly slaMs: number | null;
};

const REVEAL_AFTER_MS = 300;
const HEARTBEAT_MS = 30_000;

/**
 * Per-change lines on stderr, and below them, on a terminal, one line that is repainted: counts, elapsed time, the promised time
 * that is left. Without a terminal a line per event, and a sign of life every 30 seconds.
 */
export class Progress {
  readonly #output: Output;
  readonly #options: ProgressOptions;
  readonly #ended = new AbortController();
  readonly #startedAt: number;
  #done = 0;
  #settled = 0;
  #total = 0;
  #word = "done";
  #running = 0;
  #spinner: { stop(): unknown } | null = null;

  constructor(output: Output, options: ProgressOptions) {
    this.#output = output;
    this.#options = options;
    this.#startedAt = options.clock.now();
    const watch = output.interactivity.live && output.format === "human" && !output.options.quiet ? this.#paint() : this.#beat();
    watch.catch(() => undefined);
  }

  /** One event: its NDJSON message and its line for people. */
  line(message: object, text: string, tone: Tone = "plain"): void {
    const { paint } = this.#output.err;
    const mark = tone === "good" ? paint.green("✔") : tone === "bad" ? paint.red("✖") : "·";
    this.#output.event(message, `${mark} ${text}`);
  }

  /** `settled`: what was done of it, though it is not seen to hold yet. `word`: what is said of those that are done. */
  count(facts: {
    readonly done?: number;
    readonly settled?: number;
    readonly total?: number;
    readonly running?: number;
    readonly word?: string;
  }): void {
    this.#done = facts.done ?? this.#done;
    this.#settled = facts.settled ?? this.#settled;
    this.#total = facts.total ?? this.#total;
    this.#running = facts.running ?? this.#running;
    this.#word = facts.word ?? this.#word;
  }

  /** Nothing is painted after this. */
  stop(): void {
    this.#ended.abort();
    this.#spinner?.stop();
    this.#spinner = null;
    this.#output.foot(null);
  }

  /** Label, counts, elapsed, what is left of the promised time. */
  summary(): string {
    const { label, clock, declaredAt, slaMs } = this.#options;
    const now = clock.now();
    const parts = [label];
    if (this.#total > 0) {
      const unseen = this.#settled - this.#done;
      const more = [...(unseen > 0 ? [`${unseen} to confirm`] : []), ...(this.#running > 0 ? [`${this.#running} running`] : [])];
      parts.push([`${this.#done}/${this.#total} ${this.#word}`, ...more].join(", "));
    }
    parts.push(sayDuration(now - this.#startedAt));
    if (declaredAt !== null && slaMs !== null) {
      const left = declaredAt + slaMs - now;
      parts.push(
        left >= 0
          ? `${sayDuration(left)} of ${sayDuration(slaMs)} left`
          : `over the promised ${sayDuration(slaMs)} by ${sayDuration(-left)}`,
      );
    }
    if (clock.factor !== 1) parts.push(`simulated ×${clock.factor}`);
    return parts.join(" · ");
  }

  /** ora costs as much as the rest of a command's start: it is loaded once somebody has something to wait for. */
  async #paint(): Promise<void> {
    const { signal } = this.#ended;
    await systemClock.sleep(REVEAL_AFTER_MS, signal);
    const { default: ora } = await import("ora");
    if (signal.aborted) return;
    const spinner = ora({ stream: process.stderr, text: this.summary(), discardStdin: false, hideCursor: false }).start();
    this.#spinner = spinner;
    this.#output.foot({ clear: () => spinner.clear(), draw: () => void spinner.render() });
    for (;;) {
      await systemClock.sleep(250, signal);
      spinner.text = this.summary();
    }
  }

  async #beat(): Promise<void> {
    for (;;) {
      await systemClock.sleep(HEARTBEAT_MS, this.#ended.signal);
      this.#output.event(
        { schema: "soc2-er/event@1", type: "heartbeat", done: this.#done, total: this.#total },
        `· ${this.summary()}`,
      );
    }
  }
}
