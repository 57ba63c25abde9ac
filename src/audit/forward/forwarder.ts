import { type Clock, instant } from "../../model/index.ts";
import { parsePayload, toEntry } from "../entry.ts";
import { sayerOf } from "../export/entries.ts";
import type { Layout } from "../layout.ts";
import { tryLock } from "../lock.ts";
import { Wal, type WalRecord } from "../wal.ts";
import { ForwardCursor, type Progress } from "./cursor.ts";
import { ForwardError, type ForwardSink } from "./sink.ts";

/** What one delivery carries at most: all that is ever in memory of what waits. */
const MOST_LINES = 100;
const MOST_CHARACTERS = 512 * 1024;

/** Of a place that lets every command end before it answers, this is all that is ever known: the next one does not wait for it. */
const BROKEN_OFF = "no answer before the command ended";

export type ForwarderState = {
  readonly name: string;
  readonly state: "up-to-date" | "behind" | "failing";
  readonly pending: number;
  readonly reason?: string;
  readonly since?: string;
};

/**
 * Hands what this machine wrote to one place, in order and at least once. The log is the queue: what could not be handed over waits
 * there, for this process or the next. Each machine hands over its own entries, so that nobody hands over another's twice.
 */
export class Forwarder {
  readonly #sink: ForwardSink;
  readonly #cursor: ForwardCursor;
  readonly #wal: Wal;
  readonly #clock: Clock;
  /** Whether its last attempt failed, in this process or the one before. */
  failing = false;
  #running: Promise<boolean> | null = null;

  constructor(layout: Layout, sink: ForwardSink, clock: Clock) {
    this.#sink = sink;
    this.#cursor = new ForwardCursor(layout, sink.id);
    this.#wal = new Wal(layout);
    this.#clock = clock;
  }

  /** Nothing is asked. */
  async state(): Promise<ForwarderState> {
    const { name } = this.#sink;
    const { place, failing } = await this.#cursor.read();
    let pending = 0;
    for await (const _ of this.#wal.records(place)) pending++;
    if (failing !== undefined) return { name, state: "failing", pending, reason: failing.reason, since: failing.since };
    return { name, state: pending === 0 ? "up-to-date" : "behind", pending };
  }

  /**
   * Hands over all there is until the signal fires. False when it failed, which is noted and thrown at nobody; true also when another
   * process of this machine is at it. Who asks while it runs gets the same end.
   */
  run(signal: AbortSignal): Promise<boolean> {
    this.#running ??= this.#run(signal).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #run(signal: AbortSignal): Promise<boolean> {
    await this.#cursor.prepare();
    await using lock = await tryLock(this.#cursor.lock);
    if (lock === null) return true;
    let progress = await this.#cursor.read();
    this.failing = progress.failing !== undefined;
    try {
      for (let next = await this.#advance(progress, signal); next !== null; next = await this.#advance(progress, signal))
        progress = next;
      this.failing = false;
      return true;
    } catch (error) {
      if (!(error instanceof ForwardError)) throw error;
      this.failing = true;
      const since = progress.failing?.since ?? instant(this.#clock.now());
      await this.#cursor.write({ ...progress, failing: { since, reason: signal.aborted ? BROKEN_OFF : error.message } });
      return false;
    }
  }

  /** One delivery; null when there is nothing more to hand over. */
  async #advance(progress: Progress, signal: AbortSignal): Promise<Progress | null> {
    if (signal.aborted) return null;
    const { say, facts } = sayerOf(this.#sink.format, progress.facts);
    let { place, count } = progress;
    const lines: string[] = [];
    let characters = 0;
    for await (const record of this.#wal.records(place)) {
      const line = say(sealedOf(record, count));
      lines.push(line);
      characters += line.length;
      count++;
      place = record.next;
      if (lines.length >= MOST_LINES || characters >= MOST_CHARACTERS) break;
    }
    if (lines.length === 0) return null;
    await this.#sink.deliver(lines, signal);
    const next = { place, count, facts: facts() };
    await this.#cursor.write(next);
    return next;
  }
}

/** What was read with its sum, from this machine's own disk; `index` counts what this machine wrote. */
function sealedOf({ envelope, digest }: WalRecord, index: number) {
  const { payload } = JSON.parse(Buffer.from(envelope).toString("latin1")) as { payload: string };
  return { entry: toEntry(parsePayload(Buffer.from(payload, "base64")), index, digest), envelope };
}
