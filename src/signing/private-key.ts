import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { keyMaterial, publicKeyFromBlob } from "./public-key.ts";
import { SignatureError } from "./signature-error.ts";
import type { SshPublicKey } from "./types.ts";
import { strictBase64, WireReader, wireScalar, wireString, wireUint32 } from "./wire.ts";

const BEGIN = "-----BEGIN OPENSSH PRIVATE KEY-----";
const END = "-----END OPENSSH PRIVATE KEY-----";
const MAGIC = Buffer.from("openssh-key-v1\0");

/** `sign` answers an SSH signature blob; it and `secret` are null where only ssh-keygen can sign: passphrase or security key. */
export type PrivateKeyFile = {
  readonly publicKey: SshPublicKey;
  readonly secret: KeyObject | null;
  readonly sign: ((preimage: Uint8Array) => Buffer) | null;
};

/** Reads the OpenSSH private key format (PROTOCOL.key). Throws `SignatureError`. */
export function parsePrivateKey(text: string): PrivateKeyFile {
  const lines = text.trim().split(/\r?\n/);
  if (lines.shift() !== BEGIN || lines.pop() !== END) throw new SignatureError("malformed", "not an OpenSSH private key");
  const reader = new WireReader(strictBase64(lines.join("")));
  if (!reader.take(MAGIC.length).equals(MAGIC)) throw new SignatureError("malformed", "not an OpenSSH private key of version 1");
  const cipher = reader.name();
  reader.string();
  reader.string();
  if (reader.uint32() !== 1) throw new SignatureError("malformed", "OpenSSH private key file must hold exactly one key");
  const publicKey = publicKeyFromBlob(reader.string());
  if (cipher !== "none" || publicKey.type.startsWith("sk-")) return { publicKey, secret: null, sign: null };
  const secret = readSecret(new WireReader(reader.string()), publicKey);
  if (!keyMaterial(publicKey.blob).key.equals(createPublicKey(secret))) throw differing();
  return { publicKey, secret, sign: (preimage) => signatureBlob(publicKey.type, secret, preimage) };
}

function readSecret(reader: WireReader, publicKey: SshPublicKey): KeyObject {
  const [check, again] = [reader.uint32(), reader.uint32()];
  if (check !== again) throw new SignatureError("malformed", "OpenSSH private key is damaged");
  const type = reader.name();
  if (type !== publicKey.type) throw differing();
  const publicHalf = new WireReader(publicKey.blob);
  publicHalf.name();
  if (type === "ssh-ed25519") {
    const x = publicHalf.string();
    reader.string();
    const seed = reader.string().subarray(0, 32);
    return createPrivateKey({
      key: { kty: "OKP", crv: "Ed25519", d: seed.toString("base64url"), x: x.toString("base64url") },
      format: "jwk",
    });
  }
  reader.name();
  const point = reader.string();
  const [x, y] = [point.subarray(1, 33).toString("base64url"), point.subarray(33).toString("base64url")];
  return createPrivateKey({ key: { kty: "EC", crv: "P-256", d: reader.scalar().toString("base64url"), x, y }, format: "jwk" });
}

function differing(): SignatureError {
  return new SignatureError("malformed", "private and public half of the key differ");
}

function signatureBlob(type: string, secret: KeyObject, preimage: Uint8Array): Buffer {
  if (type === "ssh-ed25519") return Buffer.concat([wireString(type), wireString(sign(null, preimage, secret))]);
  const raw = sign("sha256", preimage, { key: secret, dsaEncoding: "ieee-p1363" });
  return Buffer.concat([
    wireString(type),
    wireString(Buffer.concat([wireScalar(raw.subarray(0, 32)), wireScalar(raw.subarray(32))])),
  ]);
}

/** A new Ed25519 key without passphrase, in the form that ssh-keygen writes. */
export function newPrivateKey(comment: string): { text: string; publicKey: SshPublicKey } {
  const { d, x } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const [seed, point] = [Buffer.from(d ?? "", "base64url"), Buffer.from(x ?? "", "base64url")];
  const blob = Buffer.concat([wireString("ssh-ed25519"), wireString(point)]);
  const check = randomBytes(4);
  const body = Buffer.concat([check, check, blob, wireString(Buffer.concat([seed, point])), wireString(comment)]);
  const padding = Buffer.from(Array.from({ length: (8 - (body.length % 8)) % 8 }, (_, index) => index + 1));
  const secret = wireString(Buffer.concat([body, padding]));
  const file = Buffer.concat([
    MAGIC,
    wireString("none"),
    wireString("none"),
    wireString(""),
    wireUint32(1),
    wireString(blob),
    secret,
  ]);
  const lines = file.toString("base64").match(/.{1,70}/g) ?? [];
  return { text: `${[BEGIN, ...lines, END].join("\n")}\n`, publicKey: publicKeyFromBlob(blob) };
}
