import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { ErError } from "../../src/model/index.ts";
import { loadRunbooks } from "../../src/runbooks/index.ts";

const runbook = (id: string) => `runbook: ${id}\ntitle: A\nsteps: [{ id: a, action: aws.s3.deny-tenant-prefix }]\n`;
let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "soc2-er-runbooks-"));
  for (const folder of ["shipped", "own", "twice", "broken"]) await mkdir(join(root, folder));
  await writeFile(join(root, "shipped/one.yaml"), runbook("one"));
  await writeFile(join(root, "shipped/notes.md"), "not a runbook");
  await writeFile(join(root, "own/two.yml"), runbook("two"));
  await writeFile(join(root, "twice/other.yaml"), runbook("one"));
  await writeFile(join(root, "broken/a.yaml"), "runbook: [");
  await writeFile(join(root, "broken/huge.yaml"), "");
  await truncate(join(root, "broken/huge.yaml"), 50 * 1024 * 1024);
});
after(() => rm(root, { recursive: true }));
const ids = (runbooks: { id: string }[]) => runbooks.map(({ id }) => id);

test("runbooks of all folders, by id; a folder that does not exist holds none", async () => {
  assert.deepEqual(ids(await loadRunbooks(["own", "none", "shipped"].map((folder) => join(root, folder)))), ["one", "two"]);
});

test("an id in two files is refused, naming both", async () => {
  await assert.rejects(loadRunbooks([join(root, "shipped"), join(root, "twice")]), {
    code: "runbook-duplicate",
    message: `runbook "one" stands in ${root}/shipped/one.yaml and in ${root}/twice/other.yaml`,
  });
});

test("a broken file is thrown, or told to who asks for it while the others load", async () => {
  const folders = [join(root, "broken"), join(root, "shipped")];
  await assert.rejects(loadRunbooks(folders), { code: "runbook-invalid" });
  const broken: ErError[] = [];
  const before = process.memoryUsage().arrayBuffers;
  assert.deepEqual(ids(await loadRunbooks(folders, (error) => broken.push(error))), ["one"]);
  assert.ok(process.memoryUsage().arrayBuffers - before < 5 * 1024 * 1024, "50 MB were held");
  assert.match(broken[0]?.message ?? "", /a\.yaml:1:\d+: /);
  assert.match(broken[1]?.message ?? "", /huge\.yaml:1:1: the file has more than 256 KiB/);
});
