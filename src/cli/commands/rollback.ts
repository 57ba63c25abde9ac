import { foldLog } from "../../incidents/index.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";
import { type UndoOptions, undo } from "../flow/undoing.ts";
import { runNamed } from "./resume.ts";

export async function run([named = ""]: readonly string[], options: UndoOptions, globals: Globals): Promise<number> {
  return withContext(globals, async (context) => {
    const undone = runNamed(await foldLog(await context.reader()), named);
    return undo(context, { kind: "rollback", run: undone.id }, undone.incident, options);
  });
}
