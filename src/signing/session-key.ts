import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { ed25519Key } from "./public-key.ts";
import { strictBase64 } from "./wire.ts";

/** An Ed25519 key that lives and dies with the process. */
export type SessionKey = {
  /** base64 of the 32 raw bytes */
  readonly publicKey: string;
  sign(bytes: Uint8Array): Uint8Array;
};

export function newSessionKey(): SessionKey {
  const { privateKey } = generateKeyPairSync("ed25519");
  const x = createPublicKey(privateKey).export({ format: "jwk" }).x ?? "";
  return {
    publicKey: Buffer.from(x, "base64url").toString("base64"),
    sign: (bytes) => new Uint8Array(sign(null, bytes, privateKey)),
  };
}

const MAX_CACHED = 1024;
const cached = new Map<string, KeyObject>();

/** `publicKey` as in `SessionKey`. Throws `SignatureError` for a key that is not admitted; false for a signature that does not hold. */
export function verifySessionSignature(publicKey: string, bytes: Uint8Array, signature: Uint8Array): boolean {
  let key = cached.get(publicKey);
  if (key === undefined) {
    key = ed25519Key(strictBase64(publicKey));
    if (cached.size >= MAX_CACHED) cached.clear();
    cached.set(publicKey, key);
  }
  return signature.length === 64 && verify(null, bytes, key, signature);
}
