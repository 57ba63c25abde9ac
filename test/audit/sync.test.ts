import assert from "node:assert/strict";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { checkSeal } from "../../src/audit/batch.ts";
import { Chain } from "../../src/audit/chain.ts";
import { EntryFault, writerOf } from "../../src/audit/entry.ts";
import { joinLog } from "../../src/audit/init.ts";
import { BATCH_TYPE, layoutOf } from "../../src/audit/layout.ts";
import { readPin } from "../../src/audit/pin.ts";
import { OpenLog } from "../../src/audit/reader.ts";
import { verifyLog } from "../../src/audit/verify.ts";
import { walkLog } from "../../src/audit/walk.ts";
import { canonicalize, digestBytes, type ErError, systemClock } from "../../src/model/index.ts";
import { dsseSign, newSessionKey } from "../../src/signing/index.ts";
import { all, bench, note, ORIGIN, texts } from "./bench.ts";
import { memory } from "./memory-store.ts";

const batches = (objects: Map<string, Buffer>) => [...objects.keys()].filter((name) => name.startsWith("batch/")).sort();

test("what is written reaches the store, blobs first, and another machine reads it there", async (t) => {
  const { init, write, read, home } = await bench(t);
  const { store, objects, fault } = memory();
  const order: string[] = [];
  fault.before = (name) => order.push(name.slice(0, 5));
  await init();
  const ana = await write({ stores: [store] });
  const plan = await ana.putBlob([Buffer.from("a plan")]);
  await ana.append([
    {
      type: "plan.created",
      body: {
        plan,
        contentDigest: plan,
        kind: "contain",
        runbook: "r",
        target: "t",
        expiresAt: "2026-01-01T00:00:00.000Z",
        required: [],
        changes: 0,
      },
    },
  ]);
  assert.equal((await ana.sync(2_000)).state, "up-to-date");
  assert.ok(order.indexOf("blob/") < order.lastIndexOf("batch"));
  await ana.close();

  const place = { home: home("other"), origin: ORIGIN, mode: "real" as const };
  assert.ok(await joinLog(place, store));
  const reader = await read({ home: home("other"), stores: [store] });
  assert.deepEqual(await all(reader), await all(await read()));
  assert.equal(Buffer.from((await reader.blob(plan)) ?? []).toString(), "a plan");

  const ben = await write({ home: home("other"), who: "ben", stores: [store] });
  await ben.append([note("from another machine")]);
  await ben.close();
  assert.deepEqual(texts(await all(await read({ stores: [store], refreshMs: 2_000 }))), ["from another machine"]);
  assert.ok(batches(objects).length >= 2);
});

test("a store that is away is noted once, its return too, and then it has everything", async (t) => {
  const { init, write, read } = await bench(t);
  const { store, fault } = memory();
  await init();
  fault.away = true;
  const ana = await write({ stores: [store] });
  for (const text of ["one", "two"]) {
    await ana.append([note(text)]);
    await ana.sync(1_000);
  }
  const away = await ana.remote();
  assert.equal(away.state, "down");
  assert.equal(away.stores[0]?.reason, "no route to it");
  assert.ok(away.pending >= 6);
  fault.away = false;
  const back = await ana.sync(2_000);
  assert.deepEqual([back.state, back.pending], ["up-to-date", 0]);
  await ana.close();
  const types = (await all(await read())).map(({ type }) => type).filter((type) => type.startsWith("remote"));
  assert.deepEqual(types, ["remote.down", "remote.up"]);
});

test("a lost answer is found to have been a success; nothing is stored twice", async (t) => {
  const { init, write, read } = await bench(t);
  const { store, objects, fault } = memory();
  await init();
  fault.loseAnswers = 1;
  const ana = await write({ stores: [store] });
  await ana.sync(1_000);
  await ana.append([note("one")]);
  assert.equal((await ana.sync(1_000)).pending, 0);
  await ana.close();
  const lines = [...objects]
    .filter(([name]) => name.startsWith("batch/"))
    .flatMap(([, bytes]) => bytes.toString().split("\n").slice(1, -1));
  assert.equal(new Set(lines).size, lines.length);
  assert.equal(lines.length, (await all(await read())).length);
});

