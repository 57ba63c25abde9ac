import { type Clock, type Digest, digestBytes, type EntryBodies } from "../model/index.ts";
import type { SessionKey, TreeHead } from "../signing/index.ts";
import { BackOff } from "./back-off.ts";
import { type BatchChain, MOST_BATCH_BYTES, MOST_BYTES, MOST_ENTRIES, sealBatch, skipping } from "./batch.ts";
import { type Blobs, MOST_BLOB_BYTES } from "./blobs.ts";
import { blobsOf } from "./bodies.ts";
import type { Chain } from "./chain.ts";
import type { Checkpoints } from "./checkpoints.ts";
import { broken } from "./disk.ts";
import { EntryFault, parsePayload } from "./entry.ts";
import { continues, OTHER_HISTORY } from "./heads.ts";
import { decided, type Judgement, judge, type Log } from "./judge.ts";
import { batchObject, blobObject, type Layout } from "./layout.ts";
import type { Mirror } from "./mirror.ts";
import { settle } from "./settle.ts";
import { StoreCursor } from "./store-cursor.ts";
import { type Store, StoreError, StoreForked } from "./stores/store.ts";
import { voidOf } from "./voids.ts";
import type { Sealed, Wal, WalPlace } from "./wal.ts";
import type { Survey } from "./walk.ts";

/** After so many lost races, what is left is handed over by the next synchronization: nobody waits for it. */
const MOST_LOST = 10;

/** The session that seals. `opened` is its opening, once there is one. */
export type Seal = { readonly writer: string; readonly key: SessionKey; readonly opened: EntryBodies["session.opened"] | null };

/**
 * Brings the stores and this machine to the same batches. The first store decides the order: who creates the next number
 * first has it, and everybody else goes on behind. Nothing here is believed from a status alone: what stands under a number is
 * read and checked. Errors: StoreError; `audit-broken`, `audit-unavailable` of this machine's copy.
 */
export class CatchUp {
  readonly #origin: string;
  readonly #layout: Layout;
  readonly #wal: Wal;
  readonly #mirror: Mirror;
  readonly #blobs: Blobs;
  readonly #genesis: Digest;
  readonly #backOff = new BackOff();
  readonly #checkpoints: Checkpoints;
  #chain: BatchChain;
  /** The number of the last batch that was sealed here by this process; null before the first. */
  #mine: number | null = null;
  /** The void slots behind the last batch. They are kept on disk once a batch names them. */
  readonly #skipped: { readonly n: number; readonly keep: Uint8Array }[] = [];
  #entries: Chain;
  #pendingFrom: WalPlace;

  constructor(
    parts: { origin: string; layout: Layout; wal: Wal; mirror: Mirror; blobs: Blobs; checkpoints: Checkpoints },
    from: CatchUpFrom,
  ) {
    this.#origin = parts.origin;
    this.#layout = parts.layout;
    this.#wal = parts.wal;
    this.#mirror = parts.mirror;
    this.#blobs = parts.blobs;
    this.#genesis = from.genesis;
    this.#checkpoints = parts.checkpoints;
    this.#chain = from.batches;
    this.#entries = from.committed.copy();
    this.#pendingFrom = from.pendingFrom;
  }

