import assert from "node:assert/strict";
import { appendFile, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Ballast, ballastOf } from "../../src/audit/ballast.ts";
import { layoutOf } from "../../src/audit/layout.ts";
import { verifyLog } from "../../src/audit/verify.ts";
import { NO_SMALL_DISK, type SmallDisk, smallDisk } from "../small-disk.ts";
import { all, bench, note, ORIGIN, texts } from "./bench.ts";

const MIB = 1024 * 1024;
const full = (says: RegExp) => (error: unknown) => {
  assert.equal((error as { code?: string }).code, "audit-unavailable", String(error));
  assert.match(String(error), says);
  return true;
};
const down = (store: string) => ({ type: "remote.down" as const, body: { store, reason: "x".repeat(500) } });

/** A log on a disk of 24 MiB. */
async function small(t: TestContext): Promise<(Awaited<ReturnType<typeof bench>> & { disk: SmallDisk; path: string }) | null> {
  const made = await bench(t);
  const disk = smallDisk(t, 24);
  if (disk === null) return null;
  const home = join(disk.folder, "home");
  await made.init(home);
  return {
    ...made,
    disk,
    path: join(home, "log/ballast"),
    home: () => home,
    write: (options) => made.write({ home, ...options }),
    read: () => made.read({ home }),
  };
}

test("a log is founded with eight mebibytes kept, readable by nobody else", async (t) => {
  const { init, home } = await bench(t);
  await init();
  const { size, blocks, mode } = await stat(join(home(), "log/ballast"));
  assert.deepEqual([size, mode & 0o777], [8 * MIB, 0o600]);
  assert.ok(blocks * 512 >= 8 * MIB, "and it takes that room");
  assert.equal(await ballastOf(home()), "whole");
});

test("on a full disk what was begun is ended, and nothing is begun until there is room again", async (t) => {
  const made = await small(t);
  if (made === null) return t.skip(NO_SMALL_DISK);
  const { disk, path, home } = made;
  const ana = await made.write();
  await ana.append([note("one")]);
  disk.fill();
  const tried = await Promise.allSettled([
    ana.append([note("begins")]),
    ana.append([down("a"), down("b")]),
    ana.append([note("too")]),
  ]);
  assert.deepEqual(
    tried.map(({ status }) => status),
    ["rejected", "fulfilled", "rejected"],
    "of one moment",
  );
  assert.equal(await ballastOf(home()), "short");
  await assert.rejects(ana.append([note("begins")]), full(/is full: what was begun is still written/));
  await assert.rejects(ana.append([down("c"), note("mixed")]), full(/is full/));
  for (let entry = 0; entry < 20; entry++) await ana.append([down(`more ${entry}`)]);
  const ben = await made.write({ who: "ben" });
  await assert.rejects(ben.append([note("another")]), full(/is full/));
  await ben.close();
  disk.empty();
  assert.equal(await ballastOf(home()), "gone");
  await ana.append([note("two")]);
  assert.equal((await stat(path)).size, 8 * MIB, "it is kept again");
  await ana.close();
  const entries = await all(await made.read());
  assert.deepEqual(texts(entries), ["one", "two"]);
  assert.equal(entries.filter(({ type }) => type === "remote.down").length, 22);
  assert.equal(entries.filter(({ type }) => type === "session.closed").length, 3);
  assert.match((await verifyLog({ home: home(), origin: ORIGIN })).verdict, /^verified/);
});

test("a record that a full disk cut short is moved aside in the room that was kept", async (t) => {
  const made = await small(t);
  if (made === null) return t.skip(NO_SMALL_DISK);
  const { disk, home, path } = made;
  const segment = join(home(), "log/segments/0000000000.wal");
  const whole = await readFile(segment);
  await appendFile(segment, whole.subarray(0, 300));
  disk.fill();
  const ana = await made.write();
  await assert.rejects(ana.append([note("begins")]), full(/is full/));
  await ana.close();
  await assert.rejects(stat(path), { code: "ENOENT" });
  assert.equal((await readdir(join(home(), "log/quarantine"))).length, 1);
  const types = (await all(await made.read())).map(({ type }) => type);
  assert.ok(types.includes("recovery.truncated"), types.join());
});

test("a ballast that was cut, or half made by who was killed, is made anew", async (t) => {
  const { init, write, home } = await bench(t);
  await init();
  const path = join(home(), "log/ballast");
  await truncate(path, MIB);
  await writeFile(join(home(), "log/.ballast.half"), Buffer.alloc(MIB));
  assert.equal(await ballastOf(home()), "gone");
  const ana = await write();
  await ana.append([note("one")]);
  await ana.close();
  assert.equal((await stat(path)).size, 8 * MIB);
  assert.deepEqual(
    (await readdir(join(home(), "log"))).filter((name) => name.includes("ballast")),
    ["ballast"],
  );
});

test("a log that never had one gets it from who begins something, and from nobody else", async (t) => {
  const { init, write, home } = await bench(t);
  await init();
  const path = join(home(), "log/ballast");
  await rm(path);
  const ana = await write();
  await ana.append([down("a")]);
  assert.equal(new Ballast(layoutOf(home())).whole, false);
  await ana.append([note("one")]);
  assert.equal(new Ballast(layoutOf(home())).whole, true);
  await ana.close();
});

test("there is no founding where there is no room for it", async (t) => {
  const made = await bench(t);
  const disk = smallDisk(t, 4);
  if (disk === null) return t.skip(NO_SMALL_DISK);
  const home = join(disk.folder, "home");
  await assert.rejects(made.init(home), full(/is full/));
  assert.deepEqual(await readdir(home), []);
});
