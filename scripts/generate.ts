import "./node-version.ts";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Writes what is derived from the code: the list of actions, help, schemas. `--check` writes nothing and fails when something is stale. */
const ROOT = join(import.meta.dirname, "..");
const FOLDER = "docs/generated";
/** Stands beside the pages that people wrote. */
const FIDELITY = "../fidelity.md";
const checking = process.argv.includes("--check");

const stale: string[] = [];
if (existsSync(join(ROOT, "scripts/generate-actions.ts"))) {
  const child = spawnSync(process.execPath, [join(ROOT, "scripts/generate-actions.ts"), ...(checking ? ["--check"] : [])], {
    cwd: ROOT,
    stdio: "inherit",
  });
  if (child.status !== 0) stale.push("what scripts/generate-actions.ts writes");
}

const files = await derived();
for (const [name, text] of files) {
  const path = join(ROOT, FOLDER, name);
  if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
  if (checking) {
    stale.push(`${FOLDER}/${name}`);
    continue;
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
for (const name of orphans()) {
  if (checking) stale.push(`${FOLDER}/${name} (no longer derived from anything)`);
  else rmSync(join(ROOT, FOLDER, name));
}
if (stale.length > 0) {
  console.error(`stale:\n${stale.map((name) => `  ${name}`).join("\n")}\nhint: npm run generate`);
  process.exitCode = 1;
}

/** Path under docs/generated → content. */
async function derived(): Promise<Map<string, string>> {
  const { helpTexts } = await import("../src/cli/program.ts");
  const { documentSchemas } = await import("../src/cli/schemas/index.ts");
  const { configJsonSchema } = await import("../src/config/form.ts");
  const { runbookJsonSchema } = await import("../src/runbooks/form.ts");
  const { fidelityPage } = await import("./fidelity.ts");
  const pretty = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  const found = new Map<string, string>();
  for (const [path, text] of await helpTexts()) found.set(`help/${path.replaceAll(" ", "-")}.txt`, text);
  for (const [name, schema] of documentSchemas()) found.set(`schemas/${name}.schema.json`, pretty(schema));
  found.set("schemas/runbook-file.schema.json", pretty(runbookJsonSchema()));
  found.set("schemas/config-file.schema.json", pretty(configJsonSchema()));
  found.set(FIDELITY, await fidelityPage());
  return found;
}

/** Files in the folders that only this script fills. */
function orphans(): string[] {
  return ["help", "schemas"].flatMap((folder) => {
    const path = join(ROOT, FOLDER, folder);
    return existsSync(path)
      ? readdirSync(path)
          .map((name) => `${folder}/${name}`)
          .filter((name) => !files.has(name))
      : [];
  });
}