  /** The last known batch. */
  get seen(): { readonly batch: number; readonly digest: Digest | null } {
    return { batch: this.#chain.batch, digest: this.#chain.last };
  }

  /** Whether everything that was written before this place stands in a batch. */
  reaches({ segment, offset }: WalPlace): boolean {
    const from = this.#pendingFrom;
    return from.segment > segment || (from.segment === segment && from.offset >= offset);
  }

  /** Takes over what other processes of this machine mirrored meanwhile. */
  async refresh(): Promise<void> {
    for (let next = await this.#mirror.next(this.#chain.next); next !== null; next = await this.#mirror.next(this.#chain.next)) {
      const batches = skipping(this.#chain, next.voids);
      const judged = judge(next.bytes, { ...this.#log, batches });
      if (judged.batch === null) throw broken(this.#mirror.path(batches.next), null, judged.because);
      await this.#follow(judged);
    }
  }

  /** Mirrors what the deciding store has. Errors: StoreForked where that does not continue what this machine has from there. */
  async pull(store: Store): Promise<void> {
    await this.refresh();
    await this.#checkContinues(store);
    await this.#takeOver(store);
    await this.#checkpoints.fetch(store, this.#head, this.#entries.logKey);
  }

  /** Signs the log as far as it is in the deciding store, where this machine may use the log key. Errors: StoreError. */
  async checkpoint(store: Store): Promise<void> {
    await this.#checkpoints.make(store, this.#head, this.#entries.logKey);
  }

  /** Gives the newest checkpoint to a store that does not decide. Errors: StoreError. */
  async giveCheckpoint(store: Store): Promise<void> {
    await this.#checkpoints.give(store);
  }

  get #head(): TreeHead {
    return { size: this.#chain.tree.size, root: this.#chain.tree.root() };
  }

  async #takeOver(store: Store): Promise<void> {
    for (;;) {
      const bytes = await this.#readBatch(store, this.#chain.next);
      if (bytes === null) break;
      await this.#take(bytes, store);
    }
    await this.#reached(store);
  }

  /** What this machine once saw there must still be there. */
  async #checkContinues(store: Store): Promise<void> {
    const last = Math.min((await new StoreCursor(this.#layout, store.name).read()) - 1, this.#chain.batch);
    const bytes = last < 0 ? null : await this.#mirror.read(last);
    if (bytes === null) return;
    const there = await this.#readBatch(store, last);
    if (there !== null && Buffer.compare(there, bytes) === 0) return;
    const how =
      there === null ? `batch ${last}, which it had, is gone: it was cut or rolled back` : `batch ${last} is another now`;
    throw new StoreForked(store.name, `what is there does not continue what this machine verified: ${how}`);
  }

  /**
   * Seals what only this machine has, until nothing is left; false when others were faster too often. Who finds others about waits
   * and looks again before it signs: nothing is signed in vain for a batch that came during the pause.
   */
  async commit(store: Store, seal: Seal, clock: Clock): Promise<boolean> {
    let lost = 0;
    while (lost < MOST_LOST) {
      if (this.#mine !== null) this.#backOff.shared(this.#chain.batch - this.#mine);
      const run = await this.#nextRun();
      if (run.length === 0) break;
      const number = this.#chain.next;
      const sealing = this.#sealing(store, this.#after(run), seal);
      if (this.#backOff.crowded) {
        await this.#backOff.pause(clock);
        await this.refresh();
        await this.#takeOver(store);
        if (this.#chain.next !== number) {
          lost++;
          continue;
        }
      }
      const began = clock.monotonic();
      const bytes = sealBatch(this.#chain, run, this.#origin, sealing);
      const there = await this.#offer(store, number, bytes, run, clock);
      await this.#take(there, store);
      this.#backOff.tried(clock.monotonic() - began);
      if (Buffer.compare(there, bytes) === 0) {
        this.#mine = this.#chain.batch;
        this.#backOff.won();
      } else {
        this.#backOff.lost();
        lost++;
      }
    }
    await this.#reached(store);
    return lost < MOST_LOST;
  }

  /** Who seals, with their opening where the log does not have it. Nobody would take a batch by somebody whose key was revoked meanwhile. */
  #sealing(store: Store, after: Chain, { writer, key, opened }: Seal): Parameters<typeof sealBatch>[3] {
    const brought = after.knows(writer) || opened === null ? undefined : opened;
    try {
      after.sealKey(writer, this.#entries.keyring, brought);
    } catch (error) {
      throw error instanceof EntryFault ? new StoreError(store.name, `this session cannot seal: ${error.message}`) : error;
    }
    return brought === undefined ? { writer, key } : { writer, key, opened: brought };
  }

  /**
   * The chain of entries with these. What stands in a store stands there for good: nothing goes there that everybody would refuse.
   * Errors: `audit-broken`.
   */
  #after(run: readonly Sealed[]): Chain {
    const entries = this.#entries.copy();
    try {
      for (const { envelope, digest } of run) entries.accept(envelope, digest, true);
      return entries;
    } catch (error) {
      throw error instanceof EntryFault ? broken(this.#layout.segments, null, error.message) : error;
    }
  }

  /** Gives a store the batches that this machine has and it lacks. */
  async push(store: Store, clock: Clock): Promise<void> {
    const cursor = new StoreCursor(this.#layout, store.name);
    const from = Math.min(await cursor.read(), this.#chain.next);
    for (let number = from; number < this.#chain.next; number++) {
      const batch = await this.#mirror.read(number);
      const bytes = batch ?? (await this.#mirror.readVoid(number));
      if (bytes === null) return;
      const there = await this.#offer(store, number, bytes, batch === null ? [] : entriesOf(batch), clock);
      if (Buffer.compare(there, bytes) !== 0 && voidOf(number, there).digest !== voidOf(number, bytes).digest)
        throw new StoreError(store.name, `batch ${number} there is another than the one here: it holds another log`);
      await cursor.write(number + 1);
    }
  }

  #readBatch(store: Store, number: number): Promise<Uint8Array | null> {
    return store.read(batchObject(number), MOST_BATCH_BYTES + 1);
  }

  async #reached(store: Store): Promise<void> {
    if (this.#chain.next > 0) await this.#checkpoints.heads.pin(this.#head);
    await new StoreCursor(this.#layout, store.name).write(this.#chain.next);
  }

  /** What stands under the number after the batch was offered to it. */
  #offer(store: Store, number: number, bytes: Uint8Array, entries: readonly Sealed[], clock: Clock): Promise<Uint8Array> {
    const object = batchObject(number);
    const create = async () => {
      for (const digest of new Set(entries.flatMap(({ envelope }) => blobsIn(envelope)))) {
        const blob = await this.#blobs.get(digest);
        if (blob !== null) await store.create(blobObject(digest), blob);
      }
      await store.create(object, bytes);
    };
    return settle(store, { object, most: MOST_BATCH_BYTES + 1, create }, this.#backOff, clock);
  }

  async #nextRun(): Promise<Sealed[]> {
    const run: Sealed[] = [];
    let bytes = 0;
    for await (const record of this.#wal.records(this.#pendingFrom)) {
      bytes += record.envelope.length;
      if (run.length === MOST_ENTRIES || bytes > MOST_BYTES) break;
      run.push({ envelope: record.envelope, digest: record.digest });
    }
    return run;
  }

  get #log(): Log {
    return { origin: this.#origin, batches: this.#chain, entries: this.#entries, genesis: this.#genesis };
  }

  /** Takes what stands in the store under the next number: mirrors a batch, with the void slots that it names, or skips what is none. */
  async #take(bytes: Uint8Array, store: Store): Promise<void> {
    const judged = decided(store, () => judge(bytes, this.#log));
    if (judged.batch === null) {
      this.#skipped.push({ n: judged.skipped.n, keep: judged.keep });
      this.#chain = skipping(this.#chain, [judged.skipped]);
      return;
    }
    if (!continues(await this.#checkpoints.heads.pinned(), this.#chain.tree.size, judged.batch.head))
      throw new StoreForked(
        store.name,
        `batch ${judged.batch.head.n} there does not belong to this log: the log ${OTHER_HISTORY}`,
      );
    await this.#fetchBlobs(store, judged.batch.entries);
    for (const { n, keep } of this.#skipped) await this.#mirror.addVoid(n, keep);
    await this.#mirror.add(judged.batch.head.n, bytes);
    await this.#follow(judged);
  }

  /** Takes a batch that is mirrored as the end of the log. */
  async #follow({ batch, batches, entries }: Exclude<Judgement, { batch: null }>): Promise<void> {
    const wanted = batch.entries.values();
    let next = wanted.next();
    for await (const record of this.#wal.records(this.#pendingFrom)) {
      while (!next.done && next.value.digest !== record.digest) next = wanted.next();
      if (next.done) break;
      this.#pendingFrom = record.next;
      next = wanted.next();
    }
    this.#skipped.length = 0;
    this.#chain = batches;
    this.#entries = entries;
  }

  async #fetchBlobs(store: Store, entries: readonly Sealed[]): Promise<void> {
    for (const digest of new Set(entries.flatMap(({ envelope }) => blobsIn(envelope)))) {
      if ((await this.#blobs.get(digest)) !== null) continue;
      const bytes = await store.read(blobObject(digest), MOST_BLOB_BYTES);
      // Another content than its name says is no content: it must not keep the log from going on.
      if (bytes !== null && digestBytes(bytes) === digest) await this.#blobs.put([bytes]);
    }
  }
}

export type CatchUpFrom = Pick<Survey, "genesis" | "batches" | "committed" | "pendingFrom">;

/** The entries of a batch that was checked before. */
function entriesOf(bytes: Uint8Array): Sealed[] {
  const lines = Buffer.from(bytes).toString("latin1").split("\n").slice(1, -1);
  return lines.map((line) => {
    const envelope = Buffer.from(line, "latin1");
    return { envelope, digest: digestBytes(envelope) };
  });
}

function blobsIn(envelope: Uint8Array): readonly Digest[] {
  const { payload } = JSON.parse(Buffer.from(envelope).toString("latin1")) as { payload: string };
  const { type, body } = parsePayload(Buffer.from(payload, "base64"));
  return blobsOf(type, body);
}
