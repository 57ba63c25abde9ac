import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ORIGIN } from "./build-log.ts";
import { folderOf, tell } from "./story.ts";

const MAIN = join(import.meta.dirname, "../../src/verifier/main.ts");

function run(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8" });
}

test("each verdict has its exit code", (t) => {
  const { log, plan } = tell();
  const folder = log.write(join(folderOf(t), "log"));
  const store = log.writeStore(join(folderOf(t), "store"));
  const good = run(folder, "--origin", ORIGIN, "--store", store);
  assert.deepEqual([good.status, good.stderr], [0, ""]);
  assert.match(good.stdout, /^verified: acme\.example\/soc2-er\/test, 15 entries by 2 sessions\n {2}not checked: /);
  appendFileSync(join(folder, "segments/0000000000.wal"), "0000");
  assert.equal(run(folder).status, 10);
  rmSync(join(folder, "blobs", plan.replace(":", "/")));
  assert.equal(run(folder).status, 20);
  appendFileSync(join(folder, "genesis.json"), " ");
  const bad = run(folder, "--json");
  assert.equal(bad.status, 30);
  const document = JSON.parse(bad.stdout);
  assert.equal(document.schema, "soc2-er/verification@1");
  assert.equal(document.verdict, "tampered");
  assert.deepEqual(
    document.findings.map(({ code }: { code: string }) => code),
    ["not-canonical", "blob-missing", "torn-tail"],
  );
});

test("wrong usage and folders that are not there", (t) => {
  const folder = folderOf(t);
  for (const args of [[], ["a", "b"], [folder, "--what"], [folder, "--origin"], [folder, "--store"]]) {
    const { status, stderr } = run(...args);
    assert.deepEqual([status, stderr.slice(0, 6)], [2, "usage:"], args.join(" "));
  }
  const nowhere = run(join(folder, "nowhere"));
  assert.deepEqual([nowhere.status, nowhere.stdout], [2, ""]);
  assert.match(nowhere.stderr, /no such file or directory/);
  assert.equal(run("--help").status, 0);
});

test("what the log says does not steer the terminal", (t) => {
  const { log } = tell({ batches: 0, lies: { "incident.declared": { payload: { person: "\u001b[2J\u202eeve" } } } });
  const { stdout } = run(log.write(join(folderOf(t), "log")));
  assert.match(stdout, /eve/);
  assert.doesNotMatch(stdout.replaceAll("\n", ""), /\p{C}/u);
});
