import { createHash } from "node:crypto";
import { createReadStream, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Fault } from "./findings.ts";

/** The plain files of a folder whose names have the form, in order; none when there is no such folder. Drafts are left out. */
export function numbered(folder: string, form: RegExp): string[] {
  return filesIn(folder).filter((name) => form.test(name));
}

export function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((file) => file.isFile() && !file.name.startsWith("."))
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Null when there is no such file. Throws a `Fault` for one that is longer than `most` bytes. */
export function readWhole(path: string, most: number): Buffer | null {
  try {
    if (statSync(path).size > most) throw new Fault("form", `the file is longer than ${most} bytes`);
    return readFileSync(path);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

export function sizeOf(folder: string, name: string): number {
  return statSync(join(folder, name)).size;
}

/** `sha256:…` of a file of any length. */
export async function digestOfFile(folder: string, name: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(join(folder, name))) hash.update(chunk as Buffer);
  return `sha256:${hash.digest("hex")}`;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
