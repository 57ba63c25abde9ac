import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { piecesOf } from "../../src/terminal/pieces.ts";

test("a document that is written in pieces is what JSON.stringify writes", () => {
  const documents = fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), fc.constant(undefined), fc.array(fc.jsonValue())));
  fc.assert(
    fc.property(documents, fc.constantFrom(0 as const, 2 as const), (document, indent) => {
      assert.equal([...piecesOf(document, indent)].join(""), `${JSON.stringify(document, null, indent)}\n`);
    }),
  );
});

test("no piece is much longer than what is written at once", () => {
  const changes = Array.from({ length: 10_000 }, (_, index) => ({
    id: `c${index}`,
    before: null,
    after: { text: "x".repeat(100) },
  }));
  const pieces = [...piecesOf({ schema: "x", changes }, 2)];
  assert.ok(pieces.length > 20, `${pieces.length} pieces`);
  assert.ok(Math.max(...pieces.map(({ length }) => length)) < 70_000);
});
