import { resolve } from "node:path";
import { growthProofText, proveGrowth } from "../../audit/index.ts";
import { ErError, EXIT } from "../../model/index.ts";
import { parseCheckpoint, SignatureError, type TreeHead } from "../../signing/index.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";
import { readNoteFile } from "../note-file.ts";

/** The newest checkpoint, for working papers; with `--since`, that the log continues the one that was kept. */
export async function run(_args: readonly string[], options: { since?: string }, globals: Globals): Promise<number> {
  return withContext(globals, async (context) => {
    const { origin } = context;
    const since = options.since === undefined ? null : await headIn(resolve(globals.cwd, options.since), origin);
    await context.reader();
    const { head, note, signed, hashes } = await proveGrowth(context, since);
    const proof = since === null ? {} : { since: { ...since, hashes } };
    globals.output.result({ schema: "soc2-er/checkpoint@1", origin, ...head, signed, note, ...proof }, () =>
      (since === null ? note : growthProofText({ head, note, signed, hashes }, since)).trimEnd().split("\n"),
    );
    return EXIT.ok;
  });
}

async function headIn(path: string, wanted: string): Promise<TreeHead> {
  const bytes = await readNoteFile(path);
  try {
    const { origin, size, root } = parseCheckpoint(bytes);
    if (origin !== wanted) throw new SignatureError("malformed", `it is of the log "${origin}"`);
    return { size, root };
  } catch (error) {
    if (!(error instanceof SignatureError)) throw error;
    throw new ErError("usage", `"${path}" is no checkpoint of "${wanted}": ${error.message}`, {
      hints: ["soc2-er audit checkpoint > kept.note   # keeps the newest one"],
    });
  }
}
