import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { layoutOf } from "../../src/audit/layout.ts";
import { StoreCursor } from "../../src/audit/store-cursor.ts";

test("who writes how far a store is at the same moment as others does not fail, and one of them is believed", async (t) => {
  const home = await mkdtemp(join(tmpdir(), "cursor-"));
  t.after(() => rm(home, { recursive: true, force: true }));
  const layout = layoutOf(home);
  const cursor = () => new StoreCursor(layout, "s3:bucket");
  assert.equal(await cursor().read(), 0);
  for (let round = 0; round < 20; round++) await Promise.all(Array.from({ length: 20 }, (_, at) => cursor().write(at + 1)));
  assert.ok((await cursor().read()) >= 1);
  assert.equal((await readdir(layout.stores)).length, 1, "no draft is left");

  await rm(layout.stores, { recursive: true });
  await mkdir(layout.folder, { recursive: true });
  await writeFile(layout.stores, "in the way");
  await cursor().write(3);
});
