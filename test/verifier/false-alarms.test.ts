import assert from "node:assert/strict";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Verification, verifyHome } from "../../src/verifier/index.ts";
import { Session } from "./build-log.ts";
import { codes, folderOf, type Story, tell, tellOn, verify } from "./story.ts";
import { twoHomes } from "./two-homes.ts";

/** What happens on any good day must not look like an attack: it is verified, but for what the log declares itself. */
function good(verification: Verification, ...declared: readonly string[]): void {
  assert.deepEqual(codes(verification), declared, JSON.stringify(verification.findings, null, 1));
  assert.equal(verification.verdict, declared.length === 0 ? "verified" : "verified-with-gaps");
}

const note = (session: Session, text = "x"): Buffer => session.entry("note", { text });

/** What one of the machine's sessions wrote and handed over. */
function on({ log }: Story, by: Session, ...entries: readonly Buffer[]): void {
  log.add(...entries);
  log.seal(entries, by);
}

test("a torn tail that nobody was told of", async (t) => {
  const folder = tell().log.write(join(folderOf(t), "log"));
  appendFileSync(join(folder, "segments/0000000000.wal"), "0000ffe0 0123");
  good(await verifyHome({ folder }), "torn-tail");
});

test("entries of two machines that come into the log out of the order of the clock", async (t) => {
  const story = tellOn();
  const early = note(story.ben, "while there was no store");
  on(story, story.ana, note(story.ana, "afterwards"));
  story.log.seal([early], story.ben);
  good(await verify(t, story));
});

test("an offline machine's work, merged behind a day of the others'", async (t) => {
  const story = tellOn();
  const offline = [note(story.ben, "one"), note(story.ben, "two")];
  for (let index = 0; index < 3; index++) on(story, story.ana, note(story.ana));
  story.log.seal(offline, story.ben);
  good(await verify(t, story));
});

for (const skew of [90_000, -90_000])
  test(`a machine whose clock is ${skew / 1000} seconds from the others'`, async (t) => {
    const story = tellOn();
    const other = new Session("ben");
    other.skew = skew;
    on(story, other, other.opened(), note(other), other.entry("session.closed", { entries: 3 }));
    good(await verify(t, story));
  });

test("a leap second, and a clock that is corrected by some seconds during a session", async (t) => {
  const story = tellOn();
  for (const skew of [-1_000, 0, 30_000, -20_000]) {
    story.ana.skew = skew;
    on(story, story.ana, note(story.ana));
  }
  good(await verify(t, story));
});

test("a laptop that slept through half of its session", async (t) => {
  const story = tellOn();
  story.ana.skew = 5 * 3_600_000;
  on(story, story.ana, note(story.ana));
  good(await verify(t, story));
});

test("two sessions of one person at once, and one that did nothing", async (t) => {
  const story = tellOn();
  const [one, other, idle] = [new Session("ana"), new Session("ana"), new Session("ana")];
  on(story, one, one.opened(), other.opened(), note(one), note(other), idle.opened(), note(one));
  on(story, idle, idle.entry("session.closed", { entries: 2 }), note(other));
  good(await verify(t, story));
});

test("a session that was killed, and says no end", async (t) => {
  good(await verify(t, tellOn()));
});

test("a store that was lost while a session handed over its end", async (t) => {
  const story = tell();
  on(story, story.ana, story.ana.entry("remote.down", { store: "s3", reason: "no route" }));
  good(await verify(t, story), "remote-down");
});

test("a drill's log beside the real one", async (t) => {
  const home = folderOf(t);
  const folder = tell().log.write(join(home, "real/log"));
  tell().log.write(join(home, "drill/log"));
  good(await verifyHome({ folder }));
});

test("a blob that was stored again with the same content", async (t) => {
  const story = tell();
  const folder = story.log.write(join(folderOf(t), "log"));
  const store = story.log.writeStore(join(folderOf(t), "store"));
  const blob = join(store, "blob", story.plan.replace(":", "/"));
  writeFileSync(blob, readFileSync(blob));
  good(await verifyHome({ folder, stores: [{ name: "s3", folder: store }] }));
});

test("two machines, each a while without a store, a lockdown, its rollback", async (t) => {
  good(await verify(t, twoHomes()), "remote-down");
});

test("a machine that took the log up and has none of it in segments of its own", async (t) => {
  const { log } = twoHomes();
  log.segments = [[]];
  good(await verify(t, { log }), "remote-down");
});
