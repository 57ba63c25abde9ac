import type { Digest, Entry, Instant } from "../model/index.ts";
import type { TreeHead } from "../signing/index.ts";
import { type BatchChain, checkSeal, NO_BATCHES, readBatch, skipping } from "./batch.ts";
import { Chain } from "./chain.ts";
import { broken } from "./disk.ts";
import { EntryFault } from "./entry.ts";
import { continues, forked, OTHER_HISTORY } from "./heads.ts";
import type { LoggedKeyring } from "./keyring.ts";
import type { Mirror } from "./mirror.ts";
import type { Pin } from "./pin.ts";
import type { SealedEntry } from "./types.ts";
import { WAL_START, type Wal, type WalPlace, type WalRecord } from "./wal.ts";

/** What a whole reading of the log found out. */
export type Survey = {
  readonly keyring: LoggedKeyring;
  readonly genesis: Digest;
  readonly batches: BatchChain;
  /** The chain of entries as far as the batches reach. */
  readonly committed: Chain;
  /** How many entries the log has after each number of a batch or a void slot. */
  readonly sizes: readonly number[];
  readonly pending: number;
  /** How many of all come from other machines. */
  readonly foreign: number;
  readonly oldestPending: Instant | null;
  readonly pendingFrom: WalPlace;
  /** Stores that could not be reached when last tried, and why. */
  readonly down: ReadonlyMap<string, string>;
};

export type LogParts = { readonly wal: Wal; readonly mirror: Mirror; readonly pin: Pin; readonly path: string };

/**
 * Reads the log in its order, batches first, then what only this machine has, and checks each entry on the way; returns
 * what it found out. `checked` holds the digests of the entries and batches whose signatures this process has verified: a batch names the
 * one before, so the same bytes follow the same history. `pinned` is a head that the log must continue; null to look at what is
 * there, whatever it is. Errors: `audit-broken`, `audit-forked`.
 */
export async function* walkLog(parts: LogParts, checked: Set<Digest>, pinned: TreeHead | null): AsyncGenerator<Entry, Survey> {
  const walk = walkSealed(parts, checked, pinned);
  for (;;) {
    const step = await walk.next();
    if (step.done) return step.value;
    yield step.value.entry;
  }
}

/** As `walkLog`, each entry with the envelope that it was read from. */
export async function* walkSealed(
  parts: LogParts,
  checked: Set<Digest>,
  pinned: TreeHead | null,
): AsyncGenerator<SealedEntry, Survey> {
  const { wal, mirror, pin, path } = parts;
  const chain = new Chain(pin.origin, pin.mode, checked);
  const local = new Local(wal);
  const sizes: number[] = [];
  const down = new Map<string, string>();
  let batches = NO_BATCHES;
  for (let next = await mirror.next(0); next !== null; next = await mirror.next(batches.next)) {
    const { bytes, voids } = next;
    const place = skipping(batches, voids);
    const at = mirror.path(place.next);
    const read = holds(at, null, () => readBatch(bytes, place, pin.origin));
    sizes.push(...voids.map(() => batches.tree.size));
    const before = chain.keyring;
    local.mayHaveGrown();
    for (const { envelope, digest } of read.batch.entries) {
      await local.skip(digest);
      const entry = holds(at, null, () => chain.accept(envelope, digest, true));
      noteSpell(down, entry);
      yield { entry, envelope };
    }
    if (!checked.has(read.batch.digest))
      holds(at, null, () => checkSeal(bytes, (writer, session) => chain.sealKey(writer, before, session)));
    checked.add(read.batch.digest);
    if (!continues(pinned, batches.tree.size, read.batch.head)) throw forked(pinned?.size ?? 0, OTHER_HISTORY);
    batches = read.chain;
    sizes.push(batches.tree.size);
  }
  if (pinned !== null && batches.tree.size < pinned.size) throw forked(pinned.size, "is shorter than it was");
  const committed = chain.copy();
  const pendingFrom = local.place;
  let pending = 0;
  let oldestPending: Instant | null = null;
  for (let record = await local.take(); record !== null; record = await local.take()) {
    const { envelope, digest, place } = record;
    const entry = holds(path, place.offset, () => chain.accept(envelope, digest, false));
    noteSpell(down, entry);
    oldestPending ??= entry.at;
    pending++;
    yield { entry, envelope };
  }
  const { keyring, genesis } = chain;
  if (keyring === null || genesis !== pin.genesis) throw broken(path, null, "its first entries are not those that founded it");
  const foreign = batches.tree.size + pending - local.taken;
  return { keyring, genesis, batches, committed, sizes, pending, foreign, oldestPending, pendingFrom, down };
}

export async function survey(parts: LogParts, checked: Set<Digest>, pinned: TreeHead | null): Promise<Survey> {
  const walk = walkLog(parts, checked, pinned);
  for (;;) {
    const step = await walk.next();
    if (step.done) return step.value;
  }
}

/** The local records, of which those that stand in batches are skipped. A batch holds them in the order of the segments. */
class Local {
  readonly #wal: Wal;
  #records: AsyncGenerator<WalRecord>;
  #mayHaveGrown = false;
  #ended = false;
  #ahead: WalRecord | null = null;
  /** Where the first record lies that was not taken. */
  place: WalPlace = WAL_START;
  taken = 0;

  constructor(wal: Wal) {
    this.#wal = wal;
    this.#records = wal.records();
  }

  /** What another process handed over meanwhile, it had written here before: the end that was found may not be the end. */
  mayHaveGrown(): void {
    this.#mayHaveGrown = true;
    this.#ended = false;
  }

  async skip(digest: Digest): Promise<void> {
    if ((await this.#peek())?.digest === digest) await this.take();
  }

  async take(): Promise<WalRecord | null> {
    const record = await this.#peek();
    this.#ahead = null;
    if (record !== null) {
      this.place = record.next;
      this.taken++;
    }
    return record;
  }

  async #peek(): Promise<WalRecord | null> {
    if (this.#ahead !== null || this.#ended) return this.#ahead;
    let step = await this.#records.next();
    if (step.done && this.#mayHaveGrown) {
      this.#mayHaveGrown = false;
      this.#records = this.#wal.records(this.place);
      step = await this.#records.next();
    }
    this.#ended = step.done === true;
    this.#ahead = step.done ? null : step.value;
    return this.#ahead;
  }
}

function noteSpell(down: Map<string, string>, { type, body }: Entry): void {
  if (type === "remote.down") down.set(body.store, body.reason);
  if (type === "remote.up") down.delete(body.store);
}

function holds<T>(path: string, at: number | null, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof EntryFault ? broken(path, at, error.message) : error;
  }
}
