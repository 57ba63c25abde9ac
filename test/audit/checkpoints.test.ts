import assert from "node:assert/strict";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { joinLog } from "../../src/audit/init.ts";
import { directoryStore } from "../../src/audit/stores/directory.ts";
import type { Store } from "../../src/audit/stores/store.ts";
import { ErError } from "../../src/model/index.ts";
import { isSignedBy, type LogKey, noteKey, parseCheckpoint } from "../../src/signing/index.ts";
import { freshFolder } from "../cli/binary.ts";
import { all, bench, note, ORIGIN, texts } from "./bench.ts";
import { newLogKey } from "./log-keys.ts";

/** A log of one note, synchronized with a folder. */
async function logWith(t: TestContext, logKey: LogKey) {
  const made = await bench(t, { logKey });
  await made.init();
  const folder = freshFolder();
  const store = directoryStore("share", folder);
  const say = async (text: string, options: { home?: string; stores?: readonly Store[]; logKey?: LogKey } = {}) => {
    const writer = await made.write({ stores: [store], logKey, ...options });
    await writer.append([note(text)]);
    const remote = await writer.sync(5_000);
    await writer.close();
    return remote;
  };
  await say("one");
  const names = (part: string) => readdir(join(folder, part)).then((found) => found.sort());
  const newestPin = () => readdir(join(made.home(), "log/pins")).then((found) => found.sort().at(-1) ?? "");
  return { ...made, store, folder, say, names, newestPin };
}

const code =
  (expected: string, message = /./) =>
  (error: unknown) => {
    assert.equal((error as ErError).code, expected, String(error));
    assert.match((error as ErError).message, message);
    return true;
  };

for (const type of ["ed25519", "ec"] as const)
  test(`what is committed gets a checkpoint, signed by the log's key (${type})`, async (t) => {
    const logKey = await newLogKey(type);
    const { names, folder, home, newestPin } = await logWith(t, logKey);
    const name = (await names("checkpoint")).at(-1) ?? "";
    const bytes = await readFile(join(folder, "checkpoint", name));
    const checkpoint = parseCheckpoint(bytes);
    assert.ok(isSignedBy(checkpoint, noteKey(ORIGIN, await logKey.publicKey())));
    assert.deepEqual([checkpoint.origin, String(checkpoint.size).padStart(12, "0")], [ORIGIN, name]);
    assert.deepEqual(await readFile(join(home(), "log/checkpoints", name)), bytes);
    assert.equal(await newestPin(), name);
  });

test("a machine that may not sign makes none, and takes over the one that is there", async (t) => {
  const logKey = await newLogKey();
  const { names, store, say, home, folder, read } = await logWith(t, logKey);
  const place = { home: join(freshFolder(), "second"), origin: ORIGIN, mode: "real" as const };
  await joinLog(place, store);
  const first = await names("checkpoint");
  assert.deepEqual(await readdir(join(place.home, "log/checkpoints")), first.slice(-1));
  await say("two", { home: place.home, stores: [store], logKey: await newLogKey() });
  assert.deepEqual(await names("checkpoint"), first);
  const { checkpoint } = await (await read({ home: place.home, stores: [store] })).remote();
  assert.equal(checkpoint?.entries, Number(first.at(-1)));
  await say("three");
  const newest = (await names("checkpoint")).at(-1) ?? "";
  assert.ok(newest > (first.at(-1) ?? ""));
  await read({ home: place.home, stores: [store], refreshMs: 2_000 });
  assert.deepEqual(
    await readFile(join(place.home, "log/checkpoints", newest)),
    await readFile(join(folder, "checkpoint", newest)),
  );
  assert.deepEqual(await readFile(join(home(), "log/checkpoints", newest)), await readFile(join(folder, "checkpoint", newest)));
});

test("a log key that does not answer, or is another one, holds up nothing and is told", async (t) => {
  const logKey = await newLogKey();
  const { names, say } = await logWith(t, logKey);
  const first = await names("checkpoint");
  const silent: LogKey = {
    name: "kms",
    publicKey: logKey.publicKey,
    sign: async () => {
      throw new ErError("log-key-unusable", "the log key does not answer");
    },
  };
  const dead = await say("two", { logKey: silent });
  assert.deepEqual([dead.state, dead.checkpoint?.reason], ["up-to-date", "the log key does not answer"]);
  const other = await say("three", { logKey: await newLogKey() });
  assert.equal(other.state, "up-to-date");
  assert.match(other.checkpoint?.reason ?? "", /is not the key that the log was founded with/);
  assert.deepEqual(await names("checkpoint"), first);
  assert.equal((await say("four")).checkpoint?.reason, undefined);
  assert.ok((await names("checkpoint")).length > first.length);
});

