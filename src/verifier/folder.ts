import { createHash } from "node:crypto";
import { closeSync, createReadStream, lstatSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { Fault } from "./findings.ts";

/** The plain files of a folder whose names have the form, in order; none when there is no such folder. Drafts are left out. */
export function numbered(folder: string, form: RegExp): string[] {
  return filesIn(folder).filter((name) => form.test(name));
}

export function filesIn(folder: string): string[] {
  return namesIn(folder, true);
}

/** What is no plain file: folders, links, pipes and devices. */
export function oddIn(folder: string): string[] {
  return namesIn(folder, false);
}

function namesIn(folder: string, plain: boolean): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((file) => file.isFile() === plain && !file.name.startsWith("."))
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

export function foldersIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((one) => one.isDirectory() && !one.name.startsWith("."))
    .map(({ name }) => name)
    .sort();
}

/** Null when there is no such file. Throws a `Fault` for one that is longer than `most` bytes, and for links, pipes and devices. */
export function readWhole(path: string, most: number): Buffer | null {
  try {
    const file = lstatSync(path);
    if (!file.isFile()) throw new Fault("form", "it is no plain file");
    if (file.size > most) throw new Fault("form", `the file is longer than ${most} bytes`);
    return readFileSync(path);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** The first bytes of a file, however long it is; nothing of what is no plain file. */
export function readStart(path: string, most: number): Buffer {
  const { size } = lstatSync(path);
  if (!isPlainFile(path)) return Buffer.alloc(0);
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(Math.min(size, most));
    return bytes.subarray(0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

export function sizeOf(folder: string, name: string): number {
  return lstatSync(join(folder, name)).size;
}

/** Links are none: what they lead to is no part of what was handed over. */
export function isPlainFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** No file of a log is longer: what is would only cost the reader's time. */
const MOST_BYTES = 256 * 1024 * 1024;

export function isTooLong(path: string): boolean {
  return lstatSync(path).size > MOST_BYTES;
}

/** `sha256:…` of a file; null of one that is longer than any of a log. */
export async function digestOfFile(folder: string, name: string): Promise<string | null> {
  if (isTooLong(join(folder, name))) return null;
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(join(folder, name))) hash.update(chunk as Buffer);
  return `sha256:${hash.digest("hex")}`;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
