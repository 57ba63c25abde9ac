import { createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { readFile } from "node:fs/promises";
import { ErError, quote } from "../model/index.ts";
import { parsePrivateKey } from "./private-key.ts";
import { SignatureError } from "./signature-error.ts";

/**
 * The key that signs checkpoints, wherever it lies. Errors: `log-key-unusable` when it is not there, not ours to use, or does not
 * answer; nothing here retries.
 */
export interface LogKey {
  /** For people. */
  readonly name: string;
  publicKey(): Promise<KeyObject>;
  /** Raw Ed25519, or DER ECDSA over the message's SHA-256. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** An unencrypted Ed25519 or P-256 key in OpenSSH's or PKCS#8's form, read when it is first used. */
export function fileLogKey(path: string): LogKey {
  const secret = async (): Promise<KeyObject> => {
    try {
      return secretOf(await readFile(path, "utf8"));
    } catch (error) {
      throw unusable(path, error);
    }
  };
  return {
    name: path,
    publicKey: async () => createPublicKey(await secret()),
    sign: async (message) => {
      const key = await secret();
      return sign(key.asymmetricKeyType === "ed25519" ? null : "sha256", message, key);
    },
  };
}

function secretOf(text: string): KeyObject {
  if (!text.includes("OPENSSH PRIVATE KEY")) return createPrivateKey(text);
  const { secret } = parsePrivateKey(text);
  if (secret === null) throw new SignatureError("key-refused", "it has a passphrase, or is on a security key");
  return secret;
}

function unusable(path: string, error: unknown): ErError {
  const reason = error instanceof Error ? error.message : String(error);
  return new ErError("log-key-unusable", `the log key in "${path}" cannot be used: ${reason}`, {
    cause: error,
    hints: [`ls -l ${quote(path)}   # a log key is Ed25519 or P-256, without a passphrase`],
  });
}
