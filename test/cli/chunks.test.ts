import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { freshFolder, ROOT, soc2er } from "./binary.ts";

/** Which packages' code each chunk has inside, as the bundler wrote it down. */
const contents: Record<string, string[]> = JSON.parse(readFileSync(join(ROOT, "dist/maps/packages.json"), "utf8"));

/** What costs more than a help text may: tens of milliseconds each. */
const HEAVY = /^(@aws-sdk|@smithy|@azure|@inquirer)\/|^(yaml|zod|ora|execa)$/;

/** At its end, the process writes down the files that it loaded. */
const RECORDER = `data:text/javascript,import fs from "node:fs"; import { createRequire } from "node:module"; const { cache } = createRequire("file:///"); process.on("exit", () => fs.writeFileSync(process.env.LOADED, JSON.stringify(Object.keys(cache))));`;

type Loaded = { readonly code: number | null; readonly out: string; readonly chunks: string[]; readonly packages: string[] };

async function run(args: readonly string[], env: Record<string, string> = {}): Promise<Loaded> {
  const folder = freshFolder();
  const file = join(folder, "loaded.json");
  const { code, out, err } = await soc2er(args, { cwd: folder, env: { ...env, LOADED: file }, node: ["--import", RECORDER] });
  assert.equal(code, 0, err);
  const files: string[] = JSON.parse(readFileSync(file, "utf8"));
  const chunks = files.filter((path) => dirname(path) === join(ROOT, "dist/lib")).map((path) => basename(path));
  for (const chunk of chunks) assert.ok(chunk in contents, `nobody knows what is in ${chunk}`);
  return { code, out, chunks, packages: [...new Set(chunks.flatMap((chunk) => contents[chunk] ?? []))].sort() };
}

const heavy = ({ packages }: Loaded): string[] => packages.filter((name) => HEAVY.test(name));

for (const args of [["--version"], ["--help"], ["-h"], ["help"]])
  test(`"${args.join(" ")}" loads no chunk at all`, async () => {
    const loaded = await run(args);
    assert.notEqual(loaded.out, "");
    assert.deepEqual(loaded.chunks, []);
  });

// Beside the ways that the shim knows: color, further flags, the help of commands and topics.
for (const [args, env] of [
  [["--help"], { FORCE_COLOR: "1" }],
  [["--version", "--no-color"], {}],
  [["--no-color", "--help"], {}],
  [["help", "exit-codes"], {}],
  [["revoke", "--help"], {}],
  [["isolate", "tenant", "--help"], {}],
  [["help", "audit", "verify"], {}],
] as const)
  test(`"${[...Object.keys(env), ...args].join(" ")}" loads no SDK, no yaml, zod, prompts, ora or execa`, async () => {
    const loaded = await run(args, env);
    assert.notEqual(loaded.out, "");
    assert.ok(loaded.chunks.includes("main.cjs"));
    assert.deepEqual(heavy(loaded), []);
  });

test("a command loads what it needs and not the other clouds", async () => {
  const loaded = await run(["revoke", "aws:user/intruder", "--range", "--home", freshFolder(), "--dry-run", "--json"]);
  for (const name of ["@aws-sdk/client-iam", "@smithy/core", "yaml", "zod"]) assert.ok(loaded.packages.includes(name), name);
  for (const name of ["@aws-sdk/client-wafv2", "@azure/arm-network", "@azure/identity", "@inquirer/prompts", "ora", "execa"])
    assert.ok(!loaded.packages.includes(name), name);
});

test("each of those packages is in some chunk, by the name that is looked for", () => {
  const all = [...new Set(Object.values(contents).flat())].filter((name) => HEAVY.test(name));
  const wanted = ["@aws-sdk/client-iam", "@smithy/core", "@azure/identity", "@inquirer/prompts", "yaml", "zod", "ora", "execa"];
  assert.deepEqual(
    wanted.filter((name) => !all.includes(name)),
    [],
  );
});
