import { createHash } from "node:crypto";
import { ErError } from "../model/index.ts";
import type { TreeHead } from "../signing/index.ts";
import { broken } from "./disk.ts";
import { forked, Heads, type NotedHead, OTHER_HISTORY } from "./heads.ts";
import { layoutOf } from "./layout.ts";
import { Mirror } from "./mirror.ts";
import type { LogPlace } from "./reader.ts";

type Place = Pick<LogPlace, "home" | "origin">;

/** The newest head that this machine can show; `signed` by the log key. `hashes` are the proof, in hex, from the leaf's side to the root's. */
export type Proof = {
  readonly head: TreeHead;
  readonly note: string;
  readonly signed: boolean;
  readonly hashes: readonly string[];
};
export type EntryProof = Proof & { readonly index: number; readonly envelope: Uint8Array };

/**
 * Proves that an entry is in the log, under the newest checkpoint over it; where none is, under the head that is pinned.
 * Errors: `usage` for an entry that stands in no batch yet, `audit-broken`.
 */
export async function proveEntry(place: Place, index: number): Promise<EntryProof> {
  const heads = new Heads(layoutOf(place.home), place.origin);
  const found = [await heads.checkpoint(), await heads.pinned()].find((head) => head !== null && index < head.size);
  if (!found)
    throw new ErError("usage", `entry ${index} stands in no batch yet: nothing proves it`, {
      hints: ["soc2-er audit sync   # then again"],
    });
  const { hashes, envelope } = await leavesUnder(place, found, index);
  return { ...shown(found), hashes: hex(pathOf(hashes, index)), index, envelope };
}

/**
 * The newest checkpoint, else the pinned head; and where `since` is given, that the log continues it. Errors: `usage` while nothing
 * is in a batch, or `since` is newer; `audit-forked` where the log has another history than `since`.
 */
export async function proveGrowth(place: Place, since: TreeHead | null): Promise<Proof> {
  const heads = new Heads(layoutOf(place.home), place.origin);
  const newest = (await heads.checkpoint()) ?? (await heads.pinned());
  const hints = ["soc2-er audit sync   # then again"];
  if (newest === null) throw new ErError("usage", "nothing of this log is in a batch yet", { hints });
  if (since === null) return { ...shown(newest), hashes: [] };
  if (since.size > newest.size || since.size === 0)
    throw new ErError(
      "usage",
      `the checkpoint that you kept is over ${since.size} entries, the newest one here over ${newest.size}`,
      {
        hints,
      },
    );
  const { hashes } = await leavesUnder(place, newest);
  if (rootOf(hashes.slice(0, since.size)).toString("hex") !== since.root) throw forked(since.size, OTHER_HISTORY);
  return { ...shown(newest), hashes: hex(growthOf(hashes, since.size, true)) };
}

/** As C2SP tlog-proof writes it, with the entry itself as the extra line, so that nothing else is needed to check it. */
export function entryProofText({ index, hashes, note, envelope }: EntryProof): string {
  const extra = Buffer.from(envelope).toString("base64");
  return `c2sp.org/tlog-proof@v1\nextra ${extra}\nindex ${index}\n${lines(hashes)}\n${note}`;
}

/** As a witness is asked (C2SP tlog-witness, add-checkpoint): the old size, the proof, the new checkpoint. */
export function growthProofText({ hashes, note }: Proof, since: TreeHead): string {
  return `old ${since.size}\n${lines(hashes)}\n${note}`;
}

function lines(hashes: readonly string[]): string {
  return hashes.map((hash) => `${Buffer.from(hash, "hex").toString("base64")}\n`).join("");
}

function hex(hashes: readonly Buffer[]): string[] {
  return hashes.map((hash) => hash.toString("hex"));
}

function shown({ size, root, note, signatures }: NotedHead): Omit<Proof, "hashes"> {
  return { head: { size, root }, note: Buffer.from(note).toString(), signed: signatures.length > 0 };
}

/** The hashes of all entries that a head is over, 32 bytes each, and the one envelope that is asked for. */
async function leavesUnder(place: Place, { size, root }: TreeHead, wanted = -1) {
  const mirror = new Mirror(layoutOf(place.home));
  const hashes: Buffer[] = [];
  let envelope: Uint8Array = Buffer.alloc(0);
  for (let number = 0; hashes.length < size; ) {
    const next = await mirror.next(number);
    if (next === null) throw broken(mirror.path(number), null, "it is gone");
    number += next.voids.length + 1;
    for (const line of envelopesOf(next.bytes)) {
      if (hashes.length === wanted) envelope = line;
      hashes.push(sha256(Buffer.of(0), line));
    }
  }
  if (hashes.length !== size || rootOf(hashes).toString("hex") !== root) throw forked(size, OTHER_HISTORY);
  return { hashes, envelope };
}

function envelopesOf(batch: Uint8Array): Buffer[] {
  const text = Buffer.from(batch).toString("latin1");
  return text
    .split("\n")
    .slice(1, -1)
    .map((line) => Buffer.from(line, "latin1"));
}

/** RFC 6962, section 2.1.1. */
function pathOf(leaves: readonly Buffer[], index: number): Buffer[] {
  if (leaves.length <= 1) return [];
  const half = halfOf(leaves.length);
  const [left, right] = [leaves.slice(0, half), leaves.slice(half)];
  return index < half ? [...pathOf(left, index), rootOf(right)] : [...pathOf(right, index - half), rootOf(left)];
}

/** RFC 6962, section 2.1.2: `known` while the first `size` leaves are the whole old tree, whose root the asking side has. */
function growthOf(leaves: readonly Buffer[], size: number, known: boolean): Buffer[] {
  if (size === leaves.length) return known ? [] : [rootOf(leaves)];
  const half = halfOf(leaves.length);
  const [left, right] = [leaves.slice(0, half), leaves.slice(half)];
  return size <= half ? [...growthOf(left, size, known), rootOf(right)] : [...growthOf(right, size - half, false), rootOf(left)];
}

function rootOf(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only !== undefined && leaves.length === 1) return only;
  const half = halfOf(leaves.length);
  return sha256(Buffer.of(1), rootOf(leaves.slice(0, half)), rootOf(leaves.slice(half)));
}

/** The largest power of two below it. */
function halfOf(count: number): number {
  let half = 1;
  while (half * 2 < count) half *= 2;
  return half;
}

function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}
