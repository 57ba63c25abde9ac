import { readFile, writeFile } from "node:fs/promises";
import { ErError, quote } from "../model/index.ts";
import { newPrivateKey, type PrivateKeyFile, parsePrivateKey } from "./private-key.ts";
import { parsePublicKey } from "./public-key.ts";
import { SignatureError } from "./signature-error.ts";
import { armorSshSignature, sshsigPreimage, verifySshSignature } from "./sshsig.ts";
import type { PersonSigner, SignatureNamespace, SshPublicKey } from "./types.ts";

/**
 * With it nobody is asked for a passphrase, not even on a terminal that is there: whoever set a program that answers keeps it,
 * everybody else has none.
 */
export type Unattended = { readonly SSH_ASKPASS: string; readonly SSH_ASKPASS_REQUIRE: "force" };

export function unattended(env: { readonly [name: string]: string | undefined }): Unattended {
  return { SSH_ASKPASS: env["SSH_ASKPASS"] || "false", SSH_ASKPASS_REQUIRE: "force" };
}

/**
 * The key in a file. Unencrypted Ed25519 and P-256 keys sign here; keys with a passphrase, security keys and `.pub` files
 * (the private half is in an agent) sign through `ssh-keygen`, which asks on the terminal unless `env` says otherwise.
 * Throws `key-unknown`.
 */
export async function fileSigner(path: string, env: Unattended | null = null): Promise<PersonSigner> {
  const { publicKey, sign } = await readKeyFile(path);
  if (sign === null)
    return { publicKey, sign: (namespace, message) => signWithSshKeygen(path, publicKey, namespace, message, env) };
  return {
    publicKey,
    sign: async (namespace, message) => armorSshSignature(publicKey, namespace, sign(sshsigPreimage(namespace, message))),
  };
}

/** Writes a new Ed25519 key: `path` (OpenSSH private key, mode 0600) and `path.pub`. Existing files are never overwritten. */
export async function generateKeyFile(path: string, comment: string): Promise<SshPublicKey> {
  const { text, publicKey } = newPrivateKey(comment);
  await writeFile(path, text, { mode: 0o600, flag: "wx" });
  await writeFile(`${path}.pub`, `${publicKey.text} ${comment}\n`, { mode: 0o644, flag: "wx" });
  return publicKey;
}

async function readKeyFile(path: string): Promise<PrivateKeyFile> {
  try {
    const text = await readFile(path, "utf8");
    return text.startsWith("-----") ? parsePrivateKey(text) : { publicKey: parsePublicKey(text), secret: null, sign: null };
  } catch (error) {
    throw new ErError("key-unknown", `no usable key in "${path}": ${describe(error)}`, {
      cause: error,
      hints: hintsFor(path, error),
    });
  }
}

/** Nothing here may write over a file that is there and no key. */
function hintsFor(path: string, error: unknown): string[] {
  if ((error as NodeJS.ErrnoException).code === "ENOENT") return [`ssh-keygen -t ed25519 -f ${quote(path)}   # makes a new key`];
  if (!(error instanceof SignatureError)) return [`ls -l ${quote(path)}`];
  return [
    `ssh-keygen -l -f ${quote(path)}   # says what is in it`,
    `ssh-keygen -p -f ${quote(path)}   # converts an old PEM file`,
  ];
}

function describe(error: unknown): string {
  if (error instanceof SignatureError) return error.message;
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ENOENT" ? "file not found" : (code ?? String(error));
}

async function signWithSshKeygen(
  path: string,
  publicKey: SshPublicKey,
  namespace: SignatureNamespace,
  message: Uint8Array,
  env: Unattended | null,
): Promise<string> {
  const { execa } = await import("execa");
  const result = await execa("ssh-keygen", ["-Y", "sign", "-q", "-f", path, "-n", namespace, "-O", "hashalg=sha512"], {
    input: message,
    stderr: ["inherit", "pipe"],
    reject: false,
    stripFinalNewline: false,
    ...(env === null ? {} : { env }),
  });
  if (result.exitCode !== 0) {
    throw new ErError(
      "unauthenticated",
      `ssh-keygen did not sign with "${path}": ${(result.stderr || result.shortMessage || "").trim()}`,
      {
        hints: [`ssh-add ${quote(path)}   # and let ssh-agent hold the key`],
      },
    );
  }
  const { key } = verifySshSignature(result.stdout, namespace, message);
  if (key.text !== publicKey.text)
    throw new ErError("unauthenticated", `ssh-keygen signed with another key than the one in "${path}"`);
  return result.stdout;
}
