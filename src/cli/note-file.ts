import { readFile } from "node:fs/promises";
import { ErError, isSystemError, reasonOf } from "../model/index.ts";

/** A checkpoint that somebody kept. Errors: `usage` where it cannot be read. */
export async function readNoteFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new ErError("usage", `the checkpoint "${path}" cannot be read: ${reasonOf(error)}`, {
      cause: error,
      hints: ["soc2-er audit checkpoint > kept.note   # keeps the newest one"],
    });
  }
}
