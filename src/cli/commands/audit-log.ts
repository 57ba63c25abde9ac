import { sayEntry } from "../../incidents/index.ts";
import { type Entry, ErError, EXIT } from "../../model/index.ts";
import { sayInstant, table, tame } from "../../terminal/index.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";

const COLUMNS = [{ title: "#" }, { title: "time (UTC)" }, { title: "who" }, { title: "type" }, { title: "what", grows: true }];

export type LogOptions = { readonly incident?: string; readonly type?: string; readonly last?: string };

/** With `--ndjson` entries leave as they are read: a long log does not have to fit in memory. */
export async function run(_args: readonly string[], options: LogOptions, globals: Globals): Promise<number> {
  return withContext(globals, async (context) => {
    const last = lastOf(options.last);
    const streamed = globals.output.format === "ndjson" && last === null;
    const items: Entry[] = [];
    let count = 0;
    for await (const entry of (await context.readerIfAny())?.entries() ?? []) {
      if (!matches(entry, options)) continue;
      count++;
      if (streamed) globals.output.event({ schema: "soc2-er/entry@1", ...entry }, null);
      else items.push(entry);
      if (last !== null && items.length > last) items.shift();
    }
    const document = {
      schema: "soc2-er/entry-list@1",
      origin: context.origin,
      mode: context.mode,
      count,
      items: streamed ? undefined : items,
    };
    globals.output.result(document, ({ width }) => {
      const rows = items.map((entry) => [
        String(entry.index),
        sayInstant(entry.at),
        entry.person,
        entry.type,
        tame(sayEntry(entry)),
      ]);
      return rows.length === 0 ? ["no entries"] : table(COLUMNS, rows, width);
    });
    return EXIT.ok;
  });
}

function matches(entry: Entry, { incident, type }: LogOptions): boolean {
  return (incident === undefined || entry.incident === incident) && (type === undefined || entry.type === type);
}

function lastOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new ErError("usage", `--last "${text}" is not a number of entries`, { hints: ["soc2-er audit log --last 20"] });
}
