import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { MOST_BATCH_BYTES, sealBatch } from "../../src/audit/batch.ts";
import { Chain } from "../../src/audit/chain.ts";
import { joinLog } from "../../src/audit/init.ts";
import { judge, type Log } from "../../src/audit/judge.ts";
import { BATCH_TYPE, batchObject, layoutOf } from "../../src/audit/layout.ts";
import { readPin } from "../../src/audit/pin.ts";
import { OpenLog } from "../../src/audit/reader.ts";
import { Session } from "../../src/audit/session.ts";
import { directoryStore } from "../../src/audit/stores/directory.ts";
import { verifyLog } from "../../src/audit/verify.ts";
import type { Sealed } from "../../src/audit/wal.ts";
import { canonicalize, type NewEntry, systemClock } from "../../src/model/index.ts";
import { dsseSign } from "../../src/signing/index.ts";
import { all, bench, note, ORIGIN, texts } from "../audit/bench.ts";

/** A log with one batch in a folder that everybody may write to. */
async function begin(t: TestContext) {
  const log = await bench(t);
  const folder = log.home("store");
  await mkdir(join(folder, "batch"), { recursive: true });
  const store = directoryStore("shared", folder);
  await log.init();
  await (await log.write({ stores: [store] })).close();
  const squat = (bytes: Uint8Array | string, number?: number) => squatIn(folder, bytes, number);
  return {
    ...log,
    folder,
    store,
    squat,
    place: (name: string) => ({ home: log.home(name), origin: ORIGIN, mode: "real" as const }),
  };
}
type Begun = Awaited<ReturnType<typeof begin>>;

/** Puts something under the next free number, or another one, as anybody with the right to write can. */
async function squatIn(folder: string, bytes: Uint8Array | string, number?: number): Promise<void> {
  const free = number ?? (await readdir(join(folder, "batch"))).length;
  await writeFile(join(folder, batchObject(free)), bytes, { flag: "wx" });
}

async function say({ write, store }: Begun, text: string, home?: string): Promise<string> {
  const pen = await write({ stores: [store], ...(home === undefined ? {} : { home, who: "ben" }) });
  await pen.append([note(text)]);
  const { state, stores } = await pen.sync(5_000);
  await pen.close();
  return stores[0]?.reason ?? state;
}

/** The log as it is in the store, for who seals batches that nobody should. */
async function logOf({ home, store }: Begun): Promise<Log> {
  const place = { home: home(), origin: ORIGIN, mode: "real" as const };
  const pin = await readPin(layoutOf(place.home));
  assert.ok(pin);
  const open = new OpenLog(place, pin, [store], systemClock, null);
  const { batches, committed, genesis } = await open.survey();
  await open.close();
  return { origin: ORIGIN, batches, entries: committed, genesis };
}

type Forgery = { readonly who?: string; readonly head?: Record<string, unknown>; readonly entries?: readonly NewEntry[] };

/** The next batch, sealed by a session of somebody, and with whatever in its head and entries. */
async function forged(begun: Begun, { who = "ana", head = {}, entries = [] }: Forgery, log?: Log): Promise<Buffer> {
  const { batches } = log ?? (await logOf(begun));
  const facts = { origin: ORIGIN, mode: "real" as const, person: who, host: "h", tool: "t", clock: systemClock };
  const session = new Session(facts);
  const seen = { batch: batches.batch, digest: batches.last };
  const opening = await session.opening(begun.signer(who));
  const sealed: Sealed[] = [opening, ...entries].map((entry) => session.seal(entry, seen));
  const { writer, key } = session;
  return resealed(sealBatch(batches, sealed, ORIGIN, { writer, key }), session, head);
}

function resealed(batch: Uint8Array, session: Session, change: Record<string, unknown>): Buffer {
  const [seal = "", ...lines] = Buffer.from(batch).toString("latin1").split("\n");
  const head = JSON.parse(Buffer.from(JSON.parse(seal).payload, "base64").toString());
  const payload = Buffer.from(canonicalize({ ...head, ...change }));
  const envelope = dsseSign(BATCH_TYPE, payload, { keyid: session.writer, sign: session.key.sign });
  return Buffer.concat([envelope, Buffer.from(`\n${lines.join("\n")}`, "latin1")]);
}

async function verdictOf({ home }: Begun, name = "home", stores: Begun["store"][] = []): Promise<[string, string[]]> {
  const { verdict, findings } = await verifyLog({ home: home(name), origin: ORIGIN }, stores);
  return [verdict, [...new Set(findings.map(({ code }) => code))].sort()];
}

