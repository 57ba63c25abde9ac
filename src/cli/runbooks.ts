import { ErError, nearestFew } from "../model/index.ts";
import type { Runbook } from "../runbooks/index.ts";
import type { Globals } from "./command.ts";
import { configOf, runbookFolders } from "./context.ts";

/** Where runbooks are looked for: the shipped ones need no organization's file, one that is there adds its neighbors. */
export async function foldersOf(globals: Globals): Promise<string[]> {
  if (globals.range) return runbookFolders(globals, null);
  try {
    return runbookFolders(globals, (await configOf(globals)).source);
  } catch (error) {
    if (error instanceof ErError && error.code === "config-missing" && globals.config === undefined)
      return runbookFolders(globals, null);
    throw error;
  }
}

/** All runbooks that can be read; broken files are warned of. */
export async function findRunbooks(globals: Globals): Promise<readonly Runbook[]> {
  const { loadRunbooks } = await import("../runbooks/index.ts");
  return loadRunbooks(await foldersOf(globals), (broken) => globals.output.warn(broken.message));
}

export function runbookNamed(runbooks: readonly Runbook[], id: string): Runbook {
  const found = runbooks.find((runbook) => runbook.id === id);
  if (found) return found;
  const near = nearestFew(
    id,
    runbooks.map((runbook) => runbook.id),
  );
  throw new ErError("runbook-unknown", `no runbook "${id}"`, {
    hints: near.length > 0 ? near.map((name) => `did you mean "${name}"?`) : ["soc2-er runbook list"],
  });
}
