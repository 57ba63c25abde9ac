import { open } from "node:fs/promises";
import { FILE_MODE, hasCode, writeAll } from "../disk.ts";
import { refusing, taken } from "./sinks.ts";

const CHUNK_CHARACTERS = 64 * 1024;

/** Writes lines, which have their ends, to a new file as they come; returns how many. Errors: `usage` when one is there already. */
export async function writeStream(out: string, lines: AsyncIterable<string>): Promise<number> {
  return refusing(out, async () => {
    await using file = await open(out, "wx", FILE_MODE).catch((error: unknown) => {
      throw hasCode(error, "EEXIST") ? taken(out) : error;
    });
    let count = 0;
    let chunk = "";
    for await (const line of lines) {
      count++;
      chunk += line;
      if (chunk.length < CHUNK_CHARACTERS) continue;
      await writeAll(file, Buffer.from(chunk));
      chunk = "";
    }
    await writeAll(file, Buffer.from(chunk));
    return count;
  });
}
