import type { Digest, EntryBodies, Mode } from "../model/index.ts";
import { dsseVerify } from "../signing/index.ts";
import { type Batch, type BatchChain, checkSeal, claimedHead, linesOf, NO_BATCHES, readBatch } from "./batch.ts";
import { Chain } from "./chain.ts";
import { EntryFault, UnknownForm } from "./entry.ts";
import { BATCH_TYPE } from "./layout.ts";
import { type Store, StoreError } from "./stores/store.ts";
import { markOf, type Void, voidOf } from "./voids.ts";

/** The log up to some batch. */
export type Log = {
  readonly origin: string;
  readonly batches: BatchChain;
  readonly entries: Chain;
  /** Null for who sees the log for the first time and believes what founds it. */
  readonly genesis: Digest | null;
};

export type Judgement =
  | { readonly batch: Batch; readonly batches: BatchChain; readonly entries: Chain }
  /** `keep` is what this machine keeps in its place: a member's seal over something else is evidence, anything else a digest. */
  | { readonly batch: null; readonly skipped: Void; readonly keep: Uint8Array; readonly because: string };

/** The object may be right, and nobody may go on without it: for whoever knows where it lies. */
export class Undecided extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Undecided";
  }
}

/**
 * Decides what stands under the next number: the log's next batch, or nothing. It looks at the bytes and the log up to there
 * alone, so that everybody who holds that decides alike, at any time. Throws `Undecided` for what a later version may have
 * sealed, and where another log was begun before this one came.
 */
export function judge(bytes: Uint8Array, log: Log): Judgement {
  const entries = log.entries.copy();
  const fault = faultIn(() => {
    const { batch, chain } = readBatch(bytes, log.batches, log.origin);
    for (const { envelope, digest } of batch.entries) entries.accept(envelope, digest, true);
    if (entries.genesis === null || (log.genesis !== null && entries.genesis !== log.genesis))
      throw new EntryFault("it was founded by another entry");
    checkSeal(bytes, (writer, session) => entries.sealKey(writer, log.entries.keyring, session));
    return { batch, batches: chain, entries };
  });
  if (!(fault instanceof EntryFault)) return fault;
  const { next, last, batch } = log.batches;
  const head = sealedBy(bytes, log, entries);
  if (head !== null && fault instanceof UnknownForm && head["prev"] === last)
    throw new Undecided(`batch ${next} there was written by a newer version: ${fault.message}`);
  if (batch === -1 && founds(bytes)) throw new Undecided(`batch ${next} there does not belong to this log: ${fault.message}`);
  const skipped = voidOf(next, bytes);
  return { batch: null, skipped, keep: head === null ? markOf(skipped) : bytes, because: fault.message };
}

/** As judged; StoreError where nobody may decide. */
export function decided(store: Store, work: () => Judgement): Judgement {
  try {
    return work();
  } catch (error) {
    throw error instanceof Undecided ? new StoreError(store.name, error.message) : error;
  }
}

/** The head under the valid seal of a member over this number of this log; null without. */
function sealedBy(bytes: Uint8Array, { origin, batches, entries: before }: Log, entries: Chain): Record<string, unknown> | null {
  const found = faultIn(() => {
    const [seal = bytes, ...lines] = linesOf(bytes);
    const head = claimedHead(seal);
    if (head["n"] !== batches.next || head["origin"] !== origin) throw new EntryFault("it is of another place");
    const writer = String(head["writer"]);
    const session = (head["session"] as EntryBodies["session.opened"] | undefined) ?? openingOf(writer, lines);
    dsseVerify(seal, BATCH_TYPE, () => entries.sealKey(writer, before.keyring, session));
    return { head };
  });
  return found instanceof EntryFault ? null : found.head;
}

/** A session may be opened in the very batch that it seals. */
function openingOf(writer: string, lines: readonly Uint8Array[]): EntryBodies["session.opened"] | undefined {
  for (const line of lines) {
    const claim = faultIn(() => claimedHead(line));
    if (!(claim instanceof EntryFault) && claim["type"] === "session.opened" && claim["writer"] === writer)
      return claim["body"] as EntryBodies["session.opened"];
  }
  return undefined;
}

/** Whether it begins a log by itself, of whatever origin: then two logs share a place, which somebody must sort out. */
function founds(bytes: Uint8Array): boolean {
  const found = faultIn(() => {
    const [seal = bytes, first = bytes] = linesOf(bytes);
    const head = claimedHead(seal);
    const origin = String(head["origin"]);
    const entries = new Chain(origin, claimedHead(first)["mode"] as Mode, new Set());
    const start = { ...NO_BATCHES, next: Number(head["n"]), voids: head["voids"] as readonly Void[] };
    const { batch } = readBatch(bytes, start, origin);
    for (const { envelope, digest } of batch.entries) entries.accept(envelope, digest, true);
    checkSeal(bytes, (writer, session) => entries.sealKey(writer, null, session));
    return { genesis: entries.genesis };
  });
  return !(found instanceof EntryFault) && found.genesis !== null;
}

/** Strangers chose these bytes: whatever a check stumbles over in them is a fault of theirs. */
function faultIn<T>(work: () => T): T | EntryFault {
  try {
    return work();
  } catch (error) {
    return error instanceof EntryFault ? error : new EntryFault(error instanceof Error ? error.message : String(error));
  }
}
