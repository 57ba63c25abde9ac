import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { fromBase64, sha256 } from "./bytes.ts";
import { ed25519 } from "./ed25519.ts";
import { Fault, quote } from "./findings.ts";
import { isOnP256 } from "./p256.ts";

const BEGIN = "-----BEGIN SSH SIGNATURE-----";
const END = "-----END SSH SIGNATURE-----";
const MAGIC = "SSHSIG";
const USER_PRESENT = 1;
const USER_VERIFIED = 4;

/** `text` is `type base64`, as in authorized_keys without the comment; `application` is set for keys in a security key. */
export type SshKey = {
  readonly type: string;
  readonly text: string;
  readonly fingerprint: string;
  readonly key: KeyObject;
  readonly application: Buffer | null;
};

/** False where a security key signed without its user's PIN or finger. */
export type Verified = { readonly verified: boolean };

/** A line of authorized_keys form without options. */
export function parseKeyLine(line: string): SshKey {
  const [type, base64] = line.trim().split(/\s+/);
  const key = readKey(fromBase64(base64));
  if (key.type !== type) throw new Fault("signature", `a key says ${quote(type)} but is "${key.type}"`);
  return key;
}

/**
 * Checks an armored SSH signature (OpenSSH PROTOCOL.sshsig) over `message` for `namespace` and returns the key that made it;
 * whose it is, the caller must know. Signatures of a security key count only when it was touched.
 */
export function verifySshSignature(armored: string, namespace: string, message: Uint8Array): SshKey & Verified {
  const outer = opened(armored);
  const key = readKey(outer.string());
  outer.expect(namespace, "namespace");
  outer.expect("", "reserved field");
  outer.expect("sha512", "hash");
  const inner = new Wire(outer.string());
  outer.end();
  inner.expect(key.type, "type");
  const signature = readSignature(key.type, inner.string());
  const signed = Buffer.concat([
    Buffer.from(MAGIC),
    ...[namespace, "", "sha512", createHash("sha512").update(message).digest()].map(wire),
  ]);
  // A security key signs its application, flags and counter too (OpenSSH PROTOCOL.u2f).
  const token = key.application === null ? null : inner.take(5);
  inner.end();
  const bytes = key.application === null || token === null ? signed : tokenSigned(key.application, token, signed);
  const hash = key.type.includes("ed25519") ? null : "sha256";
  if (!verify(hash, bytes, { key: key.key, dsaEncoding: "ieee-p1363" }, signature))
    throw new Fault("signature", "the SSH signature does not verify");
  if (token !== null && ((token[0] ?? 0) & USER_PRESENT) === 0)
    throw new Fault("signature", "the security key signed without a touch");
  return { ...key, verified: token === null || ((token[0] ?? 0) & USER_VERIFIED) !== 0 };
}

/** The key that an armored signature says it was made with, nothing checked; null for anything else. */
export function signerIn(text: string): string | null {
  if (!text.startsWith(BEGIN)) return null;
  try {
    return readKey(opened(text).string()).text;
  } catch (error) {
    if (error instanceof Fault) return null;
    throw error;
  }
}

function opened(armored: string): Wire {
  const lines = armored.replace(/\n$/, "").split("\n");
  if (lines.shift() !== BEGIN || lines.pop() !== END) throw new Fault("signature", "it is not an armored SSH signature");
  const outer = new Wire(fromBase64(lines.join("")));
  if (outer.take(MAGIC.length).toString("latin1") !== MAGIC || outer.uint32() !== 1)
    throw new Fault("signature", "it is not an SSH signature of version 1");
  return outer;
}

function tokenSigned(application: Buffer, token: Buffer, signed: Buffer): Buffer {
  return Buffer.concat([sha256(application), token, sha256(signed)]);
}

function readKey(blob: Buffer): SshKey {
  const reader = new Wire(blob);
  const type = reader.string().toString("latin1");
  if (!/^(sk-)?(ssh-ed25519|ecdsa-sha2-nistp256)(@openssh\.com)?$/.test(type) || type.startsWith("sk-") !== type.includes("@"))
    throw new Fault("signature", `keys of type ${quote(type)} are not admitted`);
  const key = type.includes("ed25519") ? ed25519(reader.string()) : p256(reader);
  const application = type.startsWith("sk-") ? reader.string() : null;
  reader.end();
  if (application !== null && !application.toString("latin1").startsWith("ssh:"))
    throw new Fault("signature", "a security key is not one for SSH");
  const text = `${type} ${blob.toString("base64")}`;
  return { type, text, fingerprint: `SHA256:${sha256(blob).toString("base64").replace(/=+$/, "")}`, key, application };
}

function p256(reader: Wire): KeyObject {
  reader.expect("nistp256", "curve");
  const point = reader.string();
  if (!isOnP256(point)) throw new Fault("signature", "the P-256 key is a malformed point, or not on the curve");
  const [x, y] = [point.subarray(1, 33).toString("base64url"), point.subarray(33).toString("base64url")];
  return createPublicKey({ key: { kty: "EC", crv: "P-256", x, y }, format: "jwk" });
}

function readSignature(type: string, bytes: Buffer): Buffer {
  if (type.includes("ed25519")) return bytes;
  const reader = new Wire(bytes);
  const signature = Buffer.concat([reader.scalar(), reader.scalar()]);
  reader.end();
  return signature;
}

function wire(value: string | Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(value));
  return Buffer.concat([length, Buffer.from(value)]);
}

/** The SSH wire encoding (RFC 4251, section 5). */
class Wire {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw new Fault("signature", "an SSH value ends too early");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  uint32(): number {
    return this.take(4).readUInt32BE();
  }

  string(): Buffer {
    return this.take(this.uint32());
  }

  expect(wanted: string, what: string): void {
    const found = this.string().toString("latin1");
    if (found !== wanted) throw new Fault("signature", `the ${what} of an SSH value is ${quote(found)}, not "${wanted}"`);
  }

  /** A positive number of at most 256 bits, in its shortest spelling; returned with 32 bytes. */
  scalar(): Buffer {
    const bytes = this.string();
    const number = bytes[0] === 0 ? bytes.subarray(1) : bytes;
    const padded = bytes[0] === 0;
    const high = (number[0] ?? 0) >= 0x80;
    if (number.length === 0 || number.length > 32 || number[0] === 0 || high !== padded)
      throw new Fault("signature", "a number in an SSH signature is malformed");
    return Buffer.concat([Buffer.alloc(32 - number.length), number]);
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new Fault("signature", "an SSH value goes on after its end");
  }
}
