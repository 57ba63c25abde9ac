import { join } from "node:path";
import type { Digest } from "../model/index.ts";

export const ENTRY_TYPE = "application/vnd.soc2-er.entry.v1+json";
export const BATCH_TYPE = "application/vnd.soc2-er.batch.v1+json";

/** Where the parts of a log lie below its home. */
export type Layout = {
  readonly folder: string;
  readonly segments: string;
  readonly batches: string;
  readonly blobs: string;
  readonly stores: string;
  readonly pins: string;
  readonly checkpoints: string;
  readonly quarantine: string;
  readonly ballast: string;
  readonly pin: string;
  readonly lock: string;
  readonly syncLock: string;
};

export function layoutOf(home: string): Layout {
  return layoutIn(join(home, "log"));
}

export function layoutIn(folder: string): Layout {
  return {
    folder,
    segments: join(folder, "segments"),
    batches: join(folder, "batches"),
    blobs: join(folder, "blobs", "sha256"),
    stores: join(folder, "stores"),
    pins: join(folder, "pins"),
    checkpoints: join(folder, "checkpoints"),
    quarantine: join(folder, "quarantine"),
    ballast: join(folder, "ballast"),
    pin: join(folder, "genesis.json"),
    lock: join(folder, "lock"),
    syncLock: join(folder, "sync.lock"),
  };
}

export function segmentName(number: number): string {
  return `${String(number).padStart(10, "0")}.wal`;
}

/** The file's name in the mirror, and after `batch/` the object's in a store. */
export function batchName(number: number): string {
  return String(number).padStart(12, "0");
}

/** What the mirror keeps in the place of a batch where the store's number holds none. */
export function voidName(number: number): string {
  return `${batchName(number)}.void`;
}

export function batchObject(number: number): string {
  return `batch/${batchName(number)}`;
}

/** Of what speaks of the log's first `size` entries, here and after `checkpoint/` in a store. */
export function headName(size: number): string {
  return String(size).padStart(12, "0");
}

export function checkpointObject(size: number): string {
  return `checkpoint/${headName(size)}`;
}

export function hexOf(digest: Digest): string {
  return digest.slice("sha256:".length);
}

export function blobObject(digest: Digest): string {
  return `blob/sha256/${hexOf(digest)}`;
}
