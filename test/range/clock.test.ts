import assert from "node:assert/strict";
import { test } from "node:test";
import { openRange } from "../../src/exercise/range/index.ts";
import { freshFolder, handClock } from "./open.ts";

test("world time runs at the world's factor for everybody who opens it", async (t) => {
  const wall = handClock();
  const folder = freshFolder(t);
  const first = await openRange({ folder, wall, factor: 60 });
  t.after(() => first.close());
  const start = first.clock.now();
  assert.equal(first.clock.factor, 60);
  wall.advance(1_000);
  assert.equal(first.clock.now() - start, 60_000);
  const second = await openRange({ folder, wall });
  t.after(() => second.close());
  assert.equal(second.clock.factor, 60);
  assert.equal(second.clock.now(), first.clock.now());
});

test("sleeping takes a factor less of real time, and waking is on time", async (t) => {
  const wall = handClock();
  const range = await openRange({ folder: freshFolder(t), wall, factor: 10 });
  t.after(() => range.close());
  const [real, world, monotonic] = [wall.now(), range.clock.now(), range.clock.monotonic()];
  await range.clock.sleep(5_000);
  assert.deepEqual([wall.now() - real, range.clock.now() - world, range.clock.monotonic() - monotonic], [500, 5_000, 5_000]);
});

test("a new factor goes on from the same moment", async (t) => {
  const wall = handClock();
  const folder = freshFolder(t);
  const first = await openRange({ folder, wall, factor: 100 });
  t.after(() => first.close());
  wall.advance(10_000);
  const [world, monotonic] = [first.clock.now(), first.clock.monotonic()];
  const second = await openRange({ folder, wall, factor: 1 });
  t.after(() => second.close());
  assert.equal(second.clock.now(), world);
  // The first process learns of it with its next look at the world.
  first.show();
  wall.advance(1_000);
  assert.equal(first.clock.now(), world + 1_000);
  assert.equal(first.clock.monotonic(), monotonic + 1_000);
});

test("the factor must be a positive number", async (t) => {
  const folder = freshFolder(t);
  await assert.rejects(openRange({ folder, factor: 0 }), { code: "parameter-invalid" });
});
