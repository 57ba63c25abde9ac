import { type FileHandle, link, lstat, mkdir, open, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { ErError, isSystemError, newNonce, quote, reasonOf } from "../model/index.ts";

/** Only the owner may read the log: it names people, credentials and what was done to whom. */
export const FOLDER_MODE = 0o700;
export const FILE_MODE = 0o600;

/** Runs work on the disk; what the operating system refuses becomes `audit-unavailable`. */
export async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isSystemError(error) ? unavailable(path, error) : error;
  }
}

export function unavailable(path: string, error: NodeJS.ErrnoException): ErError {
  return new ErError("audit-unavailable", `the audit log in "${path}" cannot be used: ${reasonOf(error)}`, {
    cause: error,
    hints: [
      error.code === "ENOSPC" || error.code === "EDQUOT" ? `df -h ${quote(path)}` : `ls -ld ${quote(path)}`,
      "or keep the log elsewhere: --home FOLDER or SOC2_ER_HOME=FOLDER",
    ],
  });
}

/** `at` is where in the file. */
export function broken(path: string, at: number | null, why: string): ErError {
  const place = at === null ? `"${path}"` : `"${path}" at byte ${at}`;
  return new ErError("audit-broken", `the audit log is altered: ${place}: ${why}`, {
    hints: [
      "soc2-er audit verify   # what else does not hold",
      "keep the folder as evidence, and go on with another: --home FOLDER",
    ],
  });
}

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return isSystemError(error) && codes.includes(error.code ?? "");
}

/** Durable on return, with the folders above it that were missing. */
export async function makeFolder(path: string): Promise<void> {
  const folder = resolve(path);
  const first = await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/** Makes the names in the folder durable. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, "r");
  await folder.sync();
}

/** Writes all bytes, at that place of the file or else where it stands; throws what the system says when they do not fit. */
export async function writeAll(file: FileHandle, bytes: Uint8Array, at: number | null = null): Promise<void> {
  for (let done = 0; done < bytes.length; )
    done += (await file.write(bytes, done, bytes.length - done, at === null ? null : at + done)).bytesWritten;
}

/**
 * Creates the file with all its bytes, durably, or leaves the one that is there: under its name it is never seen half written
 * and never overwritten. Also holds between processes and hosts on one file system.
 */
export async function createOnce(path: string, bytes: Uint8Array): Promise<"stored" | "exists"> {
  if (!(await isThere(path))) return create(dirname(path), basename(path), [bytes], () => basename(path));
  // Whoever made it may have failed to make its name durable.
  await syncFolder(dirname(path));
  return "exists";
}

/** As `createOnce`, of parts that come one by one, for a file whose name is known once they are all written. */
export async function createNamed(folder: string, parts: Iterable<Uint8Array>, name: () => string): Promise<void> {
  await create(folder, "new", parts, name);
}

async function create(
  folder: string,
  draftName: string,
  parts: Iterable<Uint8Array>,
  name: () => string,
): Promise<"stored" | "exists"> {
  const draft = join(folder, `.${draftName}.${newNonce()}`);
  let stored: "stored" | "exists" = "stored";
  try {
    await writeDurably(draft, parts);
    await link(draft, join(folder, name()));
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
    stored = "exists";
  } finally {
    await rm(draft, { force: true });
  }
  await syncFolder(folder);
  return stored;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  }
}

async function writeDurably(path: string, parts: Iterable<Uint8Array>): Promise<void> {
  await using file = await open(path, "wx", FILE_MODE);
  let end = 0;
  for (const part of parts) {
    await writeAll(file, part, end);
    end += part.length;
  }
  await file.sync();
}
