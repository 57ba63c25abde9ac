import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { digestOf } from "./bytes.ts";
import type { Findings } from "./findings.ts";
import { isTooLong, numbered } from "./folder.ts";

/** An envelope as it lies in a segment: after `8 hex digits = length`, `16 hex digits = start of the SHA-256`, before LF. Good until the next is read. */
export type Record = { readonly envelope: Buffer; readonly digest: string; readonly at: string };

const HEADER = 26;
const MAX_ENVELOPE = 2 * 1024 * 1024;
const SUM_AT = "sha256:".length;
const LF = 0x0a;
/** Longer than any record. */
const READ_BYTES = 4 * 1024 * 1024;

export function segmentsIn(folder: string): string[] {
  return numbered(join(folder, "segments"), /^\d{10}\.wal$/);
}

/** The records of all segments in order, read as a stream. What is not a record is noted and passed over. */
export async function* readSegments(folder: string, findings: Findings): AsyncGenerator<Record, void> {
  const names = segmentsIn(folder);
  let next = 0;
  for (const [index, name] of names.entries()) {
    const number = Number(name.slice(0, 10));
    if (number !== next)
      findings.add("segment-missing", `segments/${name}`, `segments ${next} to ${number - 1} are missing before it`);
    next = number + 1;
    yield* readSegment(join(folder, "segments", name), `segments/${name}`, index === names.length - 1, findings);
  }
}

function* readSegment(path: string, place: string, last: boolean, findings: Findings): Generator<Record, void> {
  let offset = 0;
  if (isTooLong(path)) return findings.add("record", place, "the segment is longer than any is made");
  for (const line of lines(path)) {
    const at = `${place}:${offset}`;
    offset += line.length;
    if (line.at(-1) === LF) {
      const record = recordOf(line, at);
      if (record === null) findings.add("record", at, "the record is altered: it does not match its own length and sum");
      else yield record;
    } else if (last && isTorn(line)) findings.add("torn-tail", at, `a write of ${line.length} bytes was cut short by a crash`);
    else findings.add("record", at, "the record is altered: it has no end");
  }
}

function recordOf(line: Buffer, at: string): Record | null {
  const envelope = line.subarray(HEADER, -1);
  const digest = digestOf(envelope);
  const header = `${envelope.length.toString(16).padStart(8, "0")} ${digest.slice(SUM_AT, SUM_AT + 16)} `;
  if (envelope.length === 0 || envelope.length > MAX_ENVELOPE || line.toString("latin1", 0, HEADER) !== header) return null;
  return { envelope, digest, at };
}

/** A crash leaves the start of one record, or that start and zeros where the file had grown already. */
function isTorn(rest: Buffer): boolean {
  let end = rest.length;
  while (end > 0 && rest[end - 1] === 0) end--;
  const header = rest.toString("latin1", 0, Math.min(end, HEADER));
  if (!/^[0-9a-f]{0,8}$|^[0-9a-f]{8} [0-9a-f]{0,16}$|^[0-9a-f]{8} [0-9a-f]{16} $/.test(header)) return false;
  const length = Number.parseInt(header.slice(0, 8), 16);
  return header.length < HEADER || (length > 0 && length <= MAX_ENVELOPE && end <= HEADER + length);
}

/**
 * Lines with their LF; the last may have none. One that is too long for a record is given back in pieces. All lie in one buffer, so
 * that memory is bounded: each is good until the next is asked for.
 */
function* lines(path: string): Generator<Buffer, void> {
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  const file = openSync(path, "r");
  try {
    let [start, end] = [0, 0];
    for (let read = -1; read !== 0; ) {
      buffer.copyWithin(0, start, end);
      [start, end] = [0, end - start];
      read = readSync(file, buffer, end, buffer.length - end, null);
      end += read;
      for (let lf = endOfLine(buffer, start, end); lf > 0; lf = endOfLine(buffer, start, end)) {
        yield buffer.subarray(start, lf);
        start = lf;
      }
      if (read > 0 && end - start < buffer.length) continue;
      if (end > start) yield buffer.subarray(start, end);
      start = end;
    }
  } finally {
    closeSync(file);
  }
}

function endOfLine(buffer: Buffer, start: number, end: number): number {
  const lf = buffer.subarray(start, end).indexOf(LF);
  return lf < 0 ? 0 : start + lf + 1;
}
