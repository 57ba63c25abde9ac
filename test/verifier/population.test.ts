import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Verification } from "../../src/verifier/index.ts";
import { folderOf, type Options, RESOURCE, tell, verify } from "./story.ts";

async function population(t: TestContext, options: Options = {}): Promise<{ rows: string[]; verification: Verification }> {
  const file = join(folderOf(t), "population.csv");
  const verification = await verify(t, tell(options), { population: file });
  const rows = readFileSync(file, "utf8").split("\r\n");
  assert.equal(rows.pop(), "", "every line has its end");
  return { rows, verification };
}

test("every privileged action is a row: who, when, by whose approval, and how it ended", async (t) => {
  const { rows, verification } = await population(t);
  const masked = rows.map((row) => row.replaceAll(/20\d\d-[^,"]+?Z/g, "T").replaceAll(/sha256:[0-9a-f]{64}/g, "D"));
  assert.deepEqual(masked.slice(1), [
    "genesis,T,ana,laptop,,real,,,genesis,Acme,,,done,,,none,D",
    "run.opened,T,ana,laptop,inc-1,real,run-1,,lockdown,acme,D,ben as security at T,contained,T,,none,D",
    "change.intended,T,ana,laptop,inc-1,real,run-1,c1,aws.iam.cut,aws/1/global/iam-user/mallory,D,ben as security at T,applied,T,confirmed,none,D",
  ]);
  assert.deepEqual(verification.population, {
    "change.intended": { applied: 1 },
    genesis: { done: 1 },
    "run.opened": { contained: 1 },
  });
});

test("what has no end is open, and what only the machine vouches for says so", async (t) => {
  const { rows, verification } = await population(t, {
    batches: 1,
    lies: { "change.settled": { skip: true }, "run.closed": { skip: true } },
  });
  const cells = rows.slice(1).map((row) => row.split(","));
  assert.deepEqual(
    cells.map((row) => [row[0], row[12], row[15]]),
    [
      ["genesis", "done", "none"],
      ["run.opened", "open", "machine-only"],
      ["change.intended", "open", "machine-only"],
    ],
  );
  assert.deepEqual(verification.population["run.opened"], { open: 1 });
});

test("nothing in a row is a formula, ends a cell or steers a terminal", async (t) => {
  for (const [evil, written] of [
    ['=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'],
    ["+1+1", '"\'+1+1"'],
    ["-2", '"\'-2"'],
    ["@SUM(A1)", '"\'@SUM(A1)"'],
    ["\t=1", "\\u0009=1"],
    ["\r=1", "\\u000d=1"],
    [" =1", '"\' =1"'],
    ["＝1", '"\'＝1"'],
    ["a\nb,c", '"a\\u000ab,c"'],
    ["\u001b[2J\u202e", "\\u001b[2J\\u202e"],
    ['say "hi"', '"say ""hi"""'],
  ]) {
    const resource = { ...RESOURCE, provider: "", account: "", region: "", type: "", id: "x" };
    const { rows } = await population(t, {
      lies: { "change.intended": { body: { action: evil, resource } } },
    });
    const row = rows.find((one) => one.startsWith("change.intended,")) ?? "";
    assert.ok(row.includes(`,c1,${written},////x,`), `${JSON.stringify(evil)} is written ${row}`);
  }
});

test("without the option no file is written", async (t) => {
  const { population: counts } = await verify(t, tell());
  assert.deepEqual(counts["run.opened"], { contained: 1 });
  assert.equal(existsSync("population.csv"), false);
});
