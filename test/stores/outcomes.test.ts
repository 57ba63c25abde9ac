import assert from "node:assert/strict";
import { after, type TestContext, test } from "node:test";
import { joinLog } from "../../src/audit/init.ts";
import { verifyLog } from "../../src/audit/verify.ts";
import { systemClock } from "../../src/model/index.ts";
import { all, bench, note, ORIGIN, texts } from "../audit/bench.ts";
import { linesIn, lockedBucket, objectsIn, storeIn, useEndpoint } from "./bench.ts";
import { Refusal } from "./bucket.ts";
import { type Asked, type Fault, s3Server } from "./s3-server.ts";

/** Every answer that a bucket may give to the creation of a batch, and what the log makes of it. */
const server = await s3Server({ after });
useEndpoint(server.endpoint);
let count = 0;

/** A log whose founding is in a bucket of its own, and a writer with one note to hand over. */
async function begin(t: TestContext, deadlineMs?: number) {
  const name = `bucket-${++count}`;
  const bucket = lockedBucket(server, name);
  server.faults = () => null;
  server.page = 1_000;
  const log = await bench(t);
  const store = storeIn(t, name, deadlineMs);
  await log.init();
  const ana = await log.write({ stores: [store] });
  await ana.sync(5_000);
  return { ...log, ana, bucket, name, store };
}

const isBatch = ({ method, key }: Asked) => method === "PUT" && key.includes("batch/");

/** What goes wrong with the first requests of a kind; counts all of them. */
function wrong(fault: Fault, times: number, what = isBatch): { readonly tried: () => number } {
  let tried = 0;
  server.faults = (asked) => (what(asked) && ++tried <= times ? fault : null);
  return { tried: () => tried };
}

/** Everything of the log is in the bucket, once, and verifies. */
async function whole({ ana, bucket, home, read }: Awaited<ReturnType<typeof begin>>, ...notes: string[]): Promise<void> {
  await ana.close();
  const lines = linesIn(bucket);
  assert.equal(new Set(lines).size, lines.length, "an entry is there twice");
  const entries = await all(await read());
  assert.equal(lines.length, entries.length);
  assert.deepEqual(texts(entries), notes);
  const { verdict, findings } = await verifyLog({ home: home(), origin: ORIGIN });
  assert.deepEqual([verdict, findings], ["verified", []]);
}

async function goesThrough(t: TestContext, fault: Fault, { times, tried }: { times: number; tried: number }): Promise<void> {
  const begun = await begin(t);
  const requests = wrong(fault, times);
  await begun.ana.append([note("one")]);
  const state = await begun.ana.sync(5_000);
  assert.deepEqual([state.state, state.pending], ["up-to-date", 0], JSON.stringify(state));
  assert.equal(requests.tried(), tried);
  await whole(begun, "one");
}

const slowDown = new Refusal(503, "SlowDown", "Please reduce your request rate.");
const conflict = new Refusal(409, "ConditionalRequestConflict");

test("200: what stands there is ours", (t) => goesThrough(t, { delayMs: 1 }, { times: 0, tried: 1 }));
test("200, late", (t) => goesThrough(t, { delayMs: 300 }, { times: 1, tried: 1 }));
test("409: the same batch goes to the same number again", (t) => goesThrough(t, { refused: conflict }, { times: 2, tried: 3 }));
test("500: the same batch again", (t) => goesThrough(t, { refused: new Refusal(500, "InternalError") }, { times: 1, tried: 2 }));
test("503 SlowDown: later again", (t) => goesThrough(t, { refused: slowDown }, { times: 2, tried: 3 }));
test("a connection that breaks before the request is done: again", (t) => goesThrough(t, "lost-request", { times: 1, tried: 2 }));
test("a connection that breaks after it was done: nothing is sent twice", (t) =>
  goesThrough(t, "lost-answer", { times: 1, tried: 1 }));