test("who loses the race for a number goes on behind the winner", async (t) => {
  const { init, write, read, home } = await bench(t);
  const { store } = memory();
  await init();
  await (await write({ stores: [store] })).close();
  const place = { home: home("other"), origin: ORIGIN, mode: "real" as const };
  await joinLog(place, store);
  const ana = await write({ stores: [store] });
  const ben = await write({ home: home("other"), who: "ben", stores: [store] });
  for (let n = 0; n < 5; n++) {
    await Promise.all([ana.append([note(`ana ${n}`)]), ben.append([note(`ben ${n}`)])]);
    await Promise.all([ana.sync(1_000), ben.sync(1_000)]);
  }
  await Promise.all([ana.close(), ben.close()]);
  await (await write({ stores: [store] })).close();
  const here = await all(await read({ stores: [store], refreshMs: 1_000 }));
  const there = await all(await read({ home: home("other"), stores: [store], refreshMs: 1_000 }));
  assert.deepEqual(here, there);
  for (const name of ["ana", "ben"])
    assert.deepEqual(
      texts(here).filter((text) => text.startsWith(name)),
      [0, 1, 2, 3, 4].map((n) => `${name} ${n}`),
    );
});

test("a second store, and one that is empty again, get all batches", async (t) => {
  const { init, write } = await bench(t);
  const [first, second, third] = [memory("first"), memory("second"), memory("third")];
  await init();
  const ana = await write({ stores: [first.store, second.store] });
  await ana.append([note("one")]);
  second.fault.away = true;
  await ana.append([note("two")]);
  const state = await ana.sync(1_000);
  assert.deepEqual(
    state.stores.map(({ state }) => state),
    ["up-to-date", "down"],
  );
  second.fault.away = false;
  await ana.sync(1_000);
  await ana.close();
  assert.deepEqual(second.objects, first.objects);
  const again = await write({ stores: [third.store, first.store] });
  await again.close();
  assert.deepEqual(third.objects, first.objects);
});

test("a store that holds another log is named, and nothing of it is believed", async (t) => {
  const { init, write, read, home } = await bench(t);
  const { store } = memory();
  await init(home("theirs"));
  await (await write({ home: home("theirs"), stores: [store] })).close();
  await init();
  const ana = await write({ stores: [store] });
  const state = await ana.sync(1_000);
  assert.equal(state.state, "down");
  assert.match(state.stores[0]?.reason ?? "", /does not belong to this log|another log/);
  await ana.close();
  assert.ok((await all(await read())).every(({ person }) => person === "ana"));
  assert.ok(
    !(await readdir(join(home(), "log"))).includes("batches") || (await readdir(join(home(), "log/batches"))).length === 0,
  );
});

test("a copy of batches that was lost comes back from the store", async (t) => {
  const { init, write, read, home } = await bench(t);
  const { store } = memory();
  await init();
  const ana = await write({ stores: [store] });
  await ana.append([note("one")]);
  await ana.close();
  await rm(join(home(), "log/batches"), { recursive: true });
  await assert.rejects(
    async () => all(await read()),
    (error: ErError) => error.code === "audit-forked",
  );
  assert.deepEqual(texts(await all(await read({ stores: [store], refreshMs: 2_000 }))), ["one"]);
  const again = await write({ stores: [store] });
  assert.equal((await again.sync(1_000)).pending, 0);
  await again.close();
});

test("who surveys the log while another process writes on and hands over, hands nothing over twice", async (t) => {
  const { init, write, read, home } = await bench(t);
  const { store, objects } = memory();
  await init();
  const ana = await write({ stores: [store] });
  await ana.append([note("before")]);
  await ana.sync(2_000);
  const place = { home: home(), origin: ORIGIN, mode: "real" as const };
  const pin = await readPin(layoutOf(place.home));
  assert.ok(pin);
  const log = new OpenLog(place, pin, [store], systemClock, null);
  const walk = walkLog({ wal: log.wal, mirror: log.mirror, pin, path: log.layout.segments }, new Set(), null);
  let step = await walk.next();
  while (!step.done && step.value.type !== "note") step = await walk.next();
  // Its look at this machine's segments has come to their end by now.
  await new Promise((resolve) => setTimeout(resolve, 50));
  for (const text of ["meanwhile", "and once more"]) {
    await ana.append([note(text)]);
    await ana.sync(2_000);
  }
  while (!step.done) step = await walk.next();
  const found = step.value;
  assert.deepEqual([found.pending, found.foreign], [0, 0]);
  for await (const record of log.wal.records(found.pendingFrom)) assert.fail(`would be handed over again: ${record.digest}`);
  await ana.close();
  assert.deepEqual(texts(await all(await read({ stores: [store], refreshMs: 2_000 }))), ["before", "meanwhile", "and once more"]);
  assert.ok(batches(objects).length >= 3);
  await log.close();
});

