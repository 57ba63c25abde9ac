import { createReadStream } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { type Digest, digestBytes, ErError, isSystemError } from "../model/index.ts";
import { broken, createOnce, hasCode, makeFolder, onDisk, syncFolder, unavailable } from "./disk.ts";
import { encodeFrame, type Frame, frameLength, HEADER_BYTES, MAX_ENVELOPE_BYTES, scanFrames } from "./frames.ts";
import { type Layout, segmentName } from "./layout.ts";
import { checkFile, type FileIdentity, fileAt, OpenSegment } from "./open-segment.ts";

/** A new segment is begun when the current one is longer. */
const SEGMENT_BYTES = 64 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;

export type Sealed = { readonly envelope: Uint8Array; readonly digest: Digest };

export type WalPlace = { readonly segment: number; readonly offset: number };
export const WAL_START: WalPlace = { segment: 0, offset: 0 };
/** `next` is the place behind it. */
export type WalRecord = Sealed & { readonly place: WalPlace; readonly next: WalPlace };

/** What a crash left of a write, cut off and kept in `quarantine/`. */
export type TornTail = { readonly segment: string; readonly bytes: number; readonly digest: Digest };

/**
 * The write-ahead segments of one machine: records in the order in which its processes wrote them. Everything that writes
 * expects the caller to hold the log's lock. Errors: `audit-unavailable` of the disk; `audit-broken` for altered records, and when
 * the segment is no longer what this process has read or written.
 */
export class Wal {
  readonly #layout: Layout;
  #file: OpenSegment | null = null;
  #segment = 0;
  /** Which file the current segment is; null until it has a record. */
  #known: FileIdentity | null = null;
  /** The end of what is known to be whole records in the current segment, and where the last of them begin. */
  #end = 0;
  #last = 0;
  #count = 0;
  /** Why nothing can be written any more: what the last write left is not known. */
  #fault: unknown = null;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** How many records there are up to where `catchUp` and `append` came. */
  get count(): number {
    return this.#count;
  }

