import { connect, type Socket } from "node:net";
import { ErError, systemClock, within } from "../model/index.ts";
import { publicKeyFromBlob } from "./public-key.ts";
import { SignatureError } from "./signature-error.ts";
import { armorSshSignature, sshsigPreimage } from "./sshsig.ts";
import type { PersonSigner, SshPublicKey } from "./types.ts";
import { WireReader, wireString, wireUint32 } from "./wire.ts";

const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;
const MAX_ANSWER = 256 * 1024;
const LIST_DEADLINE_MS = 5_000;
/** Long enough for a person to find and touch a security key. */
const SIGN_DEADLINE_MS = 60_000;

/**
 * The keys of the ssh-agent behind `SSH_AUTH_SOCK`, in the agent's order; keys of types that are not admitted are left out.
 * Empty without an agent. Throws `environment` when an agent is there but does not answer properly within the deadline.
 */
export async function agentSigners(
  env: Readonly<Record<string, string | undefined>>,
  listDeadlineMs = LIST_DEADLINE_MS,
): Promise<PersonSigner[]> {
  const path = env["SSH_AUTH_SOCK"];
  if (path === undefined || path === "") return [];
  const answer = await ask(path, Buffer.of(REQUEST_IDENTITIES), listDeadlineMs).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ECONNREFUSED") return null;
    throw unusable(path, error);
  });
  return answer === null ? [] : listKeys(answer, path).map((publicKey) => agentSigner(path, publicKey));
}

function listKeys(answer: Buffer, path: string): SshPublicKey[] {
  const keys: SshPublicKey[] = [];
  try {
    const reader = new WireReader(answer);
    if (reader.byte() !== IDENTITIES_ANSWER)
      throw new SignatureError("malformed", "the agent is locked or refuses to list its keys");
    for (let left = reader.uint32(); left > 0; left--) {
      const blob = reader.string();
      reader.string();
      const key = admitted(blob);
      if (key !== null) keys.push(key);
    }
    reader.end();
  } catch (error) {
    throw unusable(path, error);
  }
  return keys;
}

function admitted(blob: Uint8Array): SshPublicKey | null {
  try {
    return publicKeyFromBlob(blob);
  } catch {
    return null;
  }
}

function agentSigner(path: string, publicKey: SshPublicKey): PersonSigner {
  return {
    publicKey,
    async sign(namespace, message) {
      const request = Buffer.concat([
        Buffer.of(SIGN_REQUEST),
        wireString(publicKey.blob),
        wireString(sshsigPreimage(namespace, message)),
        wireUint32(0),
      ]);
      const answer = await ask(path, request, SIGN_DEADLINE_MS).catch((error: unknown) => {
        throw unusable(path, error);
      });
      if (answer[0] !== SIGN_RESPONSE) {
        throw new ErError("unauthenticated", `ssh-agent refused to sign with ${publicKey.fingerprint}`, {
          hints: ["ssh-add -l   # is the key still there, is the agent locked?"],
        });
      }
      const reader = new WireReader(answer.subarray(1));
      const signature = reader.string();
      reader.end();
      return armorSshSignature(publicKey, namespace, signature);
    },
  };
}

function unusable(path: string, error: unknown): ErError {
  const why = error instanceof Error ? error.message : String(error);
  return new ErError("environment", `ssh-agent at "${path}" is not usable: ${why}`, {
    cause: error,
    hints: ["ssh-add -l   # or name a key file with --key"],
  });
}

/** One request, one answer, one connection: an agent that hangs costs the deadline, not the session. */
async function ask(path: string, request: Buffer, deadlineMs: number): Promise<Buffer> {
  const socket = connect(path);
  try {
    return await within(systemClock, deadlineMs, () => exchange(socket, request));
  } finally {
    socket.destroy();
  }
}

async function exchange(socket: Socket, request: Buffer): Promise<Buffer> {
  socket.write(wireString(request));
  let received = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    received = Buffer.concat([received, chunk]);
    if (received.length < 4) continue;
    const length = received.readUInt32BE();
    if (length === 0 || length > MAX_ANSWER) throw new Error("answer of impossible length");
    if (received.length >= 4 + length) return received.subarray(4, 4 + length);
  }
  throw new Error("connection closed without an answer");
}