test("what waits for the store does not wait for a log key that hangs", async (t) => {
  const logKey = await newLogKey();
  const { write, store } = await logWith(t, logKey);
  const hanging: LogKey = { name: "kms", publicKey: logKey.publicKey, sign: () => new Promise(() => undefined) };
  const writer = await write({ stores: [store], logKey: hanging });
  for (const text of ["two", "three"]) {
    await writer.append([note(text)]);
    assert.equal(await writer.acknowledged(3_000), "given");
  }
  const before = performance.now();
  await writer.close(300);
  assert.ok(performance.now() - before < 2_500, "a closing command waits as long as it was told");
});

test("rubbish where the next checkpoint goes holds up nothing, and the log says that the store was not in order", async (t) => {
  const logKey = await newLogKey();
  const { names, folder, say, read } = await logWith(t, logKey);
  const first = Number((await names("checkpoint")).at(-1));
  for (let size = first + 1; size < first + 12; size++)
    await writeFile(join(folder, "checkpoint", String(size).padStart(12, "0")), "rubbish\n");
  await say("two");
  await say("three");
  const entries = await all(await read());
  assert.deepEqual(texts(entries), ["one", "two", "three"]);
  const [down] = entries.flatMap((entry) => (entry.type === "remote.down" ? [entry.body.reason] : []));
  assert.match(down ?? "", /checkpoint \d+ there does not hold: not a checkpoint/);
});

test("a store that was cut, rolled back or replaced is a fork, told to who reads and noted by who writes", async (t) => {
  const { names, folder, say, read, store } = await logWith(t, await newLogKey());
  await say("two");
  const batches = await names("batch");
  const last = join(folder, "batch", batches.at(-1) ?? "");
  const bytes = await readFile(last);
  const told = async (): Promise<ErError | undefined> => {
    const errors: ErError[] = [];
    const reader = await read({ stores: [store], refreshMs: 2_000, onFork: (error) => errors.push(error) });
    assert.deepEqual(texts(await all(reader)), ["one", "two"]);
    return errors[0];
  };
  assert.equal(await told(), undefined);
  await rm(last);
  code("audit-forked", /"share".* is gone: it was cut or rolled back/)(await told());
  await writeFile(last, await readFile(join(folder, "batch", batches[0] ?? "")));
  code("audit-forked", /is another now/)(await told());
  const remote = await say("three");
  assert.equal(remote.state, "down");
  assert.match(remote.stores[0]?.reason ?? "", /does not continue what this machine verified/);
  assert.deepEqual(await names("batch"), batches);
  await writeFile(last, bytes);
  assert.equal((await say("four")).state, "up-to-date");
});

test("what a store lost is given back by a machine that is told to ask it anew", async (t) => {
  const { names, folder, say, home } = await logWith(t, await newLogKey());
  const all = await names("batch");
  await rm(join(folder, "batch", all.at(-1) ?? ""));
  assert.equal((await say("two")).state, "down");
  await rm(join(home(), "log/stores"), { recursive: true });
  assert.equal((await say("three")).state, "up-to-date");
  assert.ok((await names("batch")).length > all.length);
});

test("this machine's log may not become shorter, or another, than what it pinned", async (t) => {
  const { say, read, home, newestPin } = await logWith(t, await newLogKey());
  await say("two");
  const mirror = join(home(), "log/batches");
  const pin = await newestPin();
  const last = join(mirror, (await readdir(mirror)).sort().at(-1) ?? "");
  const bytes = await readFile(last);
  await rm(last);
  await assert.rejects(async () => all(await read()), code("audit-forked", /is shorter than it was: this machine verified \d+/));
  await writeFile(last, bytes);
  const path = join(home(), "log/pins", pin);
  const head = await readFile(path, "utf8");
  const other = head.split("\n").with(2, Buffer.alloc(32).toString("base64")).join("\n");
  await writeFile(path, other);
  await assert.rejects(async () => all(await read()), code("audit-forked", /has another history than the one pinned here/));
  await writeFile(path, "rubbish");
  await assert.rejects(async () => all(await read()), code("audit-broken", /not a checkpoint/));
});

test("a store with another history, both well signed, is not taken over by a machine that lost its batches", async (t) => {
  const logKey = await newLogKey();
  const { say, home, store, read, write, folder, names } = await logWith(t, logKey);
  const twin = join(freshFolder(), "twin");
  await joinLog({ home: twin, origin: ORIGIN, mode: "real" }, store);
  await say("two");
  // The twin writes to a copy of the store as it was, and puts that in the store's place.
  const shorter = freshFolder();
  const before = await names("batch");
  const other = directoryStore("share", shorter);
  for (const name of before.slice(0, -1)) await other.create(`batch/${name}`, await readFile(join(folder, "batch", name)));
  const writer = await write({ home: twin, stores: [other], logKey });
  await writer.append([note("another two"), note("and three")]);
  await writer.close();
  await rm(join(home(), "log/batches"), { recursive: true });
  const errors: ErError[] = [];
  const reader = await read({ stores: [other], refreshMs: 2_000, onFork: (error) => errors.push(error) });
  await assert.rejects(async () => all(reader), code("audit-forked", /shorter|another history/));
});
