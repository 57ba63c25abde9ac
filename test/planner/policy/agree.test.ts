import assert from "node:assert/strict";
import { after, test } from "node:test";
import fc from "fast-check";
import { LONG } from "../../emulator/long.ts";
import { ours, startTheirs } from "./opinions.ts";
import { question } from "./questions.ts";

const theirs = startTheirs({ after });
/** The same questions every time, unless asked for long. */
const draw = LONG ? { numRuns: 60_000 } : { numRuns: 6_000, seed: 20_261_129 };

test("two evaluators that do not know each other judge alike whatever is drawn", async () => {
  const seen = new Map<string, number>();
  const agree = fc.asyncProperty(question, async (asked) => {
    const opinion = ours(asked);
    seen.set(opinion, (seen.get(opinion) ?? 0) + 1);
    assert.equal(opinion, await theirs(asked));
  });
  await fc.assert(agree, draw);
  for (const opinion of ["allow", "explicit-deny", "implicit-deny", "unknown"])
    assert.ok((seen.get(opinion) ?? 0) > draw.numRuns / 20, `${opinion} came up ${seen.get(opinion)} times`);
});
