import { type FileHandle, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ErError, isSystemError, newNonce, quote, reasonOf } from "../../model/index.ts";
import { FILE_MODE, FOLDER_MODE, hasCode, writeAll } from "../disk.ts";

/** Where the files of a bundle go. A bundle that was not ended is not taken for one: its manifest comes last, and a tar its name. */
export interface Sink extends AsyncDisposable {
  /** `bytes` is how many `parts` has. */
  add(name: string, bytes: number, parts: AsyncIterable<Uint8Array>): Promise<void>;
  end(): Promise<void>;
}

/** Errors: `usage` when something is there already, or the disk refuses. */
export async function sinkFor(out: string): Promise<Sink> {
  return refusing<Sink>(out, () => (out.endsWith(".tar") ? TarSink.open(out) : FolderSink.open(out)));
}

/** What the disk refuses at the place that the person named is for the person to change. */
export async function refusing<T>(out: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new ErError("usage", `"${out}" cannot be written: ${reasonOf(error)}`, {
      cause: error,
      hints: ["another place: --out FOLDER", `ls -ld ${quote(out)}`],
    });
  }
}

export function taken(out: string): ErError {
  return new ErError("usage", `"${out}" is there already: an export writes over nothing`, {
    hints: ["another place: --out FOLDER", `ls -ld ${quote(out)}`],
  });
}

class FolderSink implements Sink {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(folder: string): Promise<FolderSink> {
    await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    if ((await readdir(folder)).length > 0) throw taken(folder);
    return new FolderSink(folder);
  }

  async add(name: string, _bytes: number, parts: AsyncIterable<Uint8Array>): Promise<void> {
    const path = join(this.#folder, name);
    await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
    await using file = await open(path, "wx", FILE_MODE);
    for await (const part of parts) await writeAll(file, part);
  }

  async end(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}

const BLOCK = 512;

/** POSIX ustar; the same files make the same bytes: no owners, no times. */
class TarSink implements Sink {
  readonly #out: string;
  readonly #draft: string;
  readonly #file: FileHandle;

  private constructor(out: string, draft: string, file: FileHandle) {
    this.#out = out;
    this.#draft = draft;
    this.#file = file;
  }

  static async open(out: string): Promise<TarSink> {
    const there = await open(out, "r").catch((error: unknown) => {
      if (hasCode(error, "ENOENT")) return null;
      throw error;
    });
    await there?.close();
    if (there !== null) throw taken(out);
    const draft = join(dirname(out), `.${newNonce()}.tar`);
    return new TarSink(out, draft, await open(draft, "wx", FILE_MODE));
  }

  async add(name: string, bytes: number, parts: AsyncIterable<Uint8Array>): Promise<void> {
    await writeAll(this.#file, header(name, bytes));
    let written = 0;
    for await (const part of parts) {
      await writeAll(this.#file, part);
      written += part.length;
    }
    if (written !== bytes) throw new ErError("audit-broken", `"${name}" became shorter while it was read`);
    await writeAll(this.#file, Buffer.alloc(-bytes & (BLOCK - 1)));
  }

  async end(): Promise<void> {
    await writeAll(this.#file, Buffer.alloc(2 * BLOCK));
    await rename(this.#draft, this.#out);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
    await rm(this.#draft, { force: true });
  }
}

/** Names of a bundle have at most 100 characters. */
function header(name: string, bytes: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, "0")}\0`;
  const fields: readonly (readonly [at: number, text: string])[] = [
    [0, name],
    [100, octal(0o600, 7)],
    [108, octal(0, 7)],
    [116, octal(0, 7)],
    [124, octal(bytes, 11)],
    [136, octal(0, 11)],
    [148, " ".repeat(8)],
    [156, "0"],
    [257, "ustar\x0000"],
  ];
  for (const [at, text] of fields) block.write(text, at, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}
