import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { ed25519Key } from "./public-key.ts";
import { SignatureError } from "./signature-error.ts";
import { strictBase64 } from "./wire.ts";

/** The root of the log's Merkle tree over its first `size` entries; in hex, as batches have it. */
export type TreeHead = { readonly size: number; readonly root: string };

/** Signature types of C2SP signed-note. */
const ED25519 = 1;
const ECDSA = 2;

/** A key that signs notes. `text` is its vkey: name, key id in hex and type with public key in base64, joined by plus signs. */
export type NoteKey = { readonly text: string; readonly name: string; readonly id: string; readonly key: KeyObject };

/** The text of a C2SP tlog-checkpoint: what is signed. */
export function checkpointText(origin: string, { size, root }: TreeHead): string {
  return `${origin}\n${size}\n${Buffer.from(root, "hex").toString("base64")}\n`;
}

/** Ed25519, or ECDSA on P-256 with SHA-256; any other is refused. Throws `SignatureError`. */
export function noteKey(name: string, key: KeyObject): NoteKey {
  if (!/^[^\s+]+$/u.test(name)) throw new SignatureError("malformed", `"${name}" cannot name a key of notes`);
  const type = key.asymmetricKeyType === "ed25519" ? ED25519 : ECDSA;
  if (type === ECDSA && key.asymmetricKeyDetails?.namedCurve !== "prime256v1")
    throw new SignatureError("key-refused", "keys of notes are Ed25519 or P-256");
  const material = type === ED25519 ? rawOf(key) : key.export({ format: "der", type: "spki" });
  const id = idOf(name, type, material);
  const text = `${name}+${id}+${Buffer.concat([Buffer.of(type), material]).toString("base64")}`;
  return { text, name, id, key };
}

/** Reads what `noteKey` writes. Throws `SignatureError`, also for weak points and for an id that is not the key's. */
export function parseNoteKey(text: string): NoteKey {
  const [, name = "", base64 = ""] = /^([^+]+)\+[0-9a-f]{8}\+(\S+)$/.exec(text) ?? [];
  const bytes = strictBase64(base64);
  const found = noteKey(name, publicKeyOf(bytes[0], bytes.subarray(1)));
  if (found.text !== text) throw new SignatureError("malformed", "a key of notes is not in its usual form, or has another id");
  return found;
}

function publicKeyOf(type: number | undefined, material: Buffer): KeyObject {
  if (type === ED25519) return ed25519Key(material);
  if (type !== ECDSA) throw new SignatureError("key-refused", `keys of notes of type ${type} are not admitted`);
  try {
    return createPublicKey({ key: material, format: "der", type: "spki" });
  } catch {
    throw new SignatureError("malformed", "a key of notes is no public key");
  }
}

function rawOf(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: "jwk" }).x ?? "", "base64url");
}

/** An ECDSA key's id does not depend on its name: so C2SP has it, after the logs that came first. */
function idOf(name: string, type: number, material: Buffer): string {
  const hash = createHash("sha256");
  if (type === ED25519) hash.update(`${name}\n`).update(Buffer.of(type));
  return hash.update(material).digest("hex").slice(0, 8);
}

/** The note with its first signature line. `signature` is raw for Ed25519 and DER for ECDSA. */
export function signedNote(text: string, { name, id }: NoteKey, signature: Uint8Array): string {
  return `${text}\n— ${name} ${Buffer.concat([Buffer.from(id, "hex"), signature]).toString("base64")}\n`;
}

export function verifyNoteSignature({ key }: NoteKey, text: string, signature: Uint8Array): boolean {
  return verify(key.asymmetricKeyType === "ed25519" ? null : "sha256", Buffer.from(text), key, signature);
}

/** `signatures` is what is known of each line: by whom, and the bytes after the key's id. */
export type Checkpoint = TreeHead & {
  readonly origin: string;
  readonly text: string;
  readonly signatures: readonly { readonly name: string; readonly id: string; readonly signature: Buffer }[];
};

export const MAX_NOTE_BYTES = 65_536;
const MOST_SIGNATURES = 64;
const SIGNATURE = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u;

/** Reads a checkpoint with any number of signature lines, none too. Nothing of it is proven. Throws `SignatureError`. */
export function parseCheckpoint(note: Uint8Array): Checkpoint {
  if (note.length > MAX_NOTE_BYTES) throw malformed(`it has ${note.length} bytes`);
  const [origin = "", size = "", base64 = "", blank, ...lines] = Buffer.from(note).toString().split("\n");
  if (blank !== "" || lines.pop() !== "" || lines.length > MOST_SIGNATURES) throw malformed("it does not have the lines of one");
  if (!/^\S+$/u.test(origin) || !/^(0|[1-9]\d{0,14})$/.test(size)) throw malformed("it does not name a log and a size");
  const root = strictBase64(base64);
  if (root.length !== 32) throw malformed("its root is no SHA-256");
  const signatures = lines.map((line) => {
    const [, name = "", blob = ""] = SIGNATURE.exec(line) ?? [];
    const bytes = strictBase64(blob);
    if (bytes.length < 5) throw malformed("one of its signature lines is none");
    return { name, id: bytes.toString("hex", 0, 4), signature: bytes.subarray(4) };
  });
  return { origin, size: Number(size), root: root.toString("hex"), text: `${origin}\n${size}\n${base64}\n`, signatures };
}

/**
 * Whether the key signed it; lines of others are passed over. Throws `SignatureError` when a line names this key and does not
 * verify.
 */
export function isSignedBy({ text, signatures }: Checkpoint, key: NoteKey): boolean {
  const own = signatures.filter(({ name, id }) => name === key.name && id === key.id);
  for (const { signature } of own)
    if (!verifyNoteSignature(key, text, signature))
      throw new SignatureError(
        "invalid",
        `the signature of "${key.name}" on a checkpoint of ${text.split("\n")[1]} entries does not verify`,
      );
  return own.length > 0;
}

function malformed(why: string): SignatureError {
  return new SignatureError("malformed", `not a checkpoint: ${why}`);
}
