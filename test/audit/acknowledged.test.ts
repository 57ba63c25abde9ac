import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { test } from "node:test";
import { requireStore } from "../../src/audit/index.ts";
import { joinLog } from "../../src/audit/init.ts";
import { directoryStore } from "../../src/audit/stores/directory.ts";
import { type Store, StoreError } from "../../src/audit/stores/store.ts";
import { all, bench, note, ORIGIN, texts } from "./bench.ts";

/** A folder that can be away, or answer never. */
async function folderStore(folder: string) {
  await mkdir(folder);
  const state = { away: false, mute: false };
  const inner = directoryStore("folder", folder);
  const reached = async <T>(work: () => Promise<T>): Promise<T> => {
    if (state.mute) return new Promise(() => undefined);
    if (state.away) throw new StoreError("folder", "no route to it");
    return work();
  };
  const store: Store = {
    ...inner,
    create: (name, bytes) => reached(() => inner.create(name, bytes)),
    read: (name, most) => reached(() => inner.read(name, most)),
  };
  return { store, state };
}

test("acknowledged is what stands in the deciding store; what stood there before is known then", async (t) => {
  const { init, write, home } = await bench(t);
  const { store } = await folderStore(home("store"));
  await init();
  const ana = await write({ stores: [store] });
  assert.equal(await ana.acknowledged(5_000), "given");
  assert.ok(await joinLog({ home: home("other"), origin: ORIGIN, mode: "real" }, store));
  const ben = await write({ home: home("other"), who: "ben", stores: [store] });
  await ben.append([note("first, elsewhere")]);
  assert.equal(await ben.acknowledged(5_000), "given");
  await ana.append([note("second, here")]);
  assert.equal(await ana.acknowledged(5_000), "given");
  assert.deepEqual(texts(await all(ana)), ["first, elsewhere", "second, here"]);
  await Promise.all([ana.close(), ben.close()]);
});

test("two processes of one machine are both told once either has handed it over", async (t) => {
  const { init, write, home } = await bench(t);
  const { store } = await folderStore(home("store"));
  await init();
  const pens = [await write({ stores: [store] }), await write({ stores: [store], who: "ben" })];
  for (let round = 0; round < 5; round++) {
    await Promise.all(pens.map((pen, index) => pen.append([note(`${round} of ${index}`)])));
    assert.deepEqual(await Promise.all(pens.map((pen) => pen.acknowledged(10_000))), ["given", "given"]);
  }
  for (const pen of pens) await pen.close();
});

test("a store that is away, or never answers, acknowledges nothing, and what needs it is refused in time", async (t) => {
  const { init, write, home } = await bench(t);
  const { store, state } = await folderStore(home("store"));
  await init();
  const ana = await write({ stores: [store] });
  await requireStore(ana, "a release");
  state.away = true;
  await ana.append([note("x")]);
  const began = performance.now();
  await assert.rejects(requireStore(ana, "a release"), {
    code: "store-required",
    exit: 9,
    message: `a release waits for the audit log's store, and "folder" cannot be reached: no route to it`,
  });
  assert.ok(performance.now() - began < 5_000, "an answer that says no is not waited upon");
  state.away = false;
  await requireStore(ana, "a release");
  state.mute = true;
  await ana.append([note("y")]);
  assert.equal(await ana.acknowledged(300), "missing");
  state.mute = false;
  await ana.close(100);
});

test("where no store is configured there is nobody to ask", async (t) => {
  const { init, write } = await bench(t);
  await init();
  const ana = await write();
  assert.equal(await ana.acknowledged(1_000), "no-store");
  await requireStore(ana, "a rollback");
  await ana.close();
});