/** What stands under the number is no batch, for everybody: who wrote, who reads, and who joins later. */
async function isVoid(begun: Begun, ...codes: string[]): Promise<void> {
  const { read, home, store, place } = begun;
  assert.equal(await say(begun, "one"), "up-to-date");
  assert.ok(await joinLog(place("later"), store));
  assert.equal(await say(begun, "two", home("later")), "up-to-date");
  for (const name of ["home", "later"]) {
    const reader = await read({ home: home(name), stores: [store], refreshMs: 5_000 });
    assert.deepEqual(texts(await all(reader)), ["one", "two"], name);
    await reader.close();
    const verdict = codes.includes("fork") ? "tampered" : "verified-with-gaps";
    assert.deepEqual(await verdictOf(begun, name, [store]), [verdict, ["void-slot", ...codes].sort()], name);
  }
}

for (const [what, bytes] of [
  ["an empty object", ""],
  ["rubbish", "rubbish"],
  ["lines", "{}\n{}\n"],
  ["as many lines as an object may have", Buffer.alloc(MOST_BATCH_BYTES - 1, "\n")],
  ["what is longer than any batch", Buffer.alloc(MOST_BATCH_BYTES + 77, "\n")],
  ["a mark of another slot", '{"digest":"sha256:00","n":0,"void":1}'],
] as const)
  test(`${what} under the next number is passed over`, async (t) => {
    const begun = await begin(t);
    await begun.squat(bytes);
    await isVoid(begun);
  });

test("an earlier batch once more", async (t) => {
  const begun = await begin(t);
  await begun.squat(await readFile(join(begun.folder, batchObject(0))));
  await isVoid(begun);
});

test("many void slots in a row are named together", async (t) => {
  const begun = await begin(t);
  for (let n = 0; n < 7; n++) await begun.squat(`rubbish ${n}`);
  await isVoid(begun);
  assert.equal((await readdir(join(begun.home(), "log/batches"))).filter((name) => name.endsWith(".void")).length, 7);
});

test("rubbish under the first number, before the log came there", async (t) => {
  const log = await bench(t);
  const folder = log.home("store");
  await mkdir(join(folder, "batch"), { recursive: true });
  await squatIn(folder, "rubbish", 0);
  const begun = { ...log, folder, store: directoryStore("shared", folder) } as Begun;
  await log.init();
  await isVoid({ ...begun, place: (name) => ({ home: log.home(name), origin: ORIGIN, mode: "real" }) });
});

test("a batch that a stranger sealed, or one of the keyring without a key of theirs", async (t) => {
  const begun = await begin(t);
  await begun.squat(await forged(begun, { who: "mallory" }));
  await isVoid(begun);
});

test("what a stranger says in forms that nobody knows", async (t) => {
  const begun = await begin(t);
  await begun.squat(await forged(begun, { who: "mallory", head: { v: 2, more: true } }));
  for (const body of [{ sessionKey: 5 }, { sessionKey: null, person: {}, certificate: [] }, []] as unknown[]) {
    const entry = { type: "session.opened", body } as NewEntry;
    await begun.squat(await forged(begun, { who: "mallory", entries: [entry] }));
  }
  await isVoid(begun);
});

for (const [what, head] of [
  ["another batch before it", { prev: `sha256:${"0".repeat(64)}` }],
  ["another root", { root: "0".repeat(64) }],
  ["another size", { size: 1 }],
  ["void slots that are none", { voids: [{ digest: `sha256:${"0".repeat(64)}`, n: 0 }] }],
] as const)
  test(`a member's batch with ${what}: the log goes on, and verification calls it a fork`, async (t) => {
    const begun = await begin(t);
    await begun.squat(await forged(begun, { head }));
    await isVoid(begun, "fork");
  });

test("a member's batch whose entries do not hold", async (t) => {
  const begun = await begin(t);
  const entry = { type: "session.opened", body: {} } as unknown as NewEntry;
  await begun.squat(await forged(begun, { entries: [{ ...entry, body: (await openedBy(begun)).body } as NewEntry] }));
  await isVoid(begun, "fork");
});

async function openedBy({ read }: Begun): Promise<NewEntry> {
  const [opened] = await all(await read());
  return opened as unknown as NewEntry;
}

for (const [what, forgery] of [
  ["a head of another version", { head: { v: 2 } }],
  ["a head with more in it", { head: { more: [1] } }],
  ["a type of entry that nobody knows", { entries: [{ type: "party.thrown", body: {} } as unknown as NewEntry] }],
  ["a body with more in it", { entries: [{ type: "note", body: { text: "x", more: 1 } } as unknown as NewEntry] }],
] as const)
  test(`${what}, which a member sealed in its place, may be a newer version's: the store is down, and says so`, async (t) => {
    const begun = await begin(t);
    await begun.squat(await forged(begun, forgery));
    assert.match(await say(begun, "one"), /batch \d there was written by a newer version/);
    assert.deepEqual(texts(await all(await begun.read())), ["one"], "the log goes on here");
  });