test("412 for our own batch, which something on the way sent twice", (t) => goesThrough(t, "sent-twice", { times: 1, tried: 1 }));

test("time-out of a request that was done: what stands there is read", async (t) => {
  const begun = await begin(t, 400);
  wrong({ delayMs: 800 }, 1);
  await begun.ana.append([note("one")]);
  assert.equal((await begun.ana.sync(5_000)).pending, 0);
  await whole(begun, "one");
});

test("time-out of a request that was not done: the same batch again", async (t) => {
  const begun = await begin(t, 400);
  const requests = wrong("silence", 1);
  await begun.ana.append([note("one")]);
  assert.equal((await begun.ana.sync(5_000)).pending, 0);
  assert.equal(requests.tried(), 2);
  await whole(begun, "one");
});

for (const [what, fault] of [
  ["denied", { refused: new Refusal(403, "AccessDenied", "no permission") }],
  ["answered with 5xx", { refused: new Refusal(500, "InternalError") }],
  ["answered with 409", { refused: conflict }],
] as const)
  test(`every write is ${what}: the store is down, with the reason, after a few tries, and back later`, async (t) => {
    const { ana, bucket, read } = await begin(t);
    const requests = wrong(fault, Number.POSITIVE_INFINITY);
    await ana.append([note("one")]);
    const state = await ana.sync(5_000);
    assert.equal(state.state, "down");
    assert.match(state.stores[0]?.reason ?? "", /AccessDenied|InternalError|is not there/);
    assert.ok(requests.tried() <= 8, `${requests.tried()} tries`);
    server.faults = () => null;
    assert.equal((await ana.sync(5_000)).state, "up-to-date");
    await ana.close();
    assert.equal(new Set(linesIn(bucket)).size, (await all(await read())).length);
  });

/** A second laptop with the same log. */
async function second({ home, write, store }: Awaited<ReturnType<typeof begin>>) {
  assert.ok(await joinLog({ home: home("other"), origin: ORIGIN, mode: "real" }, store));
  return write({ home: home("other"), who: "ben", stores: [store] });
}

test("412 for another's batch: ours goes behind it", async (t) => {
  const begun = await begin(t);
  const ben = await second(begun);
  await ben.append([note("ben's")]);
  await begun.ana.append([note("ana's")]);
  await Promise.all([ben.sync(5_000), begun.ana.sync(5_000)]);
  await ben.close();
  await begun.ana.sync(5_000);
  await begun.ana.close();
  const notes = texts(await all(await begun.read({ stores: [begun.store], refreshMs: 5_000 })));
  assert.deepEqual(notes.toSorted(), ["ana's", "ben's"]);
  const { verdict, findings } = await verifyLog({ home: begun.home(), origin: ORIGIN });
  assert.deepEqual([verdict, findings], ["verified", []]);
});

test("double winner: two are told that they were first; who finds another's batch beneath goes on behind it", async (t) => {
  const begun = await begin(t);
  const ben = await second(begun);
  await Promise.all([ben.sync(5_000), begun.ana.sync(5_000)]);
  // Both have seen that the number is free before either writes.
  const here: string[] = [];
  const both = Promise.withResolvers<void>();
  server.faults = async (asked) => {
    if (!isBatch(asked) || here.length === 2) return null;
    if (here.push(asked.key) === 2) both.resolve();
    await both.promise;
    return "both-first";
  };
  await Promise.all([ben.append([note("ben's")]), begun.ana.append([note("ana's")])]);
  await Promise.all([ben.sync(5_000), begun.ana.sync(5_000)]);
  server.faults = () => null;
  const [first = "", last = ""] = here;
  assert.equal(first, last);
  assert.equal(begun.bucket.versions(first).length, 2, "two were told that they were first");
  await ben.close();
  await begun.ana.close();
  const lines = linesIn(begun.bucket);
  assert.equal(new Set(lines).size, lines.length);
  const notes = texts(await all(await begun.read({ stores: [begun.store], refreshMs: 5_000 })));
  assert.deepEqual(notes.toSorted(), ["ana's", "ben's"]);
  const { verdict, findings } = await verifyLog({ home: begun.home(), origin: ORIGIN });
  assert.deepEqual([verdict, findings], ["verified", []]);
});

