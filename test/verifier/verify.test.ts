import assert from "node:assert/strict";
import { test } from "node:test";
import { ORIGIN } from "./build-log.ts";
import { codes, tell, verify } from "./story.ts";

test("a good log is verified, and what cannot be seen is said", async (t) => {
  const verification = await verify(t, tell());
  assert.deepEqual(verification.findings, []);
  assert.equal(verification.verdict, "verified");
  assert.deepEqual([verification.origin, verification.entries, verification.writers], [ORIGIN, 15, 2]);
  assert.match(verification.notChecked.join("\n"), /founding entry that you know[\s\S]*held back[\s\S]*remote stores: none/);
});

test("a log without stores is verified without batches", async (t) => {
  const verification = await verify(t, tell({ batches: 0 }));
  assert.deepEqual(verification.findings, []);
  assert.equal(verification.verdict, "verified");
});

test("entries that are in no batch while there are batches are a gap", async (t) => {
  const verification = await verify(t, tell({ batches: 2 }));
  assert.equal(verification.verdict, "verified-with-gaps");
  assert.deepEqual(codes(verification), ["local-only"]);
  assert.match(verification.findings[0]?.detail ?? "", /^6 entries/);
});
