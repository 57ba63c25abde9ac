import assert from "node:assert/strict";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Drill } from "./drill.ts";

test("the log is compared with the store that decides, where that is a folder", async (t) => {
  const drill = await Drill.begin(t);
  const codes = ({ findings }: { findings?: { code: string }[] }) => new Set(findings?.map(({ code }) => code));
  const store = join(drill.home, "range/audit-store/batch");
  const last = (await readdir(store)).sort().at(-1) ?? "";
  const bytes = await readFile(join(store, last));

  const { notChecked } = await drill.verify();
  assert.ok(!notChecked.some((what: string) => what.includes("none was given")), notChecked.join("\n"));
  await writeFile(join(store, last), Buffer.concat([bytes, Buffer.from("x")]));
  assert.deepEqual(codes(await drill.verify(30)), new Set(["store-differs"]));
  await rm(join(store, last));
  assert.deepEqual(codes(await drill.verify(20)), new Set(["store-short"]));
  await writeFile(join(store, last), bytes);
  await drill.verify();
  await rm(join(drill.home, "range/audit-store"), { recursive: true });
  const without = await drill.verify();
  assert.ok(without.notChecked.some((what: string) => what.includes("none was given")));
});
