import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "./source.ts";

const bench = (...args: string[]) =>
  spawnSync(process.execPath, [join(ROOT, "scripts/bench.ts"), ...args], { cwd: ROOT, encoding: "utf8" });

// What the figures are is nobody's business here: only that both sides of each line still do their work.
test("every bench runs, and prints what it compares", () => {
  const { status, stdout, stderr } = bench("--quick");
  assert.equal(status, 0, stderr);
  const rows = stdout.trimEnd().split("\n").slice(1);
  for (const what of ["start: --version", "log: ", "plan: ", "scale: memory", "verify: ", "verifier: "])
    assert.ok(
      rows.some((row) => row.startsWith(what)),
      `nothing of "${what}" in\n${stdout}`,
    );
  for (const row of rows) assert.match(row, / [\d.]+ (ms|µs|MiB) +[\d.]+ \1 +[\d.]+x {3}\S/);
});

test("a bench that is not there is refused with those that are", () => {
  const { status, stderr } = bench("launch");
  assert.equal(status, 2);
  assert.match(
    stderr,
    /no bench "launch"; there are start, append, plan, scale, verification, verifier\nhint: npm run bench -- /,
  );
});
