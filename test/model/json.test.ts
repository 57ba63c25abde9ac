import assert from "node:assert/strict";
import { test } from "node:test";
import canonicalizeOracle from "canonicalize";
import fc from "fast-check";
import { canonicalize, type Json, sameJson } from "../../src/model/index.ts";

const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger().filter((number) => !Object.is(number, -0)),
    fc.string({ unit: "grapheme" }),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.string({ unit: "grapheme" }), tie("value"), { maxKeys: 4 }).map((object) => ({ ...object }) as Json),
  ),
})).value;

test("canonical JSON equals the reference implementation on what it accepts", () => {
  fc.assert(fc.property(json, (value) => assert.equal(canonicalize(value), canonicalizeOracle(value))));
});

test("canonical JSON survives a round trip", () => {
  fc.assert(fc.property(json, (value) => assert.ok(sameJson(JSON.parse(canonicalize(value)), value))));
});

for (const [name, value] of [
  ["a float", 1.5],
  ["minus zero", -0],
  ["an unsafe integer", 2 ** 53],
  ["not a number", Number.NaN],
  ["a lone surrogate", "\ud800"],
  ["a lone surrogate as key", { "\udc00": 1 }],
  ["undefined", { a: undefined }],
  ["a hole", [1, undefined]],
  ["a date", new Date(0)],
  ["a map", new Map()],
  ["a bigint", 1n],
  ["a function", () => 1],
] as const) {
  test(`canonical JSON refuses ${name}`, () => {
    assert.throws(() => canonicalize(value as unknown as Json), TypeError);
  });
}

test("canonical JSON refuses bottomless nesting", () => {
  let deep: Json = 1;
  for (let level = 0; level < 40; level++) deep = [deep];
  assert.throws(() => canonicalize(deep), /nested too deeply/);
});
