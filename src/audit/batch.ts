import { canonicalize, type Digest, digestBytes, type EntryBodies } from "../model/index.ts";
import { dsseSign, dsseVerify, type SessionKey, SignatureError } from "../signing/index.ts";
import { EntryFault, parseCanonical } from "./entry.ts";
import { BATCH_TYPE } from "./layout.ts";
import { MerkleTree } from "./merkle.ts";
import type { Sealed } from "./wal.ts";

export const MOST_ENTRIES = 256;
export const MOST_BYTES = 4 * 1024 * 1024;
/** Of a whole batch, seal included: what is longer is none. */
export const MOST_BATCH_BYTES = 8 * 1024 * 1024;

/** What a batch says of itself; `size` and `root` are those of the log after it. */
export type BatchHead = {
  readonly v: 1;
  readonly origin: string;
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
  readonly voids: readonly never[];
};

export type Batch = { readonly head: BatchHead; readonly entries: readonly Sealed[]; readonly digest: Digest };

/** The state of the chain of batches after the last known one. */
export type BatchChain = { readonly next: number; readonly last: Digest | null; readonly tree: MerkleTree };

export const NO_BATCHES: BatchChain = { next: 0, last: null, tree: new MerkleTree() };

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
    voids: [],
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
  const [seal, ...lines] = linesOf(bytes);
  if (seal === undefined) throw new EntryFault("a batch is empty");
  const head = headOf(seal);
  const entries = lines.map((envelope) => ({ envelope, digest: digestBytes(envelope) }));
  const tree = grown(chain.tree, entries);
  if (head.origin !== origin) throw new EntryFault(`a batch belongs to the log "${head.origin}", not to "${origin}"`);
  if (head.n !== chain.next || head.prev !== chain.last)
    throw new EntryFault(`batch ${head.n} does not follow batch ${chain.next - 1}`);
  if (head.count !== entries.length || head.first !== entries[0]?.digest)
    throw new EntryFault(`batch ${head.n} holds other entries`);
  if (head.size !== tree.size || head.root !== tree.root()) throw new EntryFault(`the root of batch ${head.n} does not hold`);
  const digest = digestBytes(bytes);
  return { batch: { head, entries, digest }, chain: { next: head.n + 1, last: digest, tree } };
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
  const { payload } = parseCanonical(Buffer.from(seal).toString("latin1"));
  if (typeof payload !== "string") throw new EntryFault("a batch has no head");
  const head = parseCanonical(Buffer.from(payload, "base64").toString());
  const names = Object.keys(head).filter((name) => name !== "session");
  if (names.join() !== "count,first,n,origin,prev,root,size,v,voids,writer" || head.v !== 1)
    throw new EntryFault("a batch's head is not of its form");
  return head as BatchHead;
}

function* splitLines(bytes: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(LF, start);
    if (end < 0) throw new EntryFault("a batch does not end with a line");
    yield bytes.subarray(start, end);
    start = end + 1;
  }
}

function linesOf(bytes: Uint8Array): Uint8Array[] {
  return [...splitLines(bytes)];
}

function grown(tree: MerkleTree, entries: readonly Sealed[]): MerkleTree {
  const next = tree.copy();
  for (const { envelope } of entries) next.add(envelope);
  return next;
}
