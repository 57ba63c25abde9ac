import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

const PIECE = 64 * 1024;

/** A file system of its own that can be filled to the last byte. */
export type SmallDisk = { readonly folder: string; fill(): void; empty(): void };

/** Null where none can be mounted, which only root may; the test then says so as a skipped one. */
export function smallDisk(t: Pick<TestContext, "after">, mib: number): SmallDisk | null {
  const folder = mkdtempSync(join(tmpdir(), "small-disk-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${mib}m`, "none", folder]).status === 0;
  t.after(() => {
    if (mounted) spawnSync("umount", ["-l", folder]);
    rmdirSync(folder);
  });
  if (!mounted) return null;
  const filler = join(folder, "filler");
  return {
    folder,
    fill: () => {
      const file = openSync(filler, "a");
      for (let piece = PIECE; piece > 0; ) {
        try {
          if (writeSync(file, Buffer.alloc(piece)) < piece) piece >>= 1;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
          piece >>= 1;
        }
      }
      closeSync(file);
    },
    empty: () => rmSync(filler, { force: true }),
  };
}

export const NO_SMALL_DISK = "NOT TESTED: no file system can be mounted here, which only root may";
