import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { fromBase64, sha256 } from "./bytes.ts";
import { ed25519 } from "./ed25519.ts";
import { type Code, Fault, quote } from "./findings.ts";

/** A checkpoint as C2SP tlog-checkpoint has it: three lines, a blank one, and a line per signature. `root` is in hex. */
export type Note = {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
  readonly text: Buffer;
  readonly signatures: readonly { readonly name: string; readonly id: string; readonly signature: Buffer }[];
};

/** A key of C2SP signed-note; `text` is its vkey. */
export type NoteKey = { readonly text: string; readonly name: string; readonly id: string; readonly key: KeyObject };

export const MAX_NOTE = 65_536;
const MOST_SIGNATURES = 64;
const ED25519 = 1;
const ECDSA = 2;

/** Reads a checkpoint; nothing of it is proven. */
export function readNote(bytes: Buffer): Note {
  const [origin = "", size = "", root = "", blank, ...lines] = bytes.toString("utf8").split("\n");
  if (blank !== "" || lines.pop() !== "" || lines.length > MOST_SIGNATURES)
    throw new Fault("checkpoint", "it does not have the lines of a checkpoint");
  if (!/^\S+$/u.test(origin) || !/^(0|[1-9]\d{0,14})$/.test(size))
    throw new Fault("checkpoint", `it does not name a log and a size: ${quote(origin)}, ${quote(size)}`);
  const hash = decoded(root, "checkpoint");
  if (hash.length !== 32) throw new Fault("checkpoint", "its root is not a SHA-256");
  const text = Buffer.from(`${origin}\n${size}\n${root}\n`);
  return { origin, size: Number(size), root: hash.toString("hex"), text, signatures: lines.map(signatureOf) };
}

function signatureOf(line: string): Note["signatures"][number] {
  const [, name = "", base64 = ""] = /^— ([^\s+]+) (\S+)$/u.exec(line) ?? [];
  const bytes = decoded(base64, "checkpoint");
  if (bytes.length < 5) throw new Fault("checkpoint", `its line ${quote(line)} is no signature`);
  return { name, id: bytes.toString("hex", 0, 4), signature: bytes.subarray(4) };
}

/** Reads a vkey: Ed25519 (type 1), or ECDSA on P-256 (type 2), each in its one spelling and with its own id. */
export function readNoteKey(text: string): NoteKey {
  const [, name = "", id = "", base64 = ""] = /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/u.exec(text) ?? [];
  const bytes = decoded(base64, "log-key");
  const material = bytes.subarray(1);
  if (bytes[0] !== ED25519 && bytes[0] !== ECDSA) throw new Fault("log-key", `${quote(text)} is not a log key`);
  const key = bytes[0] === ED25519 ? weakRefused(material) : p256(material);
  // Other logs had ECDSA keys first, whose id is over the key alone.
  const named = bytes[0] === ED25519 ? sha256(`${name}\n`, bytes) : sha256(material);
  if (named.toString("hex", 0, 4) !== id) throw new Fault("log-key", `the log key ${quote(text)} has the id of another`);
  return { text, name, id, key };
}

/** Whether the key signed the note. Lines of others are passed over; one of this key that does not verify is a fault. */
export function isSignedBy({ signatures, text, size }: Note, { name, id, key }: NoteKey): boolean {
  const own = signatures.filter((one) => one.name === name && one.id === id);
  for (const { signature } of own)
    if (!verify(key.asymmetricKeyType === "ed25519" ? null : "sha256", text, key, signature))
      throw new Fault("checkpoint", `the log key's signature on ${size} entries does not verify`);
  return own.length > 0;
}

function decoded(base64: string, code: Code): Buffer {
  try {
    return fromBase64(base64);
  } catch (error) {
    throw error instanceof Fault ? new Fault(code, `${quote(base64)} is not base64`) : error;
  }
}

function weakRefused(raw: Buffer): KeyObject {
  try {
    return ed25519(raw);
  } catch (error) {
    throw error instanceof Fault ? new Fault("log-key", error.message) : error;
  }
}

function p256(spki: Buffer): KeyObject {
  try {
    const key = createPublicKey({ key: spki, format: "der", type: "spki" });
    const same = key.export({ format: "der", type: "spki" }).equals(spki);
    if (same && key.asymmetricKeyDetails?.namedCurve === "prime256v1") return key;
  } catch {
    // As below.
  }
  throw new Fault("log-key", "the log key is not a P-256 key in its usual form");
}
