import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { freshFolder, ROOT } from "./binary.ts";

const DIST = join(ROOT, "dist");
const manifest = JSON.parse(readFileSync(join(DIST, "package.json"), "utf8"));
const contents: Record<string, string[]> = JSON.parse(readFileSync(join(DIST, "maps/packages.json"), "utf8"));
const inside = [...new Set(Object.values(contents).flat())].sort();

test("the package depends on nothing and names its binary", () => {
  for (const key of ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "scripts"])
    assert.equal(key in manifest, false, key);
  assert.deepEqual(manifest.bin, { "soc2-er": "bin/soc2-er.cjs" });
  assert.ok((statSync(join(DIST, manifest.bin["soc2-er"])).mode & 0o111) !== 0);
});

// A bracket before it: the SDK's messages tell how to register another package.
test("chunks ask for nothing but themselves and Node", () => {
  for (const file of readdirSync(join(DIST, "lib"))) {
    const asked = [
      ...readFileSync(join(DIST, "lib", file), "utf8").matchAll(/(?<!\[)\brequire\(\s*[`"']([^`"']+)[`"']\s*\)/g),
    ].map(([, name]) => name ?? "");
    for (const name of asked) assert.ok(name.startsWith("./") || isBuiltin(name), `${file} asks for ${name}`);
  }
});

test("what is packed is what runs: packed, unpacked elsewhere, it says its version and help", () => {
  const folder = freshFolder();
  const [packed] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
      cwd: DIST,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }),
  );
  assert.ok(
    packed.files.every(({ path }: { path: string }) => !path.startsWith("maps/")),
    "source maps were packed",
  );
  assert.ok(packed.files.some(({ path }: { path: string }) => path === "lib/main.cjs"));
  assert.ok(packed.size < 1_500 * 1024, `${packed.size} bytes`);
  execFileSync("tar", ["-xzf", join(folder, packed.filename), "-C", folder]);
  const binary = join(folder, "package/bin/soc2-er.cjs");
  const say = (...args: string[]) =>
    execFileSync(process.execPath, [binary, ...args], { encoding: "utf8", env: { HOME: folder } });
  assert.equal(say("--version"), `${manifest.version}\n`);
  assert.match(say("help", "exit-codes"), /130 {2}interrupted/);
});

test("notices and bill of materials cover everything inside", () => {
  const notices = readFileSync(join(DIST, "NOTICES.txt"), "utf8");
  const bill = JSON.parse(readFileSync(join(DIST, "sbom.cdx.json"), "utf8"));
  assert.equal(bill.bomFormat, "CycloneDX");
  assert.deepEqual(
    bill.components.map(({ name }: { name: string }) => name),
    inside,
  );
  const refs = new Set(bill.components.map((component: { "bom-ref": string }) => component["bom-ref"]));
  for (const component of bill.components) {
    assert.ok(notices.includes(`${component.name} ${component.version} (`), component.name);
    assert.match(component.hashes?.[0]?.content ?? "", /^[0-9a-f]{128}$/, component.name);
    assert.ok(component.licenses, component.name);
  }
  for (const { dependsOn } of bill.dependencies) for (const ref of dependsOn) assert.ok(refs.has(ref), ref);
});

test("budgets: no chunk but Azure's is large", () => {
  for (const [file, packages] of Object.entries(contents)) {
    const limit = packages.includes("@azure/arm-network") ? 2_000 : 450;
    assert.ok(
      statSync(join(DIST, "lib", file)).size < limit * 1024,
      `${file} has ${statSync(join(DIST, "lib", file)).size} bytes`,
    );
  }
  assert.ok(existsSync(join(DIST, "help.txt")));
});
