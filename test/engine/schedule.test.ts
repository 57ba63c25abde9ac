import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { schedule, type Task } from "../../src/engine/schedule.ts";

const graph = fc
  .integer({ min: 1, max: 12 })
  .chain((size) =>
    fc.tuple(
      ...Array.from({ length: size }, (_, index) =>
        fc.record({ needs: fc.subarray(Array.from({ length: index }, (_, other) => `t${other}`)), ok: fc.boolean() }),
      ),
    ),
  );

test("a task runs once, after all it needs held; dependents of one that did not hold are skipped", async () => {
  await fc.assert(
    fc.asyncProperty(graph, fc.integer({ min: 1, max: 4 }), async (nodes, concurrency) => {
      const tasks: Task[] = nodes.map((node, index) => ({ id: `t${index}`, needs: node.needs }));
      const ended: string[] = [];
      const skipped: string[] = [];
      let running = 0;
      const left = await schedule(tasks, {
        concurrency,
        stop: new AbortController().signal,
        skip: (task) => skipped.push(task.id),
        work: async (task) => {
          running++;
          assert.ok(running <= concurrency);
          for (const id of task.needs) assert.ok(ended.includes(id), `${task.id} before ${id}`);
          await Promise.resolve();
          running--;
          ended.push(task.id);
          return nodes[Number(task.id.slice(1))]?.ok ?? false;
        },
      });
      assert.deepEqual(left, []);
      assert.deepEqual([...ended, ...skipped].toSorted(), tasks.map((task) => task.id).toSorted());
      const held = (id: string) => ended.includes(id) && nodes[Number(id.slice(1))]?.ok;
      for (const task of tasks)
        assert.equal(
          skipped.includes(task.id),
          task.needs.some((id) => !held(id)),
          task.id,
        );
    }),
  );
});

test("after a stop nothing new starts and what never started is returned", async () => {
  const stop = new AbortController();
  const started: string[] = [];
  const left = await schedule(
    ["a", "b", "c"].map((id) => ({ id, needs: [] })),
    {
      concurrency: 1,
      stop: stop.signal,
      skip: () => assert.fail("nothing is skipped"),
      work: async (task) => {
        started.push(task.id);
        stop.abort();
        return true;
      },
    },
  );
  assert.deepEqual(started, ["a"]);
  assert.deepEqual(
    left.map((task) => task.id),
    ["b", "c"],
  );
});

test("an error of the work is the error of the schedule", async () => {
  const work = async () => {
    throw new Error("defect");
  };
  await assert.rejects(
    schedule([{ id: "a", needs: [] }], { concurrency: 1, stop: new AbortController().signal, skip: () => {}, work }),
    /defect/,
  );
});
