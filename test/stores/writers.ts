import assert from "node:assert/strict";
import { joinLog } from "../../src/audit/init.ts";
import type { Store } from "../../src/audit/stores/store.ts";
import { verifyLog } from "../../src/audit/verify.ts";
import { digestBytes } from "../../src/model/index.ts";
import { all, type bench, note, ORIGIN, texts } from "../audit/bench.ts";

const ROUNDS = 10;

/** What the writers cost: each seal is one signature, and is tried once in the first store. */
export type Handed = { readonly batches: number; readonly signatures: number; readonly conflicts: number };

/**
 * Machines that write one log at once through a store, each entry a note of its own, handed over every few entries. Fails unless
 * every note is in the log of every machine once, in its writer's order, in one order for all, and verified.
 */
export async function writeAtOnce(
  made: Awaited<ReturnType<typeof bench>>,
  open: () => Promise<Store>,
  { writers = 8, notes = 50 }: { readonly writers?: number; readonly notes?: number } = {},
): Promise<Handed> {
  const sealed = new Set<string>();
  let conflicts = 0;
  const counted = async (): Promise<Store> => {
    const store = await open();
    return {
      name: store.name,
      read: (name, most) => store.read(name, most),
      close: () => store.close(),
      create: async (name, bytes) => {
        if (name.startsWith("batch/")) sealed.add(digestBytes(bytes));
        const answer = await store.create(name, bytes);
        if (name.startsWith("batch/") && answer === "exists") conflicts++;
        return answer;
      },
    };
  };
  const homes = Array.from({ length: writers }, (_, index) => made.home(`machine-${index}`));
  await foundAndJoin(made, homes, counted);
  const names = homes.map((_, index) => `w${index}`);
  await Promise.all(homes.map(async (home, index) => write(made, home, await counted(), { name: `w${index}`, notes })));
  const signatures = sealed.size;

  const orders = await Promise.all(homes.map(async (home) => readAll(made, home, await counted())));
  const [order = []] = orders;
  for (const other of orders) assert.deepEqual(other, order, "one order for all");
  const wanted = (name: string) => Array.from({ length: notes }, (_, n) => `${name} ${n}`);
  for (const name of names)
    assert.deepEqual(
      order.filter((text) => text.startsWith(`${name} `)),
      wanted(name),
      "each once, in order",
    );
  const { verdict, findings } = await verifyLog({ home: homes[0] ?? "", origin: ORIGIN });
  assert.match(verdict, /^verified/, JSON.stringify(findings));
  return { batches: await batchesIn(await counted()), signatures, conflicts };
}

async function foundAndJoin(
  made: Awaited<ReturnType<typeof bench>>,
  [first = "", ...others]: readonly string[],
  open: () => Promise<Store>,
): Promise<void> {
  await made.init(first);
  const founder = await made.write({ home: first, stores: [await open()] });
  assert.equal((await founder.sync(30_000)).state, "up-to-date");
  await founder.close(30_000);
  for (const home of others) assert.ok(await joinLog({ home, origin: ORIGIN, mode: "real" }, await open()));
}

async function write(
  made: Awaited<ReturnType<typeof bench>>,
  home: string,
  store: Store,
  { name, notes }: { readonly name: string; readonly notes: number },
): Promise<void> {
  const pen = await made.write({ home, stores: [store] });
  const each = Math.ceil(notes / ROUNDS);
  for (let begun = 0; begun < notes; begun += each) {
    const count = Math.min(each, notes - begun);
    await pen.append(Array.from({ length: count }, (_, n) => note(`${name} ${begun + n}`)));
    await pen.sync(30_000);
  }
  for (let tries = 0; tries < 20 && (await pen.sync(30_000)).state !== "up-to-date"; tries++);
  await pen.close(30_000);
}

async function readAll(made: Awaited<ReturnType<typeof bench>>, home: string, store: Store): Promise<readonly string[]> {
  const reader = await made.read({ home, stores: [store], refreshMs: 60_000 });
  const found = texts(await all(reader));
  await reader.close();
  return found;
}

async function batchesIn(store: Store): Promise<number> {
  let count = 0;
  while ((await store.read(`batch/${String(count).padStart(12, "0")}`, 1)) !== null) count++;
  await store.close();
  return count;
}
