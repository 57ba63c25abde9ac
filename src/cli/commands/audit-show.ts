import { entryProofText, proveEntry } from "../../audit/index.ts";
import { sayEntry } from "../../incidents/index.ts";
import { type Entry, ErError, EXIT } from "../../model/index.ts";
import { sayInstant, tame } from "../../terminal/index.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";

export async function run([named = ""]: readonly string[], options: { proof?: true }, globals: Globals): Promise<number> {
  return withContext(globals, async (context) => {
    const entry = await find((await context.reader()).entries(), named);
    if (!entry) throw new ErError("usage", `no entry "${named}" is in the log`, { hints: ["soc2-er audit log --last 20"] });
    const proof = options.proof === true ? await proveEntry(context, entry.index) : null;
    if (proof !== null) {
      const { envelope: _told, ...rest } = proof;
      const text = entryProofText(proof);
      globals.output.result({ schema: "soc2-er/entry@1", ...entry, proof: { ...rest, text } }, () => text.trimEnd().split("\n"));
      return EXIT.ok;
    }
    globals.output.result({ schema: "soc2-er/entry@1", ...entry }, () => [
      `${entry.index} ${entry.type}: ${tame(sayEntry(entry))}`,
      `  at ${sayInstant(entry.at)} by ${entry.person}, writer ${entry.writer} entry ${entry.wseq}`,
      `  ${entry.digest}`,
      ...JSON.stringify(entry.body, null, 2)
        .split("\n")
        .map((line) => `  ${tame(line)}`),
    ]);
    return EXIT.ok;
  });
}

async function find(entries: AsyncIterable<Entry>, named: string): Promise<Entry | null> {
  for await (const entry of entries) if (String(entry.index) === named || entry.digest === named) return entry;
  return null;
}
