import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Verification, verifyHome } from "../../src/verifier/index.ts";
import { digest, frame } from "./build-log.ts";
import { codes, folderOf, tell, tellOn, verify } from "./story.ts";

function expect(verification: Verification, verdict: Verification["verdict"], ...found: readonly string[]): void {
  assert.deepEqual(codes(verification), [...found].sort(), JSON.stringify(verification.findings, null, 1));
  assert.equal(verification.verdict, verdict);
}

const LAST = "segments/0000000000.wal";

for (const [what, tail] of [
  ["part of a header", "000002"],
  ["a header", `0000ffe0 0123456789abcdef `],
  ["part of an entry", frame(Buffer.alloc(900, "x")).subarray(0, 300)],
  ["zeros", Buffer.alloc(4096)],
  ["part of an entry and zeros", Buffer.concat([frame(Buffer.alloc(900, "x")).subarray(0, 300), Buffer.alloc(100)])],
] as const)
  test(`a crash that left ${what} is a gap`, async (t) => {
    const folder = tell().log.write(join(folderOf(t), "log"));
    appendFileSync(join(folder, LAST), tail);
    expect(await verifyHome({ folder }), "verified-with-gaps", "torn-tail");
  });

for (const [what, tail] of [
  ["what is no record", "hello"],
  ["a longer entry than its header says", frame(Buffer.alloc(900, "x")).toString("latin1").replace("\n", "y")],
  ["a torn record before another", `000002\n`],
] as const)
  test(`${what} at the end is no crash`, async (t) => {
    const folder = tell().log.write(join(folderOf(t), "log"));
    appendFileSync(join(folder, LAST), tail);
    expect(await verifyHome({ folder }), "tampered", "record");
  });

test("a torn tail in a segment that was followed by another is altered", async (t) => {
  const { log } = tell();
  log.segments = [(log.segments[0] ?? []).slice(0, 5), (log.segments[0] ?? []).slice(5)];
  const folder = log.write(join(folderOf(t), "log"));
  expect(await verifyHome({ folder }), "verified");
  appendFileSync(join(folder, LAST), "000002");
  expect(await verifyHome({ folder }), "tampered", "record");
});

test("a missing segment", async (t) => {
  const { log } = tell({ batches: 0 });
  log.segments = [(log.segments[0] ?? []).slice(0, 5), [], (log.segments[0] ?? []).slice(5)];
  const folder = log.write(join(folderOf(t), "log"));
  rmSync(join(folder, "segments/0000000001.wal"));
  expect(await verifyHome({ folder }), "incomplete", "segment-missing");
});

test("spells in which a store could not be reached are gaps, and said", async (t) => {
  const story = tellOn();
  const { ana, log } = story;
  const down = ana.entry("remote.down", { store: "s3", reason: "no route" });
  const up = ana.entry("remote.up", { store: "s3", pending: 1 });
  log.add(down, up);
  log.seal([down, up], ana);
  const verification = await verify(t, story);
  expect(verification, "verified-with-gaps", "remote-down");
  assert.match(verification.findings[0]?.detail ?? "", /"s3" could not be reached from 2026.* until 2026.*"no route"/);
  log.add(ana.entry("remote.down", { store: "s3", reason: "no route" }));
  const open = await verify(t, story);
  expect(open, "verified-with-gaps", "remote-down", "local-only");
  assert.match(open.findings.at(1)?.detail ?? "", /still cannot/);
});

test("what was cut off a segment is kept as the log says", async (t) => {
  const story = tellOn({ batches: 0 });
  const { ana, log } = story;
  const tail = Buffer.from("0000ffe0 012");
  log.add(ana.entry("recovery.truncated", { segment: "0000000000.wal", bytes: tail.length, digest: digest(tail) }));
  expect(await verify(t, story), "incomplete", "quarantine-missing");
  log.files.set("quarantine/0000000000.wal-77", tail);
  expect(await verify(t, story), "verified");
  log.files.set("quarantine/0000000000.wal-77", Buffer.from("0000ffe0 013"));
  expect(await verify(t, story), "tampered", "quarantine");
  log.files.set("quarantine/0000000000.wal-77", tail).set("quarantine/0000000000.wal-99", Buffer.from("0"));
  expect(await verify(t, story), "verified-with-gaps", "truncation-unrecorded");
});

test("another machine's truncation is kept there", async (t) => {
  const story = tellOn();
  const { ben, log } = story;
  log.seal([ben.entry("recovery.truncated", { segment: "0000000000.wal", bytes: 3, digest: digest("abc") })], ben);
  expect(await verify(t, story), "verified");
});

test("a machine that joined has the log in batches only", async (t) => {
  const { log } = tell();
  log.segments = [[]];
  expect(await verifyHome({ folder: log.write(join(folderOf(t), "log")) }), "verified");
});

test("a store that has the same is compared; shorter, other and longer ones are told apart", async (t) => {
  const folder = folderOf(t);
  const story = tell();
  const home = story.log.write(join(folder, "home"));
  const store = { name: "s3", folder: story.log.writeStore(join(folder, "store")) };
  const check = () => verifyHome({ folder: home, stores: [store] });
  const same = await check();
  expect(same, "verified");
  assert.match(same.notChecked.join("\n"), /what older versions they hold/);
  const [last, plan] = [join(store.folder, "batch/000000000002"), join(store.folder, "blob", story.plan.replace(":", "/"))];
  const [bytes, content] = [readFileSync(last), readFileSync(plan)];
  rmSync(last);
  expect(await check(), "incomplete", "store-short");
  writeFileSync(last, Buffer.concat([bytes, Buffer.from("\n")]));
  expect(await check(), "tampered", "store-differs");
  writeFileSync(last, bytes);
  writeFileSync(join(store.folder, "batch/000000000003"), bytes);
  expect(await check(), "verified-with-gaps", "store-ahead");
  rmSync(join(store.folder, "batch/000000000003"));
  rmSync(plan);
  expect(await check(), "incomplete", "store-short");
  writeFileSync(plan, "other");
  expect(await check(), "tampered", "store-differs");
  writeFileSync(plan, content);
  expect(await check(), "verified");
});

test("another log than the one that is asked for", async (t) => {
  const { log } = tell();
  const folder = log.write(join(folderOf(t), "log"));
  expect(await verifyHome({ folder, origin: "other.example/log" }), "tampered", "origin");
  await assert.rejects(verifyHome({ folder: join(folder, "nowhere") }), /ENOENT/);
});

test("an empty log is incomplete", async (t) => {
  const folder = folderOf(t);
  mkdirSync(join(folder, "segments"));
  expect(await verifyHome({ folder }), "incomplete", "genesis-missing", "pin-missing", "segment-missing");
});

test("files that are no part of the log are named, drafts are not", async (t) => {
  const { log } = tell();
  log.files.set("segments/notes.txt", Buffer.from("x")).set("batches/.000000000009.nonce", Buffer.from("x"));
  const verification = await verify(t, { log });
  expect(verification, "verified");
  assert.match(verification.notChecked.at(-1) ?? "", /no part of the log: "segments\/notes.txt"$/);
});
