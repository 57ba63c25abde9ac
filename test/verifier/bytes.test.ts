import assert from "node:assert/strict";
import { test } from "node:test";
import canonicalize from "canonicalize";
import fc from "fast-check";
import { canonical, type Json, parseCanonical } from "../../src/verifier/bytes.ts";
import { Fault } from "../../src/verifier/findings.ts";

/** Keys that are numbers, and `__proto__`, are where JavaScript's objects are unlike JSON's. */
const key = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.nat({ max: 120 }).map(String),
  fc.constantFrom("__proto__", "constructor", ""),
);
const json = fc.letrec<{ value: Json; object: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger().map((number) => number + 0),
    fc.string({ unit: "grapheme" }),
    fc.array(tie("value"), { maxLength: 4 }),
    tie("object"),
  ),
  object: fc
    .array(fc.tuple(key, tie("value")), { maxLength: 5 })
    .map((members) =>
      JSON.parse(`{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join()}}`),
    ),
}));

test("the verifier writes and reads canonical JSON as the reference implementation does", () => {
  fc.assert(
    fc.property(json.object, (value) => {
      const text = canonicalize(value) ?? "";
      assert.equal(canonical(value), text);
      assert.deepEqual(parseCanonical(Buffer.from(text)), value);
    }),
  );
});

/** Another spelling of the same: blanks, other escapes, other orders, doubled keys. */
const spelling = fc.constantFrom<(text: string) => string>(
  (text) => ` ${text}`,
  (text) => `${text}\n`,
  (text) => text.replace(":", ": "),
  (text) => text.replace(",", " ,"),
  (text) => text.replace(/"([a-z])/, (_, letter: string) => `"\\u00${letter.charCodeAt(0).toString(16)}`),
  (text) => text.replace("/", "\\/"),
  (text) => text.replace(/(:-?[0-9]+)([,\]}])/, "$1.0$2"),
  (text) => text.replace(/(:-?[0-9]+)([,\]}])/, "$1e0$2"),
  (text) => text.replace(/\{("[^"\\]*":(?:[0-9]+|true|null|"[^"\\]*")),/, "{$1,$1,"),
  (text) => text.replace(/\{("[^"\\]*":(?:[0-9]+|true|null)),("[^"\\]*":(?:[0-9]+|true|null))/, "{$2,$1"),
  (text) => `\ufeff${text}`,
);

/** What the reference implementation would say of a text: whether it is the spelling of what it says. */
function isSpelledSo(text: string): boolean {
  try {
    return canonicalize(JSON.parse(text)) === text;
  } catch {
    return false;
  }
}

test("another spelling is refused, whatever JSON.parse makes of it", () => {
  let refused = 0;
  fc.assert(
    fc.property(json.object, spelling, (value, spell) => {
      const text = spell(canonicalize(value) ?? "");
      const read = () => parseCanonical(Buffer.from(text));
      if (isSpelledSo(text)) return void read();
      refused++;
      assert.throws(read, isNotCanonical);
    }),
    { numRuns: 500 },
  );
  assert.ok(refused > 50, `${refused} were refused`);
});

const nested = (levels: number): string => `${'{"a":'.repeat(levels)}{}${"}".repeat(levels)}`;

test("what two implementations could read differently is refused", () => {
  for (const text of [
    ...['{"a":1.5}', '{"a":-0}', '{"a":1e2}', '{"a":9007199254740992}', '{"a":1e400}', '{"a":"\\ud800"}', '{"\\udc00":1}'],
    ...['{"a":1,"a":1}', '{"b":1,"a":1}', '{"a":"\\u0061"}', nested(25), nested(100_000), '{"a":1}x', ""],
    ...['{"__proto__":1,"__proto__":2}', '{"9":1,"10":2}'],
  ])
    assert.throws(() => parseCanonical(Buffer.from(text)), isNotCanonical, text.slice(0, 40));
  assert.throws(() => parseCanonical(Buffer.from('{"a":"\xff"}', "latin1")), isNotCanonical);
  assert.throws(() => parseCanonical(Buffer.from('{"a":"\xed\xa0\x80"}', "latin1")), isNotCanonical);
  for (const text of ["[]", "1", "null", '"x"']) assert.throws(() => parseCanonical(Buffer.from(text)), /not a JSON object/);
});

test("what is unusual and canonical is read", () => {
  for (const text of [
    '{"10":1,"9":2}',
    '{"__proto__":{"x":1}}',
    `{"a":${"[".repeat(24)}${"]".repeat(24)}}`,
    '{"a":"\\u0000\u2028\ue000😀"}',
  ])
    assert.equal(canonical(parseCanonical(Buffer.from(text))), text);
});

function isNotCanonical(error: unknown): boolean {
  return error instanceof Fault && error.code === "not-canonical";
}