test("the same in another place, or under no seal of a member, is void", async (t) => {
  const begun = await begin(t);
  const entries = [{ type: "party.thrown", body: {} } as unknown as NewEntry];
  await begun.squat(await forged(begun, { who: "mallory", entries }));
  await begun.squat(await forged(begun, { entries, head: { n: 77 } }));
  await isVoid(begun);
});

test("what stands behind a free number changes nothing, until the log comes there", async (t) => {
  const begun = await begin(t);
  const next = (await readdir(join(begun.folder, "batch"))).length;
  await begun.squat("rubbish", next + 3);
  assert.equal(await say(begun, "one"), "up-to-date");
  assert.deepEqual(await verdictOf(begun, "home", [begun.store]), ["verified-with-gaps", ["store-stray"]]);
  for (const text of ["two", "three", "four"]) assert.equal(await say(begun, text), "up-to-date");
  assert.deepEqual(await verdictOf(begun, "home", [begun.store]), ["verified-with-gaps", ["void-slot"]]);
});

test("an altered batch on this machine is broken, not void; a lost mirror comes back with its void slots", async (t) => {
  const begun = await begin(t);
  await begun.squat("rubbish");
  await say(begun, "one");
  const folder = join(begun.home(), "log/batches");
  const last = join(folder, (await readdir(folder)).sort().at(-1) ?? "");
  const bytes = await readFile(last);
  await writeFile(last, Buffer.concat([bytes.subarray(0, -9), Buffer.from("x\n")]));
  await assert.rejects(begun.write({ stores: [begun.store] }), { code: "audit-broken" });
  await rm(folder, { recursive: true });
  await all(await begun.read({ stores: [begun.store], refreshMs: 5_000 }));
  assert.deepEqual(await readFile(last), bytes);
  assert.deepEqual(await verdictOf(begun, "home", [begun.store]), ["verified-with-gaps", ["void-slot"]]);
});

test("another store gets marks for void slots, and who joins there has the same log", async (t) => {
  const begun = await begin(t);
  await begun.squat("rubbish");
  await begun.squat(await forged(begun, { head: { size: 1 } }, skipOne(await logOf(begun))));
  await say(begun, "one");
  await mkdir(begun.home("second"));
  const second = directoryStore("second", begun.home("second"));
  const pen = await begun.write({ stores: [second] });
  assert.equal((await pen.sync(5_000)).state, "up-to-date");
  await pen.close();
  assert.ok(await joinLog(begun.place("other"), second));
  const reader = await begun.read({ home: begun.home("other") });
  assert.deepEqual(texts(await all(reader)), ["one"]);
  assert.deepEqual(await verdictOf(begun, "other", [second]), ["tampered", ["fork", "void-slot"]]);
});

function skipOne(log: Log): Log {
  const { batches } = log;
  return { ...log, batches: { ...batches, next: batches.next + 1 } };
}

test("another log that was begun in the same place is no rubbish: it is named, and nothing goes behind it", async (t) => {
  const begun = await begin(t);
  const log = await bench(t);
  await log.init();
  const pen = await log.write({ stores: [begun.store] });
  const { state, stores } = await pen.sync(5_000);
  await pen.close();
  assert.equal(state, "down");
  assert.match(stores[0]?.reason ?? "", /does not belong to this log/);
  await assert.rejects(joinLog({ home: log.home("x"), origin: "other.example/log", mode: "real" }, begun.store), {
    message: /belongs to the log "acme.example\/soc2-er\/test", not to "other.example\/log"/,
  });
});

test("whatever bytes stand there, everybody decides, and only the batch itself is the batch", async (t) => {
  const begun = await begin(t);
  const log = await logOf(begun);
  const good = await forged(begun, { entries: [note("x")] }, log);
  assert.ok(judge(good, log).batch !== null);
  let seed = 20_261_129;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed % below;
  };
  for (let round = 0; round < 300; round++) {
    const bytes = Buffer.from(good);
    const at = random(bytes.length);
    if (round % 3 === 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
    const tried = round % 3 === 1 ? bytes.subarray(0, at) : round % 3 === 2 ? Buffer.concat([bytes.subarray(at), bytes]) : bytes;
    const [first, second] = [0, 1].map(() => judge(tried, { ...log, entries: log.entries.copy() }));
    assert.equal(first?.batch, null, `round ${round}, byte ${at}`);
    assert.deepEqual(first, second);
  }
});

test("what is checked before does not make a forgery true", async (t) => {
  const begun = await begin(t);
  const log = await logOf(begun);
  const good = await forged(begun, {}, log);
  judge(good, log);
  const other = { ...log, entries: new Chain(ORIGIN, "real", new Set()) };
  assert.equal(judge(good, other).batch, null);
});
