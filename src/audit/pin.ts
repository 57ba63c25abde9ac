import { readdir, readFile } from "node:fs/promises";
import { canonicalize, type Digest, ErError, type Mode } from "../model/index.ts";
import { broken, createOnce, hasCode, onDisk } from "./disk.ts";
import { parseCanonical } from "./entry.ts";
import type { Layout } from "./layout.ts";

/** Which log this machine keeps: the first founding entry that it saw, so that no other can be put in its place. */
export type Pin = { readonly origin: string; readonly mode: Mode; readonly genesis: Digest };

/** Null when no log is kept here. Errors: `audit-broken`, also where entries lie without it: whoever took it away made no new log. */
export async function readPin({ pin, segments }: Layout): Promise<Pin | null> {
  return onDisk(pin, async () => {
    try {
      const { origin, mode, genesis } = parseCanonical(await readFile(pin, "utf8"));
      if (typeof origin === "string" && (mode === "real" || mode === "drill") && typeof genesis === "string")
        return { origin, mode, genesis: genesis as Digest };
    } catch (error) {
      if (hasCode(error, "ENOENT") && (await isEmpty(segments))) return null;
      if (hasCode(error, "ENOENT")) throw broken(pin, null, "it is gone, and entries are there");
      if (error instanceof Error && "errno" in error) throw error;
    }
    throw broken(pin, null, "it does not name a log");
  });
}

async function isEmpty(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length === 0;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return true;
    throw error;
  }
}

export async function writePin(layout: Layout, pin: Pin): Promise<void> {
  await onDisk(layout.pin, () => createOnce(layout.pin, Buffer.from(canonicalize(pin))));
}

/** Errors: `audit-forked` when the organization's file speaks of another log than the one that is kept here. */
export function checkPin(layout: Layout, pin: Pin, origin: string, mode: Mode): void {
  if (pin.origin === origin && pin.mode === mode) return;
  throw new ErError(
    "audit-forked",
    `"${layout.folder}" keeps the ${pin.mode} log "${pin.origin}", not the ${mode} log "${origin}"`,
    {
      hints: ["another home for another organization: --home FOLDER", `or set origin: ${pin.origin} in the organization's file`],
    },
  );
}
