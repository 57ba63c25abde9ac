import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { rootHelp } from "../../src/cli/help.ts";
import { freshFolder, ROOT, SHIM, soc2er } from "./binary.ts";

const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

/** What a run of the program loaded: chunks of ours, and Node's own modules. */
async function loaded(...args: string[]): Promise<{ chunks: string[]; internals: string[] }> {
  const folder = freshFolder();
  const spy = join(folder, "spy.cjs");
  writeFileSync(
    spy,
    `const before = new Set(process.moduleLoadList);
     process.on("exit", () => process.getBuiltinModule("node:fs").writeFileSync(${JSON.stringify(join(folder, "loaded.json"))}, JSON.stringify({
       chunks: Object.keys(require.cache).filter((path) => path.includes("/dist/lib/")),
       internals: process.moduleLoadList.filter((name) => !before.has(name)).map((name) => name.replace(/^\\S+ /, "")),
     })));`,
  );
  const { code, err } = await soc2er(args, { node: ["--require", spy] });
  assert.equal(code, 0, err);
  return JSON.parse(readFileSync(join(folder, "loaded.json"), "utf8"));
}

function packagesIn(chunks: readonly string[]): string[] {
  const contents: Record<string, string[]> = JSON.parse(readFileSync(join(ROOT, "dist/maps/packages.json"), "utf8"));
  return [...new Set(chunks.flatMap((path) => contents[path.split("/dist/lib/")[1] ?? ""] ?? []))].sort();
}

test("a Node that is too old gets one line, the remedy, and exit 1", () => {
  const pretend = `Object.defineProperty(process.versions, "node", { value: "20.20.2" }); require(${JSON.stringify(SHIM)});`;
  try {
    execFileSync(process.execPath, ["-e", pretend], { encoding: "utf8", stdio: "pipe" });
    assert.fail("it started");
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
    assert.equal(status, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /^soc2-er: needs Node 24\.15 or newer; this is 20\.20\.2 \(.*\)\nhint: install Node 24 .*\n$/);
  }
});

test("--version and root help come from files, without loading the program", async () => {
  assert.deepEqual(await soc2er(["--version"]), { code: 0, out: `${manifest.version}\n`, err: "" });
  for (const args of [["--help"], ["-h"], ["help"]]) assert.deepEqual(await soc2er(args), { code: 0, out: rootHelp(), err: "" });
  assert.deepEqual((await loaded("--help")).chunks, []);
  const internals = (await loaded("--help")).internals.filter((name) =>
    /^(child_process|http|https|tls|internal\/deps\/undici.*)$/.test(name),
  );
  assert.deepEqual(internals, []);
});

test("help of a command and usage errors load neither SDKs nor parsers nor prompts", async () => {
  const { chunks, internals } = await loaded("incident", "declare", "--help");
  assert.deepEqual(
    packagesIn(chunks).filter((name) => !["commander", "chalk"].includes(name)),
    [],
  );
  assert.deepEqual(
    internals.filter((name) => /^(child_process|http|https|internal\/deps\/undici.*)$/.test(name)),
    [],
  );
});

test("the compile cache is a private folder of ours, or none", async () => {
  const folder = freshFolder();
  const env = { HOME: folder, XDG_CACHE_HOME: join(folder, "cache") };
  await soc2er(["help", "output"], { env: { ...env, NODE_DISABLE_COMPILE_CACHE: "1" } });
  assert.equal(existsSync(join(folder, "cache")), false);
  await soc2er(["help", "output"], { env });
  const ours = join(folder, "cache/soc2-er");
  assert.equal(statSync(ours).mode & 0o777, 0o700);
  const [cache = ""] = readdirSync(ours);
  assert.match(cache, /^code-/);
  assert.equal(statSync(join(ours, cache)).mode & 0o777, 0o700);
  assert.ok(readdirSync(join(ours, cache)).length > 0, "nothing was cached");
});

test("a cache folder that others can write is not trusted", async () => {
  const folder = freshFolder();
  const ours = join(folder, "cache/soc2-er");
  mkdirSync(ours, { recursive: true });
  chmodSync(ours, 0o777);
  const { code } = await soc2er(["help", "output"], { env: { HOME: folder, XDG_CACHE_HOME: join(folder, "cache") } });
  assert.equal(code, 0);
  assert.deepEqual(readdirSync(ours), []);
});

test("earlier builds' caches are removed", async () => {
  const folder = freshFolder();
  const ours = join(folder, "cache/soc2-er");
  mkdirSync(join(ours, "code-0.0.1-old"), { recursive: true, mode: 0o700 });
  chmodSync(ours, 0o700);
  await soc2er(["help", "output"], { env: { HOME: folder, XDG_CACHE_HOME: join(folder, "cache") } });
  assert.equal(existsSync(join(ours, "code-0.0.1-old")), false);
});
