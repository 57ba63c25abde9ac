import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Store } from "../../src/audit/stores/store.ts";

export const BATCH = "batch/000000000000";
export const MOST = 1 << 20;
export const bytes = (text: string): Buffer => Buffer.from(text);
export const text = (content: Uint8Array | null): string | null => (content === null ? null : Buffer.from(content).toString());

/** What every store promises. */
export async function keepsItsPromises(t: TestContext, store: Store): Promise<void> {
  await t.test("created once, read back, never overwritten", async () => {
    assert.equal(await store.read(BATCH, MOST), null);
    assert.equal(await store.create(BATCH, bytes("one")), "created");
    assert.equal(await store.create(BATCH, bytes("two")), "exists");
    assert.equal(text(await store.read(BATCH, MOST)), "one");
    assert.equal(await store.create(`blob/sha256/${"a".repeat(64)}`, bytes("blob")), "created");
    assert.equal(text(await store.read(`blob/sha256/${"a".repeat(64)}`, MOST)), "blob");
  });
  await t.test("names of anything else are a defect", async () => {
    await assert.rejects(async () => store.create("../genesis.json", bytes("x")), /names no object/);
    await assert.rejects(async () => store.read("batch/1", MOST), /names no object/);
  });
  await t.test("of many that create at once, what one wrote is there, and at most that one was told so", async () => {
    const name = "batch/000000000007";
    const told = await Promise.all(Array.from({ length: 12 }, (_, n) => store.create(name, bytes(`writer ${n}`))));
    const there = text(await store.read(name, MOST));
    const winners = told.flatMap((answer, n) => (answer === "created" ? [`writer ${n}`] : []));
    assert.match(there ?? "", /^writer \d+$/);
    assert.ok(winners.includes(there ?? ""), `${there} was not told`);
  });
}

/** An object may be larger than memory. */
export async function readsTheStart(store: Store): Promise<void> {
  const name = "batch/000000000099";
  await store.create(name, Buffer.alloc(3_000_000, "x"));
  assert.equal((await store.read(name, 1_000))?.length, 1_000);
  assert.equal((await store.read(name, 3_000_001))?.length, 3_000_000);
}
