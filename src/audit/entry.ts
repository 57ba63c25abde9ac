import { createHash } from "node:crypto";
import {
  canonicalize,
  type Digest,
  digestBytes,
  type Entry,
  type EntryBodies,
  type EntryType,
  ErError,
  type Instant,
  type Json,
  type Mode,
} from "../model/index.ts";
import { dsseSign, dsseVerify, type SessionKey } from "../signing/index.ts";
import { bodyFault, isEntryType } from "./bodies.ts";
import { MAX_ENVELOPE_BYTES } from "./frames.ts";
import { ENTRY_TYPE } from "./layout.ts";

/** What is signed. `seen` is the last batch the writer knew; `mono` counts milliseconds since its session `boot` began. */
export type Payload = {
  readonly v: 1;
  readonly origin: string;
  readonly mode: Mode;
  readonly type: EntryType;
  readonly writer: string;
  readonly wseq: number;
  /** Of the writer's entry before; null at its first. */
  readonly prev: Digest | null;
  readonly at: Instant;
  readonly boot: string;
  readonly mono: number;
  readonly person: string;
  readonly incident?: string;
  readonly seen: { readonly batch: number; readonly digest: Digest | null };
  readonly body: EntryBodies[EntryType];
};

/** A fault of the bytes, for whoever knows where they lie. */
export class EntryFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = "EntryFault";
  }
}

/** A fault that a later version may not see: a form that this one does not know. */
export class UnknownForm extends EntryFault {
  constructor(message: string) {
    super(message);
    this.name = "UnknownForm";
  }
}

export function writerOf(sessionKey: string): string {
  return createHash("sha256").update(Buffer.from(sessionKey, "base64")).digest("hex").slice(0, 16);
}

/** Errors: `limit-exceeded` for an entry that does not fit into a record. */
export function sealEntry(payload: Payload, key: SessionKey): { readonly envelope: Uint8Array; readonly digest: Digest } {
  const bytes = Buffer.from(canonicalize(payload as unknown as Json));
  const envelope = dsseSign(ENTRY_TYPE, bytes, { keyid: payload.writer, sign: key.sign });
  if (envelope.length > MAX_ENVELOPE_BYTES)
    throw new ErError(
      "limit-exceeded",
      `an entry "${payload.type}" of ${envelope.length} bytes is longer than the ${MAX_ENVELOPE_BYTES} that the audit log takes`,
    );
  return { envelope, digest: digestBytes(envelope) };
}

/** What a session's certificate signs, as canonical bytes. */
export function certified(origin: string, writer: string, body: Omit<EntryBodies["session.opened"], "certificate">): Uint8Array {
  return Buffer.from(canonicalize({ origin, writer, body }));
}

const MEMBERS = ["at", "body", "boot", "mode", "mono", "origin", "person", "prev", "seen", "type", "v", "writer", "wseq"];

/**
 * Reads an envelope after its signature was checked with the key that `keyOf` finds. Throws EntryFault or SignatureError.
 * The order matters: signature over raw bytes, then parse, then "is canonical", then the form.
 */
export function openEntry(envelope: Uint8Array, keyOf: (writer: string, payload: Uint8Array) => string | null): Payload {
  return parsePayload(dsseVerify(envelope, ENTRY_TYPE, keyOf).payload);
}

export function parsePayload(bytes: Uint8Array): Payload {
  const text = Buffer.from(bytes).toString();
  const value = parseCanonical(text);
  const { v, type, incident, body, wseq } = value;
  if (v !== 1) throw new UnknownForm(`version "${String(v)}" of an entry is unknown`);
  if (typeof type !== "string" || !isEntryType(type)) throw new UnknownForm(`type "${String(type)}" of an entry is unknown`);
  const names = Object.keys(value).filter((name) => name !== "incident");
  if (names.join() !== MEMBERS.join()) throw new UnknownForm(`an entry "${type}" has other members than it should`);
  if (incident !== undefined && typeof incident !== "string") throw new EntryFault("an incident's id is no text");
  if (!Number.isSafeInteger(wseq) || typeof body !== "object" || body === null)
    throw new EntryFault("an entry has no place or body");
  const fault = bodyFault(type, body);
  if (fault !== null) throw new UnknownForm(`the body of an entry "${type}" is not of its form: ${fault}`);
  return value as Payload;
}

/** Parses canonical JSON and refuses any other spelling of it: duplicate keys, white space, key order, escapes. */
export function parseCanonical(text: string): Record<string, unknown> {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
    if (canonicalize(value) !== text) throw new EntryFault("JSON is not in canonical form");
  } catch (error) {
    throw error instanceof EntryFault ? error : new EntryFault("not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new EntryFault("not an object");
  return value as Record<string, unknown>;
}

export function toEntry(payload: Payload, index: number, digest: Digest): Entry {
  const { origin, mode, type, writer, wseq, at, person, incident, body } = payload;
  const entry = { index, digest, origin, mode, type, writer, wseq, at, person, body };
  return (incident === undefined ? entry : { ...entry, incident }) as Entry;
}
