import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ErError, quote } from "../model/index.ts";
import { readUpTo } from "../yaml/index.ts";
import { MAX_RUNBOOK_BYTES, parseRunbook } from "./parse.ts";
import type { Runbook } from "./runbook.ts";

/**
 * All runbooks (`*.yaml`, `*.yml`) of the folders, by id. A folder that does not exist holds none. A file that is no runbook is
 * handed to `onBroken`, so that somebody's draft does not stop an emergency; without it, the first one is thrown. One id in two
 * files is always an error: nobody may replace a shipped runbook unseen.
 */
export async function loadRunbooks(folders: readonly string[], onBroken?: (error: ErError) => void): Promise<Runbook[]> {
  const byId = new Map<string, Runbook>();
  for (const path of (await Promise.all(folders.map(filesOf))).flat()) {
    const runbook = await load(path, onBroken);
    if (!runbook) continue;
    const other = byId.get(runbook.id);
    if (other) {
      throw new ErError("runbook-duplicate", `runbook "${runbook.id}" stands in ${other.source} and in ${path}`, {
        hints: ["give one of them another id"],
      });
    }
    byId.set(runbook.id, runbook);
  }
  return [...byId.values()].sort((left, right) => (left.id < right.id ? -1 : 1));
}

async function load(path: string, onBroken: ((error: ErError) => void) | undefined): Promise<Runbook | null> {
  try {
    return await readRunbook(path);
  } catch (error) {
    if (!onBroken || !(error instanceof ErError)) throw error;
    onBroken(error);
    return null;
  }
}

/** `name` is what messages call the file. Throws `runbook-invalid`; never holds more of a file than a runbook may have. */
export async function readRunbook(path: string, name: string = path): Promise<Runbook> {
  const bytes = await readUpTo(path, MAX_RUNBOOK_BYTES).catch((cause: NodeJS.ErrnoException) => {
    throw new ErError("runbook-invalid", `${name}:1:1: cannot be read: ${cause.code ?? cause.message}`, {
      hints: [`ls -l ${quote(name)}`],
      cause,
    });
  });
  return parseRunbook(bytes, name);
}

async function filesOf(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => /^[^.].*\.ya?ml$/.test(name))
      .sort()
      .map((name) => join(folder, name));
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw new ErError("runbook-invalid", `runbook folder "${folder}" cannot be read: ${code ?? String(cause)}`, { cause });
  }
}
