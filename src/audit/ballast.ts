import { randomBytes } from "node:crypto";
import { readdir, rm, statfs } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type EntryType, ErError, type NewEntry, quote } from "../model/index.ts";
import { createOnce, hasCode, onDisk, syncFolder } from "./disk.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { fileAt } from "./open-segment.ts";

const MIB = 1024 * 1024;
const PIECES = 8;
const BYTES = PIECES * MIB;
/** What must be free besides, so that the first entry after it is made does not need it. */
const SPARE_BYTES = MIB;

/** What ends something that was begun, or says what happened. All else begins something. */
const CLOSING: ReadonlySet<EntryType> = new Set<EntryType>([
  "session.opened",
  "session.closed",
  "incident.closed",
  "run.resumed",
  "change.progressed",
  "change.settled",
  "change.verified",
  "run.residual",
  "run.closed",
  "run.swept",
  "remote.down",
  "remote.up",
  "recovery.truncated",
]);

export function closes(entries: readonly Pick<NewEntry, "type">[]): boolean {
  return entries.every(({ type }) => CLOSING.has(type));
}

/** Whether the disk, or this person's part of it, has no room left. */
export function isFull(error: unknown): boolean {
  return error instanceof ErError && hasCode(error.cause, "ENOSPC", "EDQUOT");
}

/**
 * Room that is kept on the disk for the end of what was begun: a file that is given up when the disk is full. While it is gone nothing is
 * begun, so that what it made room for is not used up; whoever begins something makes it again, where there is room.
 */
export class Ballast {
  readonly #path: string;

  constructor(layout: Pick<Layout, "ballast">) {
    this.#path = layout.ballast;
  }

  get whole(): boolean {
    return Number(fileAt(this.#path)?.size ?? 0) >= BYTES;
  }

  /** Durable on return. Errors: `audit-unavailable` when there is no room for it. */
  async make(): Promise<void> {
    if (this.whole) return;
    if (!(await this.hasRoom())) throw this.#full();
    try {
      await onDisk(this.#path, async () => {
        await this.#clear();
        // Random, so that a file system that compresses keeps as much.
        await createOnce(this.#path, Buffer.concat(Array<Buffer>(PIECES).fill(randomBytes(MIB))));
      });
    } catch (error) {
      throw isFull(error) ? this.#full(error) : error;
    }
  }

  async release(): Promise<void> {
    await onDisk(this.#path, async () => {
      await rm(this.#path, { force: true });
      await syncFolder(dirname(this.#path));
    });
  }

  async hasRoom(): Promise<boolean> {
    const { bavail, bsize } = await onDisk(this.#path, () => statfs(dirname(this.#path)));
    return bavail * bsize >= BYTES + SPARE_BYTES;
  }

  /** Also what a crash left of making it. */
  async #clear(): Promise<void> {
    const folder = dirname(this.#path);
    const drafts = (await readdir(folder)).filter((name) => name.startsWith(`.${basename(this.#path)}.`));
    for (const path of [this.#path, ...drafts.map((name) => join(folder, name))]) await rm(path, { force: true });
  }

  #full(cause?: unknown): ErError {
    const folder = dirname(this.#path);
    return new ErError(
      "audit-unavailable",
      `the disk of "${folder}" is full: what was begun is still written, nothing new is begun`,
      {
        cause,
        hints: [`df -h ${quote(folder)}`, "or keep the log elsewhere: --home FOLDER or SOC2_ER_HOME=FOLDER"],
      },
    );
  }
}

/** `short`: given up or gone, and there is no room to make it again. Errors: `audit-unavailable`. */
export async function ballastOf(home: string): Promise<"whole" | "gone" | "short"> {
  const ballast = new Ballast(layoutOf(home));
  if (ballast.whole) return "whole";
  return (await ballast.hasRoom()) ? "gone" : "short";
}
