import { createHash, verify } from "node:crypto";
import { type KeyMaterial, keyMaterial, publicKeyFromBlob } from "./public-key.ts";
import { SignatureError } from "./signature-error.ts";
import type { SignatureNamespace, SshPublicKey } from "./types.ts";
import { strictBase64, WireReader, wireString, wireUint32 } from "./wire.ts";

const MAGIC = Buffer.from("SSHSIG");
const BEGIN = "-----BEGIN SSH SIGNATURE-----";
const END = "-----END SSH SIGNATURE-----";
const MAX_ARMOR = 8192;
const USER_PRESENT = 1;
const USER_VERIFIED = 4;

/** The bytes that the key signs: the namespace and the hash's name are inside (PROTOCOL.sshsig). */
export function sshsigPreimage(namespace: SignatureNamespace, message: Uint8Array): Buffer {
  const hash = createHash("sha512").update(message).digest();
  return Buffer.concat([MAGIC, wireString(namespace), wireString(""), wireString("sha512"), wireString(hash)]);
}

/** Armors what the key answered; `signature` is the SSH signature blob (algorithm name first). */
export function armorSshSignature(key: SshPublicKey, namespace: SignatureNamespace, signature: Uint8Array): string {
  const parts = [
    MAGIC,
    wireUint32(1),
    wireString(key.blob),
    wireString(namespace),
    wireString(""),
    wireString("sha512"),
    wireString(signature),
  ];
  const lines =
    Buffer.concat(parts)
      .toString("base64")
      .match(/.{1,70}/g) ?? [];
  return `${[BEGIN, ...lines, END].join("\n")}\n`;
}

/** Whether the user was verified, by PIN or finger; keys that are no tokens (`flags` is null) have no such thing. */
export function isVerifiedUser(flags: number | null): boolean {
  return flags === null || (flags & USER_VERIFIED) !== 0;
}

/**
 * Verifies an armored SSHSIG made over `message` for `namespace`. Security-key signatures count only with the
 * user-presence flag, which ssh-keygen does not demand. Who holds the key is for the caller. Throws `SignatureError`.
 */
export function verifySshSignature(
  armored: string,
  namespace: SignatureNamespace,
  message: Uint8Array,
): { key: SshPublicKey; flags: number | null } {
  const { blob, signature, claimed } = readArmor(armored);
  if (claimed !== namespace) throw new SignatureError("namespace", `signature is for "${claimed}", not for "${namespace}"`);
  const material = keyMaterial(blob);
  return { key: publicKeyFromBlob(blob), flags: verifySignature(material, signature, sshsigPreimage(namespace, message)) };
}

function readArmor(armored: string): { blob: Buffer; signature: Buffer; claimed: string } {
  if (armored.length > MAX_ARMOR) throw new SignatureError("malformed", "SSH signature is too long");
  const lines = armored.replace(/\n$/, "").split("\n");
  if (lines.shift() !== BEGIN || lines.pop() !== END) throw new SignatureError("malformed", "not an armored SSH signature");
  const reader = new WireReader(strictBase64(lines.join("")));
  if (!reader.take(MAGIC.length).equals(MAGIC) || reader.uint32() !== 1)
    throw new SignatureError("malformed", "not an SSHSIG version 1");
  const blob = reader.string();
  const claimed = reader.name();
  if (reader.string().length > 0) throw new SignatureError("malformed", "reserved field of the SSH signature is not empty");
  const hash = reader.name();
  if (hash !== "sha512") throw new SignatureError("malformed", `SSH signature uses hash "${hash}", not "sha512"`);
  const signature = reader.string();
  reader.end();
  return { blob, signature, claimed };
}

/** Returns the flags of a security key, else null. */
function verifySignature(material: KeyMaterial, signature: Uint8Array, preimage: Buffer): number | null {
  const reader = new WireReader(signature);
  const type = reader.name();
  if (type !== material.type) throw new SignatureError("malformed", `signature is "${type}" but the key is "${material.type}"`);
  const raw = readRaw(type, reader.string());
  const token = material.application === null ? null : { flags: reader.byte(), counter: reader.uint32() };
  reader.end();
  const signed = token === null ? preimage : tokenPreimage(material.application ?? "", token, preimage);
  const algorithm = type.includes("ed25519") ? null : "sha256";
  if (!verify(algorithm, signed, { key: material.key, dsaEncoding: "ieee-p1363" }, raw))
    throw new SignatureError("invalid", "signature does not verify");
  if (token !== null && (token.flags & USER_PRESENT) === 0)
    throw new SignatureError("presence", "security key signed without a touch");
  return token?.flags ?? null;
}

function readRaw(type: string, bytes: Buffer): Buffer {
  if (type.includes("ed25519")) {
    if (bytes.length !== 64) throw new SignatureError("malformed", "an Ed25519 signature has 64 bytes");
    return bytes;
  }
  const reader = new WireReader(bytes);
  const raw = Buffer.concat([reader.scalar(), reader.scalar()]);
  reader.end();
  return raw;
}

/** What a FIDO token signs (PROTOCOL.u2f). */
function tokenPreimage(application: string, token: { flags: number; counter: number }, preimage: Buffer): Buffer {
  const sha256 = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest();
  return Buffer.concat([sha256(application), Buffer.of(token.flags), wireUint32(token.counter), sha256(preimage)]);
}
