import { resolve } from "node:path";
import type { LogKeyConfig } from "../config/index.ts";
import { type Clock, ErError } from "../model/index.ts";
import { fileLogKey, type LogKey, noteKey, verifyNoteSignature } from "../signing/index.ts";
import { kmsLogKey } from "./log-key-kms.ts";
import { vaultLogKey, vaultToken } from "./log-key-vault.ts";

/** Nothing waits for a checkpoint; a machine that ends does not wait longer than this for its last one. */
const DEADLINE_MS = 4_000;
/** No checkpoint: it does not have three lines. */
const PROBE = Buffer.from("soc2-er doctor asks whether the log key signs\n");

export type LogKeyDeps = {
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths start here. */
  readonly base: string;
  /** Of Azure. */
  readonly tenant?: string;
};

/** The log key of the organization's file. Nothing is read or asked before it is used. */
export function logKeyFrom(config: LogKeyConfig, { clock, env, base, tenant }: LogKeyDeps): LogKey {
  switch (config.kind) {
    case "file":
      return fileLogKey(resolve(base, config.path));
    case "aws-kms":
      return kmsLogKey({ key: config.key, region: config.region, clock, env, deadlineMs: DEADLINE_MS });
    case "azure-key-vault":
      return vaultLogKey({ id: config.id, clock, deadlineMs: DEADLINE_MS, token: vaultToken(clock, env, tenant) });
  }
}

/** The public half, as the founding entry of the log names it. Errors: `log-key-unusable`. */
export async function publicLogKey(logKey: LogKey, origin: string): Promise<string> {
  return noteKey(origin, await logKey.publicKey()).text;
}

/** Signs something that is no checkpoint. Errors: `log-key-unusable`, also where what it signs does not verify. */
export async function tryLogKey(logKey: LogKey, origin: string): Promise<void> {
  const key = noteKey(origin, await logKey.publicKey());
  if (verifyNoteSignature(key, PROBE.toString(), await logKey.sign(PROBE))) return;
  throw new ErError("log-key-unusable", `what the log key "${logKey.name}" signs does not verify with its own public half`, {
    hints: ["it must sign with ECDSA and SHA-256 on P-256, or with Ed25519"],
  });
}
