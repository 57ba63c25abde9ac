import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import { bundleTests } from "../../scripts/build/bundle.ts";

const ROOT = join(import.meta.dirname, "../..");
/** This one, and the one that waits for most of a minute: what it shows depends on time and not on how the code is packed. */
const APART = ["bundled.test.ts", "throttling.test.ts"];

const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".test.ts") && !APART.includes(name));

/**
 * What bundling may break is what an SDK does by name or late: its serialization, retries and user agent, credentials that it
 * loads when it needs them, errors that are told apart by class. So the same tests run once more, bundled and minified as the program
 * is, where no package can be found.
 */
test("what holds for the providers' sources holds for their bundle", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "soc2-er-bundled-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const bundled = await bundleTests(
    ROOT,
    files.map((name) => join("test/providers", name)),
    folder,
  );
  assert.deepEqual(bundled.map((file) => basename(file)).sort(), files.map((name) => name.replace(".ts", ".cjs")).sort());
  assertAlone(folder);
  const { NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const args = ["--test", "--test-reporter=tap", ...bundled];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: folder, env, encoding: "utf8" });
  const failed = stdout.split("\n").filter((line) => /^\s*not ok /.test(line));
  assert.deepEqual(failed, [], stdout.slice(0, 4_000));
  assert.equal(status, 0, stdout.slice(-1_000));
  const passed = Number(/^# pass (\d+)$/m.exec(stdout)?.[1]);
  t.diagnostic(`${passed} tests passed in the bundle`);
  assert.ok(passed > 2 * files.length, `only ${passed} tests ran`);
});

/** The SDKs are in the bundle, and nothing of it asks for a package. */
function assertAlone(folder: string): void {
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
  const asked = texts.flatMap((text) =>
    [...text.matchAll(/(?<!\[)\brequire\(\s*[`"']([^`"']+)[`"']\s*\)/g)].map(([, name]) => name),
  );
  assert.deepEqual(
    asked.filter((name) => name?.startsWith("./") !== true && !isBuiltin(name ?? "")),
    [],
  );
  assert.ok(texts.some((text) => text.includes("PutUserPolicy") && text.includes("ListSSHPublicKeys")));
  assert.ok(texts.some((text) => text.includes("Microsoft.Network/networkSecurityGroups")));
}
