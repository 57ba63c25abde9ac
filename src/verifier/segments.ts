import { createReadStream } from "node:fs";
import { join } from "node:path";
import { digestOf, sha256 } from "./bytes.ts";
import type { Findings } from "./findings.ts";
import { isTooLong, numbered } from "./folder.ts";

/** An envelope as it lies in a segment: after `8 hex digits = length`, `16 hex digits = start of the SHA-256`, before LF. */
export type Record = { readonly envelope: Buffer; readonly digest: string; readonly at: string };

const HEADER = 26;
const MAX_ENVELOPE = 2 * 1024 * 1024;
const LF = 0x0a;

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

async function* readSegment(path: string, place: string, last: boolean, findings: Findings): AsyncGenerator<Record, void> {
  let offset = 0;
  if (isTooLong(path)) return findings.add("record", place, "the segment is longer than any is made");
  for await (const line of lines(path)) {
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
  const header = `${envelope.length.toString(16).padStart(8, "0")} ${sha256(envelope).toString("hex").slice(0, 16)} `;
  if (envelope.length === 0 || envelope.length > MAX_ENVELOPE || line.toString("latin1", 0, HEADER) !== header) return null;
  return { envelope, digest: digestOf(envelope), at };
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

/** Lines with their LF; the last may have none. One that is too long for a record is given back cut, so that memory is bounded. */
async function* lines(path: string): AsyncGenerator<Buffer, void> {
  const most = 1 << 20;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: most })) {
    let bytes = Buffer.concat([rest, chunk as Buffer]);
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF)) {
      yield bytes.subarray(0, end + 1);
      bytes = bytes.subarray(end + 1);
    }
    if (bytes.length > 4 * most) {
      yield bytes;
      bytes = Buffer.alloc(0);
    }
    rest = bytes;
  }
  if (rest.length > 0) yield rest;
}