test("a delete marker over a batch hides nothing: not from who joins, not from who writes", async (t) => {
  const begun = await begin(t);
  await begun.ana.append([note("one")]);
  await begun.ana.sync(5_000);
  for (const key of begun.bucket.keys("log/batch/")) begun.bucket.delete(key, null);
  const ben = await second(begun);
  await ben.append([note("two")]);
  assert.equal((await ben.sync(5_000)).state, "up-to-date");
  await ben.close();
  await begun.ana.sync(5_000);
  await begun.ana.close();
  const notes = texts(await all(await begun.read({ stores: [begun.store], refreshMs: 5_000 })));
  assert.deepEqual(notes, ["one", "two"]);
});

test("a number with nothing but a delete marker is free: markers come and go, locked versions do not", async (t) => {
  const begun = await begin(t);
  const next = `log/batch/${String(begun.bucket.keys("log/batch/").length).padStart(12, "0")}`;
  begun.bucket.delete(next, null);
  await begun.ana.append([note("one")]);
  assert.equal((await begun.ana.sync(5_000)).state, "up-to-date");
  assert.deepEqual(
    begun.bucket.versions(next).map(({ body }) => body === null),
    [false, true],
  );
  begun.bucket.delete(next, null);
  assert.ok((await begun.store.read(next.slice(4), 1 << 20))?.length);
  await whole(begun, "one");
});

test("a second version over a batch, and many of them on several pages, change nothing", async (t) => {
  const begun = await begin(t);
  server.page = 2;
  for (const key of begun.bucket.keys("log/batch/"))
    for (let n = 0; n < 5; n++) begun.bucket.put(key, Buffer.from(`forged ${n}`), { ifNoneMatch: false });
  const ben = await second(begun);
  await ben.append([note("one")]);
  assert.equal((await ben.sync(5_000)).state, "up-to-date");
  await ben.close();
  assert.equal(objectsIn(begun.bucket).get("batch/000000000000")?.includes("forged"), false);
  await begun.ana.sync(5_000);
  await whole(begun, "one");
});

test("a bucket whose policy demands conditional writes takes the log", async (t) => {
  const begun = await begin(t);
  begun.bucket.conditionalOnly = true;
  await begun.ana.append([note("one")]);
  assert.equal((await begun.ana.sync(5_000)).state, "up-to-date");
  await whole(begun, "one");
});

test("after ten lost races, what is left waits for the next synchronization; the store is not down", async (t) => {
  const begun = await begin(t);
  const ben = await second(begun);
  await begun.ana.close();
  const clock = { ...systemClock, sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 20, signal) };
  let [lost, racing] = [0, false];
  server.faults = async (asked) => {
    if (!isBatch(asked) || racing || lost === 20) return null;
    racing = true;
    await ben.append([note(`ben ${lost++}`)]);
    await ben.sync(5_000);
    racing = false;
    return null;
  };
  const ana = await begun.write({ stores: [begun.store], clock });
  while (lost < 10) await new Promise((resolve) => setTimeout(resolve, 20));
  await ana.append([note("ana's")]);
  const state = await ana.sync(200_000);
  assert.deepEqual([lost, state.state], [20, "behind"], "ten in the background, ten more when asked");
  assert.equal((await ana.sync(200_000)).state, "up-to-date");
  await ana.close();
  await ben.close();
  const entries = await all(await begun.read({ stores: [begun.store], refreshMs: 5_000 }));
  assert.ok(!entries.some(({ type }) => type === "remote.down"));
  assert.equal(texts(entries).length, 21);
});
