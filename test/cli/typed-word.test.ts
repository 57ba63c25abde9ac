import assert from "node:assert/strict";
import { test } from "node:test";
import { wordOf } from "../../src/cli/flow/typed-word.ts";

test("a target is typed to confirm, and the incident where the target is a long list", () => {
  const incident = "inc-1128-kovame";
  assert.equal(wordOf({ target: "acme", incident }), "acme");
  const many = Array.from({ length: 300 }, (_, index) => `aws:user/u${index}`).join(",");
  assert.equal(wordOf({ target: many, incident }), incident);
  assert.equal(wordOf({ target: many, incident: "" }), many, "nothing typed is never an answer");
});
