import assert from "node:assert/strict";
import { test } from "node:test";
import { clip, pad, table, widthOf, wrap } from "../../src/terminal/index.ts";

test("width counts columns, not characters", () => {
  assert.equal(widthOf("abc"), 3);
  assert.equal(widthOf("日本"), 4);
  assert.equal(widthOf("e\u0301"), 1);
  assert.equal(widthOf("\u001b[31mred\u001b[39m"), 3);
  assert.equal(widthOf("🔥"), 2);
  assert.equal(pad("日", 4), "日  ");
  assert.equal(clip("abcdef", 4), "abc…");
  assert.equal(clip("日本語", 4), "日…");
});

test("wrapping loses nothing and never exceeds the width", () => {
  const text =
    "release the leases of arn:aws:iam::123456789012:role/some-very-long-role-name-that-does-not-fit and 日本語のテキスト";
  for (const width of [12, 20, 40, 80]) {
    const lines = wrap(text, width, 4);
    for (const line of lines) assert.ok(widthOf(line) <= width, `${width}: ${line}`);
    assert.equal(lines.join("").replaceAll(" ", ""), text.replaceAll(" ", ""));
  }
  assert.deepEqual(wrap("", 10), [""]);
});

test("a table fits its width and becomes blocks where it cannot", () => {
  const columns = [{ title: "id" }, { title: "state" }, { title: "what", grows: true }];
  const rows = [
    ["inc-1126-kovame", "open", "customer data is leaking through the export service"],
    ["inc-1126-badove", "closed", "short"],
  ];
  const wide = table(columns, rows, 60);
  assert.equal(wide[0], "ID               STATE   WHAT");
  for (const line of wide) assert.ok(line.length <= 60, line);
  const narrow = table(columns, rows, 30);
  assert.equal(narrow[0], "id: inc-1126-kovame");
  for (const line of narrow) assert.ok(line.length <= 30, line);
});