test("a change of megabytes fits into one entry, goes through the store, and is verified; what does not fit is refused whole", async (t) => {
  const { init, write, read, home } = await bench(t);
  const { store } = memory();
  await init();
  const ana = await write({ stores: [store] });
  const set = "2001:0db8:0bad:0000:0000:0000:0000:0001/128 ".repeat(30_000).slice(0, 1_400_000);
  await ana.append([note(set), note("after it")]);
  await assert.rejects(ana.append([note(set.repeat(2))]), { code: "limit-exceeded" });
  await ana.append([note("and on")]);
  assert.equal((await ana.sync(5_000)).state, "up-to-date");
  await ana.close();
  assert.deepEqual(texts(await all(await read())), [set, "after it", "and on"]);
  const { verdict, findings } = await verifyLog({ home: home(), origin: ORIGIN });
  assert.deepEqual([verdict, findings], ["verified", []]);
});

test("a backlog of many batches is handed over by a session that opens at its end", async (t) => {
  const { init, write, read, home } = await bench(t);
  const { store, objects } = memory();
  await init();
  const ana = await write();
  for (let group = 0; group < 6; group++) await ana.append(Array.from({ length: 100 }, (_, index) => note(`${group}.${index}`)));
  await ana.close();
  const ben = await write({ who: "ben", stores: [store] });
  assert.equal((await ben.sync(5_000)).state, "up-to-date");
  await ben.close();
  assert.ok(batches(objects).length >= 3);
  const [first = "", ...others] = batches(objects);
  const headOf = (name: string) => {
    const [seal = ""] = (objects.get(name) ?? Buffer.alloc(0)).toString().split("\n");
    return JSON.parse(Buffer.from(JSON.parse(seal).payload, "base64").toString());
  };
  assert.equal(headOf(first).session.person, "ben", "the seal brings its session along");
  assert.equal(headOf(others.at(-1) ?? "").session, undefined, "where the session stands in the log it is not said again");

  const place = { home: home("other"), origin: ORIGIN, mode: "real" as const };
  assert.ok(await joinLog(place, store));
  assert.equal(texts(await all(await read({ home: home("other"), stores: [store], refreshMs: 5_000 }))).length, 600);
  for (const name of ["home", "other"]) {
    const { verdict, findings } = await verifyLog({ home: home(name), origin: ORIGIN });
    assert.deepEqual([verdict, findings], ["verified", []], name);
  }
});

test("a batch that is sealed by a session that nobody certified is refused", async (t) => {
  const { init, write, read } = await bench(t);
  const { store, objects } = memory();
  await init();
  const ana = await write({ stores: [store] });
  await ana.sync(2_000);
  await ana.close();
  const [first = ""] = batches(objects);
  const [seal = "", ...lines] = (objects.get(first) ?? Buffer.alloc(0)).toString("latin1").split("\n");
  const chain = new Chain(ORIGIN, "real", new Set());
  for (const line of lines.slice(0, -1)) chain.accept(Buffer.from(line), digestBytes(Buffer.from(line)), true);
  const [opening] = (await all(await read())).filter(({ type }) => type === "session.opened");
  const stranger = newSessionKey();
  const sealedWith = (session: object | undefined) => {
    const writer = writerOf(stranger.publicKey);
    const head = JSON.parse(Buffer.from(JSON.parse(seal).payload, "base64").toString());
    const payload = canonicalize({ ...head, writer, ...(session === undefined ? {} : { session }) });
    const envelope = dsseSign(BATCH_TYPE, Buffer.from(payload), { keyid: writer, sign: stranger.sign });
    return Buffer.concat([envelope, Buffer.from("\n"), Buffer.from(lines.join("\n"))]);
  };
  const check = (bytes: Uint8Array) => checkSeal(bytes, (writer, session) => chain.sealKey(writer, null, session));
  check(objects.get(first) ?? Buffer.alloc(0));
  assert.throws(() => check(sealedWith(undefined)), EntryFault);
  assert.throws(() => check(sealedWith(opening?.body)), /not that of writer/);
  assert.throws(() => check(sealedWith({ ...opening?.body, sessionKey: stranger.publicKey })), EntryFault);
  assert.throws(() => check(sealedWith({ sessionKey: stranger.publicKey })), /not of its form/);
});
