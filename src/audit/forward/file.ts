import { type FileHandle, open } from "node:fs/promises";
import { isSystemError, reasonOf } from "../../model/index.ts";
import { FILE_MODE, writeAll } from "../disk.ts";
import { ForwardError, type ForwardSink } from "./sink.ts";

const LF = 0x0a;

/**
 * Appends lines to a file, opened anew each time: who rotates it by renaming, or cuts it to nothing, needs to tell nobody. On disk when
 * it resolves.
 */
export function fileSink(name: string, path: string, format: ForwardSink["format"]): ForwardSink {
  return {
    ...{ name, id: `file ${path} ${format}`, format },
    deliver: async (lines) => {
      try {
        await using file = await open(path, "a+", FILE_MODE);
        // What a crash left of a line ends here, so that ours begins one.
        const start = (await endsLine(file)) ? "" : "\n";
        await writeAll(file, Buffer.from(`${start}${lines.join("")}`));
        await file.datasync();
      } catch (error) {
        if (!isSystemError(error)) throw error;
        throw new ForwardError(reasonOf(error), { cause: error });
      }
    },
  };
}

async function endsLine(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  await file.read(last, 0, 1, size - 1);
  return last[0] === LF;
}
