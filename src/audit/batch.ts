import { canonicalize, type Digest, digestBytes, type EntryBodies } from "../model/index.ts";
import { dsseSign, dsseVerify, type SessionKey, SignatureError } from "../signing/index.ts";
import { EntryFault, parseCanonical, UnknownForm } from "./entry.ts";
import { MAX_ENVELOPE_BYTES } from "./frames.ts";
import { BATCH_TYPE } from "./layout.ts";
import { MerkleTree } from "./merkle.ts";
import type { Void } from "./voids.ts";
import type { Sealed } from "./wal.ts";

export const MOST_ENTRIES = 256;
export const MOST_BYTES = 4 * 1024 * 1024;
/** Of a whole batch of any version, seal included: what is longer is none, and of no object is more than one byte more read. */
export const MOST_BATCH_BYTES = 8 * 1024 * 1024;

/**
 * What a batch says of itself; `size` and `root` are those of the log after it. Later versions may add members and raise `v`; what
 * origin, n, prev, session and writer mean, and how the seal is made, they keep: who does not know the rest still knows whose it is.
 */
export type BatchHead = {
  readonly v: 1;
  readonly origin: string;
  /** Of the store's names; those of void slots are left out. */
  readonly n: number;
  /** Of the whole batch before, as bytes; null at the first. */
  readonly prev: Digest | null;
  readonly first: Digest;
  readonly count: number;
  readonly size: number;
  readonly root: string;
  /** The opening of the session that seals, where that stands in no batch up to this one: its certificate vouches for the seal. */
  readonly session?: EntryBodies["session.opened"];
  readonly writer: string;
  /** The void slots between the batch before and this one. */
  readonly voids: readonly Void[];
};

export type Batch = { readonly head: BatchHead; readonly entries: readonly Sealed[]; readonly digest: Digest };

/** The state of the chain of batches after the last known one, and after the void slots behind it. */
export type BatchChain = {
  readonly next: number;
  /** The number of the last batch; -1 before the first. */
  readonly batch: number;
  readonly last: Digest | null;
  readonly tree: MerkleTree;
  readonly voids: readonly Void[];
};

export const NO_BATCHES: BatchChain = { next: 0, batch: -1, last: null, tree: new MerkleTree(), voids: [] };

export function skipping(chain: BatchChain, voids: readonly Void[]): BatchChain {
  return { ...chain, next: chain.next + voids.length, voids: [...chain.voids, ...voids] };
}

/** The bytes of the next batch. */
export function sealBatch(
  chain: BatchChain,
  entries: readonly Sealed[],
  origin: string,
  session: { readonly writer: string; readonly key: SessionKey; readonly opened?: EntryBodies["session.opened"] },
): Uint8Array {
  const [first] = entries;
  if (first === undefined) throw new RangeError("a batch of nothing");
  const tree = grown(chain.tree, entries);
  const head: BatchHead = {
    v: 1,
    origin,
    n: chain.next,
    prev: chain.last,
    first: first.digest,
    count: entries.length,
    size: tree.size,
    root: tree.root(),
    ...(session.opened === undefined ? {} : { session: session.opened }),
    writer: session.writer,
    voids: chain.voids,
  };
  const envelope = dsseSign(BATCH_TYPE, Buffer.from(canonicalize(head)), { keyid: session.writer, sign: session.key.sign });
  const lines = [envelope, ...entries.map((entry) => entry.envelope)];
  return Buffer.concat(lines.flatMap((line) => [line, Buffer.of(LF)]));
}

const LF = 0x0a;

/**
 * Reads the batch that follows `chain`, without its signature: the sealing session may begin inside it, so that comes after
 * its entries (`checkSeal`). Throws EntryFault.
 */
export function readBatch(bytes: Uint8Array, chain: BatchChain, origin: string): { batch: Batch; chain: BatchChain } {
  if (bytes.length > MOST_BATCH_BYTES) throw new EntryFault(`a batch is longer than ${MOST_BATCH_BYTES} bytes`);
  const [seal, ...lines] = linesOf(bytes);
  if (seal === undefined) throw new EntryFault("a batch is empty");
  const head = headOf(seal);
  if (lines.some(({ length }) => length > MAX_ENVELOPE_BYTES))
    throw new EntryFault(`batch ${head.n} has an entry that is too long`);
  const entries = lines.map((envelope) => ({ envelope, digest: digestBytes(envelope) }));
  const tree = grown(chain.tree, entries);
  if (head.origin !== origin) throw new EntryFault(`a batch belongs to the log "${head.origin}", not to "${origin}"`);
  if (head.n !== chain.next || head.prev !== chain.last)
    throw new EntryFault(`batch ${head.n} does not follow batch ${chain.batch} as batch ${chain.next}`);
  if (canonicalize(head.voids) !== canonicalize(chain.voids))
    throw new EntryFault(`batch ${head.n} names other void slots than there are before it`);
  if (head.count !== entries.length || head.first !== entries[0]?.digest)
    throw new EntryFault(`batch ${head.n} holds other entries`);
  if (head.size !== tree.size || head.root !== tree.root()) throw new EntryFault(`the root of batch ${head.n} does not hold`);
  const digest = digestBytes(bytes);
  return { batch: { head, entries, digest }, chain: { next: head.n + 1, batch: head.n, last: digest, tree, voids: [] } };
}

/** Checks the signature over the batch. `keyOf` knows the sessions up to and including the batch's own entries. */
export function checkSeal(bytes: Uint8Array, keyOf: (writer: string, session: BatchHead["session"]) => string | null): void {
  const [seal = bytes] = linesOf(bytes);
  try {
    const { writer, session } = headOf(seal);
    const { keyid } = dsseVerify(seal, BATCH_TYPE, (name) => keyOf(name, session));
    if (writer !== keyid) throw new EntryFault(`a batch of writer ${writer} is sealed by ${keyid}`);
  } catch (error) {
    throw error instanceof SignatureError ? new EntryFault(error.message) : error;
  }
}

function headOf(seal: Uint8Array): BatchHead {
  const head = claimedHead(seal);
  const names = Object.keys(head).filter((name) => name !== "session");
  if (names.join() !== "count,first,n,origin,prev,root,size,v,voids,writer" || head["v"] !== 1 || !Array.isArray(head["voids"]))
    throw new UnknownForm("a batch's head is not of its form");
  return head as BatchHead;
}

/** The head as it is, of whatever version. Throws EntryFault. */
export function claimedHead(seal: Uint8Array): Record<string, unknown> {
  const { payload } = parseCanonical(Buffer.from(seal).toString("latin1"));
  if (typeof payload !== "string") throw new EntryFault("a batch has no head");
  return parseCanonical(Buffer.from(payload, "base64").toString());
}

/** Throws EntryFault, also for more lines than a batch has: a stranger may have made millions. */
export function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(LF, start);
    if (end < 0) throw new EntryFault("a batch does not end with a line");
    if (lines.length > MOST_ENTRIES) throw new EntryFault(`a batch has more than ${MOST_ENTRIES} entries`);
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

function grown(tree: MerkleTree, entries: readonly Sealed[]): MerkleTree {
  const next = tree.copy();
  for (const { envelope } of entries) next.add(envelope);
  return next;
}
