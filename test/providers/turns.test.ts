import assert from "node:assert/strict";
import { test } from "node:test";
import { Turns } from "../../src/providers/turns.ts";

test("one at a time for each name, in the order in which they came, whatever became of the one before", async () => {
  const turns = new Turns();
  const seen: string[] = [];
  const ends = new Map<string, { resolve(): void; reject(error: Error): void }>();
  const take = (name: string, what: string) =>
    turns.take(name, async () => {
      seen.push(what);
      await new Promise<void>((resolve, reject) => ends.set(what, { resolve, reject }));
      return what;
    });
  const tick = () => new Promise((resolve) => setImmediate(resolve));
  const [first, second, third, other] = [take("a", "a1"), take("a", "a2"), take("a", "a3"), take("b", "b1")];
  await tick();
  assert.deepEqual(seen, ["a1", "b1"]);
  ends.get("a1")?.reject(new Error("refused"));
  await assert.rejects(first, /refused/);
  await tick();
  assert.deepEqual(seen, ["a1", "b1", "a2"]);
  ends.get("a2")?.resolve();
  assert.equal(await second, "a2");
  await tick();
  assert.deepEqual(seen, ["a1", "b1", "a2", "a3"]);
  ends.get("a3")?.resolve();
  ends.get("b1")?.resolve();
  assert.deepEqual(await Promise.all([third, other]), ["a3", "b1"]);
  const later = take("a", "a4");
  await tick();
  assert.equal(seen.at(-1), "a4", "nobody waits for what is over");
  ends.get("a4")?.resolve();
  await later;
});
