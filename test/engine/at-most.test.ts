import assert from "node:assert/strict";
import { test } from "node:test";
import { atMost, atMostIn } from "../../src/engine/at-most.ts";

test("so many are inside at once, in their order, and who fails makes room", async () => {
  const inTurn = atMost(2);
  const begun: number[] = [];
  let inside = 0;
  let most = 0;
  const ended = await Promise.allSettled(
    Array.from({ length: 7 }, (_, index) =>
      inTurn(async () => {
        begun.push(index);
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside--;
        if (index % 3 === 0) throw new Error("failed");
        return index;
      }),
    ),
  );
  assert.deepEqual([begun, most], [[0, 1, 2, 3, 4, 5, 6], 2]);
  assert.deepEqual(
    ended.map(({ status }) => status),
    ["rejected", "fulfilled", "fulfilled", "rejected", "fulfilled", "fulfilled", "rejected"],
  );
});

test("a place where nothing comes back holds up no other", async () => {
  const places = atMostIn(1);
  void places("silent")(() => new Promise(() => undefined));
  assert.equal(await places("other")(async () => "seen"), "seen");
});
