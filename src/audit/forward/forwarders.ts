import { type Clock, ErError, isSystemError } from "../../model/index.ts";
import { type Layout, layoutOf } from "../layout.ts";
import { Forwarder, type ForwarderState } from "./forwarder.ts";
import type { ForwardSink } from "./sink.ts";
import { WalTip } from "./tip.ts";

/** How soon after an entry is on disk it is handed over. */
const LOOK_MS = 100;
/** How long a place that failed is left alone. */
const REST_MS = 10_000;

/** Hands entries to places beside the stores while the process lives. Nothing here is waited for, and nothing fails because of it. */
export class Forwarders {
  readonly #forwarders: readonly Forwarder[];
  readonly #layout: Layout;
  readonly #clock: Clock;
  readonly #ending = new AbortController();
  readonly #hurry = new AbortController();
  #working: readonly { readonly forwarder: Forwarder; readonly work: Promise<void> }[] = [];

  constructor(home: string, sinks: readonly ForwardSink[], clock: Clock) {
    this.#layout = layoutOf(home);
    this.#clock = clock;
    this.#forwarders = sinks.map((sink) => new Forwarder(this.#layout, sink, clock));
  }

  states(): Promise<ForwarderState[]> {
    return Promise.all(this.#forwarders.map((forwarder) => forwarder.state()));
  }

  /** Begins to hand over what is written from now on, and what waits. Returns at once. */
  start(): void {
    if (this.#working.length === 0)
      this.#working = this.#forwarders.map((forwarder) => ({ forwarder, work: this.#serve(forwarder) }));
  }

  /** Hands over what waits, within the budget, also to places that failed. For who has time to wait. */
  async deliver(budgetMs: number): Promise<void> {
    const late = new AbortController();
    const patient = this.#clock.sleep(budgetMs, late.signal).catch(() => undefined);
    const signal = AbortSignal.any([this.#ending.signal, late.signal]);
    await Promise.race([Promise.all(this.#forwarders.map((forwarder) => quietly(() => forwarder.run(signal)))), patient]);
    late.abort();
  }

  /**
   * Hands over what is there now, within the budget; then breaks off. What is not taken waits for the next process. A place that failed
   * last time is not waited for at all.
   */
  async stop(budgetMs: number): Promise<void> {
    this.#hurry.abort();
    const sound = this.#working.filter(({ forwarder }) => !forwarder.failing).map(({ work }) => work);
    const patience = new AbortController();
    const patient = this.#clock.sleep(budgetMs, patience.signal).catch(() => undefined);
    await Promise.race([Promise.all(sound), patient]).finally(() => patience.abort());
    this.#ending.abort();
    await Promise.all(this.#working.map(({ work }) => work));
  }

  async #serve(forwarder: Forwarder): Promise<void> {
    const tip = new WalTip(this.#layout);
    let taken = true;
    while (!this.#ending.signal.aborted) {
      const last = this.#hurry.signal.aborted;
      if (await tip.moved()) taken = await quietly(() => forwarder.run(this.#ending.signal));
      // A place that just failed is not asked again at the end: nobody waits for it.
      if (last) return;
      await this.#clock.sleep(taken ? LOOK_MS : REST_MS, this.#hurry.signal).catch(() => undefined);
      if (!taken && this.#hurry.signal.aborted) return;
      if (!taken) tip.forget();
    }
  }
}

/** What the disk refuses is told by the log itself. */
async function quietly(work: () => Promise<boolean>): Promise<boolean> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ErError || isSystemError(error)) return false;
    throw error;
  }
}
