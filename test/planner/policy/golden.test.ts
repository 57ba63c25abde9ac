import assert from "node:assert/strict";
import { after, test } from "node:test";
import { OF_ELEMENTS } from "./golden-elements.ts";
import { OF_PRINCIPALS } from "./golden-principals.ts";
import { ours, startTheirs } from "./opinions.ts";

const theirs = startTheirs({ after });

for (const { name, source, asked, verdict } of [...OF_PRINCIPALS, ...OF_ELEMENTS]) {
  test(`${source.split(",")[0]}: ${name}`, async () => {
    assert.equal(ours(asked), verdict, source);
    assert.equal(await theirs(asked), verdict, `the second judge: ${source}`);
  });
}
