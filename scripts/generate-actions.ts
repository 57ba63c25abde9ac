import "./node-version.ts";
import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import type { Action } from "../src/actions/action.ts";

/** Writes the static list of actions. `--check` writes nothing and fails when the list is stale. */
const ROOT = join(import.meta.dirname, "..");
const FOLDER = join(ROOT, "src/actions");
const LIST = join(FOLDER, "generated/list.ts");

type Found = { readonly file: string; readonly name: string; readonly action: Action };

/** The text of `src/actions/generated/list.ts`. Fails when an id is taken twice or does not say where its file is. */
export async function renderActionList(): Promise<string> {
  const found = await findActions();
  checkIds(found);
  return formatted(`// Written by scripts/generate-actions.ts from the actions themselves: npm run generate
import type { ActionSummary } from "../summary.ts";

export const actionList: readonly ActionSummary[] = [${found.map(render).join(",\n")}];
`);
}

/** An action file exports one action; a file without one is shared by its neighbors. */
async function findActions(): Promise<Found[]> {
  const files = globSync("{aws,azure}/**/*.ts", { cwd: FOLDER }).toSorted();
  const found: Found[] = [];
  for (const file of files) {
    const module: Record<string, unknown> = await import(pathToFileURL(join(FOLDER, file)).href);
    const actions = Object.entries(module).filter((entry): entry is [string, Action] => isAction(entry[1]));
    if (actions.length > 1) throw new Error(`src/actions/${file} exports ${actions.length} actions; a file holds one`);
    for (const [name, action] of actions) found.push({ file, name, action });
  }
  return found.toSorted((left, right) => (left.action.id < right.action.id ? -1 : 1));
}

function isAction(value: unknown): boolean {
  return typeof value === "object" && value !== null && "id" in value && "plan" in value && "apply" in value;
}

function checkIds(found: readonly Found[]): void {
  const seen = new Map<string, string>();
  for (const { file, action } of found) {
    const other = seen.get(action.id);
    if (other !== undefined) throw new Error(`"${action.id}" is the id of src/actions/${other} and of src/actions/${file}`);
    seen.set(action.id, file);
    const place = `${dirname(file).replaceAll("/", ".")}.${basename(file, ".ts")}`;
    if (action.id !== place) throw new Error(`src/actions/${file} holds "${action.id}"; its place says "${place}"`);
  }
}

function render({ file, name, action }: Found): string {
  const { id, title, description, containment, blastRadius, targets, bound, permissions } = action;
  const summary = { id, title, description, containment, blastRadius, targets, bound, permissions, file: `src/actions/${file}` };
  const members = JSON.stringify(summary).slice(1, -1);
  return `{ ${members}, load: async () => (await import("../${file}")).${name} }`;
}

function formatted(text: string): string {
  const biome = join(ROOT, "node_modules/@biomejs/biome/bin/biome");
  const child = spawnSync(process.execPath, [biome, "format", `--stdin-file-path=${relative(ROOT, LIST)}`], {
    cwd: ROOT,
    input: text,
    encoding: "utf8",
  });
  if (child.status !== 0) throw new Error(`the list of actions could not be formatted: ${child.stderr}`);
  return child.stdout;
}

if (import.meta.main) {
  const text = await renderActionList();
  const fresh = existsSync(LIST) && readFileSync(LIST, "utf8") === text;
  if (!fresh && process.argv.includes("--check")) {
    console.error("stale:\n  src/actions/generated/list.ts\nhint: npm run generate");
    process.exitCode = 1;
  } else if (!fresh) writeFileSync(LIST, text);
}
