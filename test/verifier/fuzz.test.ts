import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { verifyHome } from "../../src/verifier/index.ts";
import { digest } from "./build-log.ts";
import { folderOf, tellOn } from "./story.ts";

/** Reproducible: the seed stands in the test's name. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function logOf(t: TestContext, batches: number): { folder: string; files: string[] } {
  const story = tellOn({ batches });
  const { log, ana } = story;
  const tail = Buffer.from("0000ffe0 012");
  const cut = ana.entry("recovery.truncated", { segment: "0000000000.wal", bytes: tail.length, digest: digest(tail) });
  log.files.set("quarantine/0000000000.wal-77", tail);
  log.add(cut);
  if (batches > 0) log.seal([cut], ana);
  const folder = log.write(join(folderOf(t), "log"));
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (name) => name !== "lock" && statSync(join(folder, name)).isFile(),
  );
  return { folder, files };
}

for (const [batches, rounds] of [
  [3, 700],
  [0, 300],
] as const) {
  const seed = 20260301 + batches;
  test(`${rounds} changed bytes in a log of ${batches} batches are all noticed (seed ${seed})`, async (t) => {
    const { folder, files } = logOf(t, batches);
    assert.equal((await verifyHome({ folder })).verdict, "verified");
    const next = random(seed);
    const sizes = files.map((name) => statSync(join(folder, name)).size);
    const all = sizes.reduce((sum, size) => sum + size, 0);
    for (let round = 0; round < rounds; round++) {
      let place = next(all);
      const index = sizes.findIndex((size) => {
        place -= size;
        return place < 0;
      });
      const [name = "", size = 0] = [files[index], sizes[index]];
      const path = join(folder, name);
      const good = readFileSync(path);
      const bad = Buffer.from(good);
      const at = place + size;
      bad[at] = (bad[at] ?? 0) ^ (round % 2 === 0 ? 1 << next(8) : 1 + next(255));
      writeFileSync(path, bad);
      const { verdict, findings } = await verifyHome({ folder });
      const what = `${name} at ${at}: ${good[at]} became ${bad[at]}`;
      assert.notEqual(verdict, "verified", what);
      assert.ok(findings.length > 0, what);
      if (verdict === "verified-with-gaps") assert.deepEqual([name, at], [name, size - 1], `${what} is only a gap`);
      writeFileSync(path, good);
    }
    assert.equal((await verifyHome({ folder })).verdict, "verified");
  });
}

test("a file cut anywhere is noticed", async (t) => {
  const { folder, files } = logOf(t, 3);
  const next = random(7);
  for (const name of files.flatMap((file) => [file, file, file, file])) {
    const path = join(folder, name);
    const good = readFileSync(path);
    const length = next(good.length);
    truncateSync(path, length);
    const { verdict } = await verifyHome({ folder });
    assert.notEqual(verdict, "verified", `${name} cut to ${length}`);
    writeFileSync(path, good);
  }
});
