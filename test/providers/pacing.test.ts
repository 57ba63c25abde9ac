import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "../../src/model/index.ts";
import { Lane } from "../../src/providers/lane.ts";
import { ProviderError } from "../../src/providers/provider-error.ts";

/** Time that passes when nothing else is left to do: what takes minutes is over at once, and comes out the same every time. */
class VirtualClock implements Clock {
  readonly factor = 1;
  #now = 0;
  #sleepers: { readonly at: number; readonly wake: () => void }[] = [];

  now = (): number => this.#now;
  monotonic = (): number => this.#now;

  sleep(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#sleepers.push({ at: this.#now + ms, wake: resolve });
    return promise;
  }

  async until(done: () => boolean): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (done()) return;
      const next = this.#sleepers.reduce((first, one) => (one.at < first.at ? one : first));
      this.#sleepers = this.#sleepers.filter((one) => one !== next);
      this.#now = next.at;
      next.wake();
    }
  }
}

type Service = { readonly perSecond: (now: number) => number; readonly burst: number; readonly rtt: number };

function tokens(clock: Clock, { perSecond, burst }: Service): () => boolean {
  let left = burst;
  let filledAt = 0;
  return () => {
    const now = clock.monotonic();
    left = Math.min(burst, left + ((now - filledAt) / 1_000) * perSecond(now));
    filledAt = now;
    if (left < 1) return false;
    left--;
    return true;
  };
}

/** All calls at once through one lane of the usual width. */
async function work(
  calls: number,
  service: Service,
): Promise<{ readonly ms: number; readonly heard: number; readonly done: number }> {
  const clock = new VirtualClock();
  const lane = new Lane(clock, 16);
  const take = tokens(clock, service);
  const { signal } = new AbortController();
  const name = { service: "aws.iam", operation: "UpdateAccessKey" };
  let heard = 0;
  let done = 0;
  const attempt = async (): Promise<void> => {
    await clock.sleep(service.rtt / 2);
    heard++;
    const accepted = take();
    await clock.sleep(service.rtt / 2);
    const facts = { ...name, providerCode: "Throttling", status: 400, requestId: null, message: "Rate exceeded" };
    if (!accepted) throw new ProviderError("throttled", facts);
    done++;
  };
  const all = Array.from({ length: calls }, () => lane.run({ write: true, urgent: true, signal, name, attempt }));
  let over = false;
  void Promise.all(all).then(() => {
    over = true;
  });
  await clock.until(() => over);
  return { ms: clock.monotonic(), heard, done };
}

/** No program can be faster: the limit, and the lane's width. */
const boundMs = (calls: number, rate: number, burst: number, rtt: number): number =>
  Math.max(((calls - burst) / rate) * 1_000, (calls * rtt) / 16);

// Rates and bursts from the tightest published limits to where the lane itself is slower than the service.
for (const [rate, burst, rtt, calls] of [
  [20, 100, 10, 900],
  [20, 100, 80, 600],
  [5, 100, 50, 300],
  [200, 1_000, 10, 5_000],
  [500, 500, 20, 5_000],
  [500, 500, 80, 5_000],
  [1_000, 1_000, 5, 8_000],
] as const)
  test(`${calls} calls at ${rate}/s after ${burst}, ${rtt} ms away, take hardly longer than they must`, async () => {
    const { ms, heard, done } = await work(calls, { perSecond: () => rate, burst, rtt });
    assert.equal(done, calls);
    const bound = boundMs(calls, rate, burst, rtt);
    assert.ok(ms <= 1.05 * bound + 100, `${(ms / bound).toFixed(2)} times the bound`);
    assert.ok(heard <= 1.15 * calls, `${heard} calls for ${calls}`);
  });

// The first guess is far too low where a burst is short: others may have used it up.
for (const [rate, burst, rtt, calls] of [
  [50, 2, 1, 100],
  [20, 1, 20, 300],
  [100, 20, 80, 500],
  [1, 1, 50, 40],
] as const)
  test(`${calls} calls at ${rate}/s after ${burst}: the rate is found within seconds`, async () => {
    const { ms, heard, done } = await work(calls, { perSecond: () => rate, burst, rtt });
    assert.equal(done, calls);
    const bound = boundMs(calls, rate, burst, rtt);
    assert.ok(ms <= 1.5 * bound + 3_000, `${ms} ms, where ${bound} ms are needed`);
    assert.ok(heard <= 1.3 * calls + 20, `${heard} calls for ${calls}`);
  });

test("a limit that falls or rises on the way is followed", async () => {
  const falling = await work(600, { perSecond: (now) => (now < 10_000 ? 50 : 5), burst: 10, rtt: 50 });
  assert.ok(falling.ms <= 10_000 + 1.2 * (100_000 / 5) + 3_000, `${falling.ms} ms`);
  assert.ok(falling.heard <= 750, `${falling.heard} calls`);
  const rising = await work(1_000, { perSecond: (now) => (now < 20_000 ? 5 : 100), burst: 10, rtt: 50 });
  assert.ok(rising.ms <= 20_000 + 30_000, `${rising.ms} ms`);
  assert.ok(rising.heard <= 1_300, `${rising.heard} calls`);
});

test("what was stopped while a service throttled says so, and what was stopped otherwise does not", async () => {
  const clock = new VirtualClock();
  const name = { service: "aws.iam", operation: "PutUserPolicy" };
  for (const [providerCode, expected] of [
    ["Throttling", { kind: "throttled", providerCode: "Throttling" }],
    ["ServiceUnavailable", { kind: "unreachable", providerCode: "Aborted" }],
  ] as const) {
    const lane = new Lane(clock, 16);
    const stop = new AbortController();
    const kind = providerCode === "Throttling" ? "throttled" : "unavailable";
    const facts = { ...name, providerCode, status: 400, requestId: null, message: "" };
    const attempt = async () => Promise.reject(new ProviderError(kind, facts));
    const call = { write: false, urgent: true, signal: stop.signal, name, attempt };
    let over = false;
    const first = lane.run({ ...call, attempt: async () => attempt().finally(() => stop.abort()) });
    const late = assert.rejects(first, expected).finally(() => {
      over = true;
    });
    await clock.until(() => over);
    await late;
  }
});
