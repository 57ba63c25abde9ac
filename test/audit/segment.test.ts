import assert from "node:assert/strict";
import { appendFile, copyFile, mkdir, readdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { AuditWriter } from "../../src/audit/types.ts";
import { verifyLog } from "../../src/audit/verify.ts";
import { all, bench, note, ORIGIN, texts } from "./bench.ts";

const broken = (says: RegExp) => (error: unknown) => {
  assert.equal((error as { code?: string }).code, "audit-broken", String(error));
  assert.match(String(error), says);
  return true;
};

type Bench = Awaited<ReturnType<typeof bench>>;

/** A log with an entry that somebody was told of, and the pen that wrote it. */
async function writing(t: TestContext): Promise<{ made: Bench; ana: AuditWriter; segment: string; whole: Buffer }> {
  const made = await bench(t);
  await made.init();
  const ana = await made.write();
  await ana.append([note("one")]);
  const segment = join(made.home(), "log/segments/0000000000.wal");
  return { made, ana, segment, whole: await readFile(segment) };
}

/** Neither the pen in use, nor its later tries, nor its last word is taken for written. */
async function refusesFromNow(ana: AuditWriter, says: RegExp): Promise<void> {
  for (const text of ["two", "three"]) await assert.rejects(ana.append([note(text)]), broken(says), text);
  await assert.rejects(
    ana.exclusively(async () => "looked"),
    broken(says),
  );
  await assert.rejects(ana.close(), broken(says));
}

test("a segment that is deleted while it is written takes nothing more, and is not made anew", async (t) => {
  const { made, ana, segment } = await writing(t);
  await rm(segment);
  await refusesFromNow(ana, /taken away/);
  assert.deepEqual(await readdir(join(made.home(), "log/segments")), []);
});

test("a log whose folder is moved away while it is written takes nothing more", async (t) => {
  const { made, ana } = await writing(t);
  await rename(join(made.home(), "log/segments"), join(made.home(), "log/elsewhere"));
  await refusesFromNow(ana, /taken away/);
  await mkdir(join(made.home(), "log/segments"));
});

test("another file in the place of a segment takes nothing, be it the same bytes", async (t) => {
  const { made, ana, segment, whole } = await writing(t);
  await copyFile(segment, join(made.home(), "copy"));
  await rename(join(made.home(), "copy"), segment);
  await refusesFromNow(ana, /another file/);
  assert.deepEqual(await readFile(segment), whole);
});

test("a segment that is cut below what somebody was told of takes nothing more", async (t) => {
  const { ana, segment, whole } = await writing(t);
  await truncate(segment, whole.length - 10);
  await refusesFromNow(ana, /was cut/);
  assert.deepEqual(await readFile(segment), whole.subarray(0, -10));
});

test("what happens to the segment while the log's lock is held is seen by the next write", async (t) => {
  for (const [says, tamper] of [
    [/taken away/, (segment: string) => rm(segment)],
    [/was cut/, (segment: string) => truncate(segment, 100)],
    [/without its lock/, (segment: string) => appendFile(segment, "0")],
    [
      /another file/,
      async (segment: string) => {
        await copyFile(segment, `${segment}.copy`);
        await rename(`${segment}.copy`, segment);
      },
    ],
  ] as const) {
    const { ana, segment } = await writing(t);
    await ana.exclusively(async () => {
      await ana.append([note("two")]);
      await tamper(segment);
      await assert.rejects(ana.append([note("three")]), broken(says));
    });
    await assert.rejects(ana.append([note("four")]), broken(says), "whatever is there afterwards");
    await assert.rejects(ana.close(), broken(says));
  }
});

test("a pen that has lost its segment writes nothing when the segment is back", async (t) => {
  const { made, ana, segment, whole } = await writing(t);
  await ana.exclusively(async () => {
    await rm(segment);
    await assert.rejects(ana.append([note("two")]), broken(/taken away|another file/));
    await writeFile(segment, whole);
    await assert.rejects(ana.append([note("three")]), broken(/taken away|another file/));
  });
  await assert.rejects(ana.close(), broken(/taken away|another file/));
  const again = await made.write();
  await again.append([note("four")]);
  await again.close();
  assert.deepEqual(texts(await all(await made.read())), ["one", "four"]);
  const { verdict } = await verifyLog({ home: made.home(), origin: ORIGIN });
  assert.equal(verdict, "verified");
});
