import type { Entry, Instant } from "../../model/index.ts";
import type { SealedEntry } from "../types.ts";
import { csvLine } from "./csv.ts";
import { integrityOf } from "./integrity.ts";
import { type Facts, Ocsf } from "./ocsf.ts";

export const ENTRY_FORMATS = ["ocsf", "csv", "ndjson"] as const;
export type EntryFormat = (typeof ENTRY_FORMATS)[number];

export type Selection = { readonly incident?: string; readonly since?: Instant };

const COLUMNS = [
  "index",
  "at",
  "mode",
  "type",
  "person",
  "incident",
  "run",
  "change",
  "plan",
  "writer",
  "wseq",
  "digest",
  "body",
];

/**
 * Entries as lines of another form, each with its end, one by one: a log of any length takes no more memory than one entry. All
 * are read, since what an event means may stand in entries before those that are asked for.
 */
export async function* entryLines(
  entries: AsyncIterable<SealedEntry>,
  format: EntryFormat,
  { incident, since }: Selection = {},
): AsyncGenerator<string> {
  const { say } = sayerOf(format);
  if (format === "csv") yield csvLine(COLUMNS);
  for await (const sealed of entries) {
    const line = say(sealed);
    const { entry } = sealed;
    if ((incident === undefined || entry.incident === incident) && (since === undefined || entry.at >= since)) yield line;
  }
}

export type Sayer = { readonly say: (sealed: SealedEntry) => string; readonly facts: () => Facts };

/** Says entry after entry in the order of the log; each line has its end. `facts` are what it learned, for who goes on later. */
export function sayerOf(format: EntryFormat, known?: Facts): Sayer {
  const ocsf = new Ocsf(known);
  const facts = (): Facts => ocsf.facts;
  switch (format) {
    case "ocsf":
      return { facts, say: (sealed) => `${JSON.stringify(ocsf.event(sealed))}\n` };
    case "csv":
      return { facts, say: ({ entry }) => csvLine(cellsOf(entry)) };
    case "ndjson":
      return {
        facts,
        say: ({ entry, envelope }) => {
          const text = Buffer.from(envelope).toString("latin1");
          return `${JSON.stringify({ schema: "soc2-er/entry@1", ...entry, integrity: integrityOf(entry, envelope), envelope: text })}\n`;
        },
      };
  }
}

function cellsOf({ index, at, mode, type, person, incident = "", writer, wseq, digest, body }: Entry): string[] {
  const of = (name: string): string => String((body as Record<string, unknown>)[name] ?? "");
  const place = [writer, String(wseq), digest];
  return [String(index), at, mode, type, person, incident, of("run"), of("change"), of("plan"), ...place, JSON.stringify(body)];
}
