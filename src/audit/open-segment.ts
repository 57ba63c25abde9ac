import { type BigIntStats, constants, fstatSync, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { broken, FILE_MODE, hasCode, writeAll } from "./disk.ts";

/** Which file it is, whatever its name. */
export type FileIdentity = { readonly dev: bigint; readonly ino: bigint };

/** What is there under the name; null when nothing is. */
export function fileAt(path: string): BigIntStats | null {
  return statSync(path, { bigint: true, throwIfNoEntry: false }) ?? null;
}

export function isSameFile(one: FileIdentity, other: FileIdentity): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}

/** Errors: `audit-broken` when the path no longer is that file, or the file has lost some of the `end` bytes known to be in it. */
export function checkFile(path: string, known: FileIdentity, end: number): BigIntStats {
  const there = fileAt(path);
  if (there === null) throw broken(path, null, "the segment was taken away while it was written");
  if (!isSameFile(there, known)) throw broken(path, null, "another file was put in the segment's place while it was written");
  if (there.size < end) throw broken(path, Number(there.size), `the segment was cut: ${end} bytes of it were on disk`);
  return there;
}

/**
 * The end of the segment that is written. Writing to a file that was deleted, replaced or cut meanwhile succeeds and keeps
 * nothing, so each write looks before it and after it at what stands under the path. These looks ask the kernel's memory of an
 * open file: they are cheaper made at once than handed to another thread.
 */
export class OpenSegment {
  readonly path: string;
  readonly identity: FileIdentity;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
    this.identity = fstatSync(file.fd, { bigint: true });
  }

  /** A segment that has entries is never made anew. Errors: `audit-broken` when it is gone. */
  static async at(path: string, end: number): Promise<OpenSegment> {
    const flags = constants.O_WRONLY | constants.O_APPEND | (end === 0 ? constants.O_CREAT : 0);
    try {
      return new OpenSegment(path, await open(path, flags, FILE_MODE));
    } catch (error) {
      if (end > 0 && hasCode(error, "ENOENT")) throw broken(path, null, "the segment was taken away while it was written");
      throw error;
    }
  }

  /** On disk, behind the `end` bytes that are there, on return. After an error nobody knows what is in the file. */
  async append(bytes: Uint8Array, end: number): Promise<void> {
    this.#check(end);
    await writeAll(this.#file, bytes, end);
    await this.#file.datasync();
    this.#check(end + bytes.length);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #check(end: number): void {
    const { size } = checkFile(this.path, this.identity, end);
    if (size > end) throw broken(this.path, end, "somebody wrote into the segment without its lock");
    if (fstatSync(this.#file.fd, { bigint: true }).nlink === 0n)
      throw broken(this.path, null, "the segment was taken away while it was written");
  }
}
