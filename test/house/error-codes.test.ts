import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ERROR_EXIT, EXIT } from "../../src/model/index.ts";
import { ROOT } from "./source.ts";

test("error codes are unique, sayable and mean a known exit", () => {
  const text = readFileSync(join(ROOT, "src/model/errors.ts"), "utf8");
  const written = [...text.matchAll(/^ {2}"?([a-z-]+)"?: EXIT\.\w+,$/gm)].map(([, code]) => code ?? "");
  assert.ok(written.length > 40);
  assert.deepEqual(written, [...new Set(written)]);
  assert.deepEqual(written.toSorted(), Object.keys(ERROR_EXIT).toSorted());
  for (const [code, exit] of Object.entries<number>(ERROR_EXIT)) {
    assert.match(code, /^[a-z]+(-[a-z]+)*$/);
    assert.ok(Object.values<number>(EXIT).includes(exit) && exit !== EXIT.ok, code);
  }
});

test("the exit codes are the published ones", () => {
  assert.deepEqual(EXIT, {
    ok: 0,
    defect: 1,
    usage: 2,
    declined: 3,
    denied: 4,
    stale: 5,
    partial: 6,
    unverified: 7,
    approval: 8,
    audit: 9,
    refused: 10,
    interrupted: 130,
    terminated: 143,
  });
});
