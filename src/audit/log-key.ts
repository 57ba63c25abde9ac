import { resolve } from "node:path";
import type { LogKeyConfig } from "../config/index.ts";
import { fileLogKey, type LogKey, noteKey } from "../signing/index.ts";

/** The log key of the organization's file. Relative paths start at `base`. Nothing is read or asked before it is used. */
export function logKeyFrom(config: LogKeyConfig, { base }: { readonly base: string }): LogKey {
  return fileLogKey(resolve(base, config.path));
}

/** The public half, as the founding entry of the log names it. Errors: `log-key-unusable`. */
export async function publicLogKey(logKey: LogKey, origin: string): Promise<string> {
  return noteKey(origin, await logKey.publicKey()).text;
}
