import type { Digest } from "../model/index.ts";
import { digestBytes } from "../model/index.ts";

/**
 * The framing of a segment: `8 hex digits = byte length`, space, `16 hex digits = start of the SHA-256`, space, envelope, LF.
 * It tells a record that was cut by a crash from one that somebody altered; the signatures prove the rest.
 */
export const HEADER_BYTES = 26;
/** The states of a change are in its entry, before and after: a full IP set of ten thousand networks takes over a megabyte. */
export const MAX_ENVELOPE_BYTES = 2 * 1024 * 1024;
const LF = 0x0a;
const SUM_START = "sha256:".length;

/** One whole record. `offset` is where it starts in the bytes that were scanned. */
export type Frame = { readonly offset: number; readonly envelope: Uint8Array; readonly digest: Digest };

/** How far the bytes are whole records, and what is wrong with the rest: nothing, cut by a crash, or altered. */
export type FrameEnd = { readonly offset: number; readonly state: "whole" | "torn" | "altered" };

export function encodeFrame(envelope: Uint8Array, digest: Digest): Buffer {
  if (envelope.length === 0 || envelope.length > MAX_ENVELOPE_BYTES) throw new RangeError(`a record of ${envelope.length} bytes`);
  const header = `${envelope.length.toString(16).padStart(8, "0")} ${digest.slice(SUM_START, SUM_START + 16)} `;
  return Buffer.concat([Buffer.from(header, "latin1"), envelope, Buffer.of(LF)]);
}

export function frameLength(envelope: Uint8Array): number {
  return HEADER_BYTES + envelope.length + 1;
}

/** Yields whole records in order and returns how the bytes end. Envelopes are views on `bytes`. */
export function* scanFrames(bytes: Buffer): Generator<Frame, FrameEnd> {
  let offset = 0;
  while (offset < bytes.length) {
    const frame = frameAt(bytes, offset);
    if (frame === null) return { offset, state: isTorn(bytes.subarray(offset)) ? "torn" : "altered" };
    yield frame;
    offset += frameLength(frame.envelope);
  }
  return { offset, state: "whole" };
}

function frameAt(bytes: Buffer, offset: number): Frame | null {
  const header = bytes.toString("latin1", offset, offset + HEADER_BYTES);
  if (!/^[0-9a-f]{8} [0-9a-f]{16} $/.test(header)) return null;
  const length = Number.parseInt(header.slice(0, 8), 16);
  const start = offset + HEADER_BYTES;
  if (length === 0 || length > MAX_ENVELOPE_BYTES || bytes[start + length] !== LF) return null;
  const envelope = bytes.subarray(start, start + length);
  const digest = digestBytes(envelope);
  return digest.startsWith(header.slice(9, 25), SUM_START) ? { offset, envelope, digest } : null;
}

/**
 * A write that a crash cut short leaves the start of one record, or that start and zeros where the file had grown already. A
 * line end in it means that the record was whole once: somebody changed it.
 */
function isTorn(rest: Buffer): boolean {
  let end = rest.length;
  while (end > 0 && rest[end - 1] === 0) end--;
  const start = rest.subarray(0, end);
  if (start.includes(LF)) return false;
  const header = start.toString("latin1", 0, HEADER_BYTES);
  if (!/^[0-9a-f]{0,8}$|^[0-9a-f]{8} [0-9a-f]{0,16}$|^[0-9a-f]{8} [0-9a-f]{16} $/.test(header)) return false;
  const length = Number.parseInt(header.slice(0, 8), 16);
  return header.length < HEADER_BYTES || (length > 0 && length <= MAX_ENVELOPE_BYTES && end <= HEADER_BYTES + length);
}