  /** Behind the last of them. */
  get end(): WalPlace {
    return { segment: this.#segment, offset: this.#end };
  }

  /**
   * Moves to the end of what other processes wrote meanwhile. A torn tail is cut off first: since the lock is held, its writer
   * is dead and nobody was told that it is on disk.
   */
  async catchUp(): Promise<TornTail | null> {
    return onDisk(this.#layout.segments, async () => {
      this.#check();
      while ((await sizeOf(this.#path(this.#segment + 1))) > 0) {
        await this.#readOn();
        await this.#moveTo(this.#segment + 1);
      }
      const size = await this.#readOn();
      return this.#end === size ? null : this.#cut(this.#path(this.#segment), this.#end);
    });
  }

  /**
   * Appends all of them in one write and returns when they are on disk. Call `catchUp` first. After an error none of them is in the
   * log, or nothing can be appended any more.
   */
  async append(entries: readonly Sealed[]): Promise<void> {
    const bytes = Buffer.concat(entries.map(({ envelope, digest }) => encodeFrame(envelope, digest)));
    await onDisk(this.#layout.segments, async () => {
      this.#check();
      if (this.#end > SEGMENT_BYTES) await this.#moveTo(this.#segment + 1);
      const file = await this.#open();
      try {
        await file.append(bytes, this.#end);
      } catch (error) {
        await this.#takeBack(error);
        throw error;
      }
      this.#known = file.identity;
      this.#last = this.#end;
      this.#end += bytes.length;
      this.#count += entries.length;
    });
  }

  /** The records from a place on, in order, until the end or a torn tail. */
  async *records(from: WalPlace = WAL_START): AsyncGenerator<WalRecord> {
    const numbers = await onDisk(this.#layout.segments, () => this.#numbers());
    for (const number of numbers.slice(from.segment)) {
      const torn = yield* inSegment(number, recordsOf(this.#path(number), number === from.segment ? from.offset : 0));
      if (torn !== null && number !== numbers.at(-1)) throw broken(this.#path(number), torn, "a record has no end");
    }
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close();
  }

  /** Errors: `audit-broken` when the current segment is another file than it was, or shorter. */
  #check(): void {
    if (this.#fault !== null) throw this.#fault;
    if (this.#known !== null) checkFile(this.#path(this.#segment), this.#known, this.#end);
  }

  async #open(): Promise<OpenSegment> {
    if (this.#file !== null) return this.#file;
    const file = await OpenSegment.at(this.#path(this.#segment), this.#end);
    try {
      // Also after a failure here: until it succeeds nobody is told of an entry.
      if (this.#end === 0) await syncFolder(this.#layout.segments);
    } catch (error) {
      await file.close();
      throw error;
    }
    this.#file = file;
    return file;
  }

  /**
   * Nobody was told that these are on disk: what is there of them goes, so that they cannot appear later. A descriptor whose write
   * or sync failed may have forgotten the failure, so this is done with another one, and what was on disk is read again.
   */
  async #takeBack(failure: unknown): Promise<void> {
    const path = this.#path(this.#segment);
    try {
      if (failure instanceof ErError) throw failure;
      const identity = this.#file?.identity;
      await this.close();
      if (identity !== undefined) checkFile(path, identity, this.#end);
      await cutTo(path, this.#end);
      await this.#reread(path);
    } catch (error) {
      this.#fault = error instanceof ErError ? error : unknownState(path, error);
    }
  }

  /** The last records that somebody was told of. */
  async #reread(path: string): Promise<void> {
    let end = this.#last;
    for await (const { offset, envelope } of recordsOf(path, this.#last)) end = offset + frameLength(envelope);
    if (end !== this.#end) throw broken(path, end, "a record that was on disk is no longer there");
  }

  async #moveTo(segment: number): Promise<void> {
    await this.close();
    this.#segment = segment;
    this.#known = null;
    this.#end = 0;
    this.#last = 0;
  }

  /** To the end of the whole records of the current segment; returns the segment's size. */
  async #readOn(): Promise<number> {
    const path = this.#path(this.#segment);
    const found = fileAt(path);
    const size = Number(found?.size ?? 0);
    if (size === this.#end) return size;
    for await (const { offset, envelope } of recordsOf(path, this.#end)) {
      this.#last = offset;
      this.#end = offset + frameLength(envelope);
      this.#count++;
    }
    this.#known = found;
    return size;
  }

  async #cut(path: string, end: number): Promise<TornTail> {
    await using file = await open(path, "r");
    const { size } = await file.stat();
    const tail = Buffer.alloc(size - end);
    await file.read(tail, 0, tail.length, end);
    const segment = basename(path);
    await makeFolder(this.#layout.quarantine);
    await createOnce(join(this.#layout.quarantine, `${segment}-${end}`), tail);
    await cutTo(path, end);
    return { segment, bytes: tail.length, digest: digestBytes(tail) };
  }

  async #numbers(): Promise<number[]> {
    const names = (await readdir(this.#layout.segments)).filter((name) => /^\d{10}\.wal$/.test(name)).sort();
    names.forEach((name, index) => {
      if (name !== segmentName(index)) throw broken(join(this.#layout.segments, segmentName(index)), 0, "the segment is missing");
    });
    return names.map((_, index) => index);
  }

  #path(segment: number): string {
    return join(this.#layout.segments, segmentName(segment));
  }
}

async function* inSegment(
  segment: number,
  frames: AsyncGenerator<Frame, number | null>,
): AsyncGenerator<WalRecord, number | null> {
  let step = await frames.next();
  for (; !step.done; step = await frames.next()) {
    const { offset, envelope, digest } = step.value;
    yield { envelope, digest, place: { segment, offset }, next: { segment, offset: offset + frameLength(envelope) } };
  }
  return step.value;
}

/** Offsets are places in the file. Returns where a torn tail begins, or null. */
async function* recordsOf(path: string, from = 0): AsyncGenerator<Frame, number | null> {
  let rest: Buffer = Buffer.alloc(0);
  let start = from;
  for await (const chunk of chunksOf(path, from)) {
    rest = Buffer.concat([rest, chunk]);
    const scan = scanFrames(rest);
    let step = scan.next();
    for (; !step.done; step = scan.next()) yield { ...step.value, offset: start + step.value.offset };
    const { offset, state } = step.value;
    if (state === "altered") throw broken(path, start + offset, "a record does not match its own sum");
    rest = rest.subarray(offset);
    start += offset;
    if (rest.length > HEADER_BYTES + MAX_ENVELOPE_BYTES) throw broken(path, start, "a record has no end");
  }
  return rest.length === 0 ? null : start;
}

async function* chunksOf(path: string, start: number): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path, { start, highWaterMark: CHUNK_BYTES });
  } catch (error) {
    throw isSystemError(error) ? unavailable(path, error) : error;
  }
}

async function cutTo(path: string, end: number): Promise<void> {
  await using file = await open(path, "r+");
  await file.truncate(end);
  await file.sync();
}

function unknownState(path: string, error: unknown): ErError {
  return new ErError("audit-unavailable", `what the last write left in "${path}" is not known`, {
    cause: error,
    hints: ["run the command again: it reads the log anew", "or keep the log elsewhere: --home FOLDER or SOC2_ER_HOME=FOLDER"],
  });
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return 0;
    throw error;
  }
}
