import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { ed25519PointFault } from "./ed25519-point.ts";
import { p256PointFault } from "./p256-point.ts";
import { SignatureError } from "./signature-error.ts";
import type { SshPublicKey } from "./types.ts";
import { strictBase64, WireReader } from "./wire.ts";

export const ADMITTED_KEY_TYPES = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "sk-ssh-ed25519@openssh.com",
  "sk-ecdsa-sha2-nistp256@openssh.com",
] as const;
export type KeyType = (typeof ADMITTED_KEY_TYPES)[number];

/** What is needed to check a signature. `application` is set for keys that live in a FIDO token. */
export type KeyMaterial = { readonly type: KeyType; readonly key: KeyObject; readonly application: string | null };

/**
 * One line of an authorized_keys or .pub file, without options; the comment is ignored. Throws `SignatureError` for key
 * types that are not admitted (RSA, DSA, certificates) and for weak or malformed points.
 */
export function parsePublicKey(line: string): SshPublicKey {
  const [type, base64] = line.trim().split(/[ \t]+/);
  if (type === undefined || base64 === undefined)
    throw new SignatureError("malformed", `not an SSH public key: "${line.trim().slice(0, 80)}"`);
  if (!isAdmitted(type)) throw refusedType(type);
  const key = publicKeyFromBlob(strictBase64(base64));
  if (key.type !== type) throw new SignatureError("malformed", `SSH public key says "${type}" but holds "${key.type}"`);
  return key;
}

/** The same for the wire form, as it stands in signatures, agents and private key files. */
export function publicKeyFromBlob(blob: Uint8Array): SshPublicKey {
  const { type } = keyMaterial(blob);
  const bytes = Buffer.from(blob);
  return {
    type,
    blob: new Uint8Array(bytes),
    fingerprint: `SHA256:${createHash("sha256").update(bytes).digest("base64").replace(/=+$/, "")}`,
    text: `${type} ${bytes.toString("base64")}`,
  };
}

export function keyMaterial(blob: Uint8Array): KeyMaterial {
  const reader = new WireReader(blob);
  const type = reader.name();
  if (!isAdmitted(type)) throw refusedType(type);
  const key = type === "ssh-ed25519" || type === "sk-ssh-ed25519@openssh.com" ? ed25519Key(reader.string()) : p256Key(reader);
  const application = type.startsWith("sk-") ? reader.name() : null;
  reader.end();
  if (application !== null && !application.startsWith("ssh:"))
    throw new SignatureError("key-refused", `FIDO application "${application}" is not an SSH one`);
  return { type, key, application };
}

export function ed25519Key(raw: Uint8Array): KeyObject {
  const fault = ed25519PointFault(raw);
  if (fault !== null) throw new SignatureError("key-refused", fault);
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(raw).toString("base64url") }, format: "jwk" });
}

function p256Key(reader: WireReader): KeyObject {
  const curve = reader.name();
  const point = reader.string();
  if (curve !== "nistp256") throw new SignatureError("malformed", "not a point of the curve nistp256");
  const fault = p256PointFault(point);
  if (fault !== null) throw new SignatureError("key-refused", fault);
  const [x, y] = [point.subarray(1, 33).toString("base64url"), point.subarray(33).toString("base64url")];
  return createPublicKey({ key: { kty: "EC", crv: "P-256", x, y }, format: "jwk" });
}

function isAdmitted(type: string): type is KeyType {
  return (ADMITTED_KEY_TYPES as readonly string[]).includes(type);
}

function refusedType(type: string): SignatureError {
  return new SignatureError(
    "key-refused",
    `key type "${type.slice(0, 60)}" is not admitted (use one of ${ADMITTED_KEY_TYPES.join(", ")})`,
  );
}
