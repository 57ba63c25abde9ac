import type { Clock, Digest, Entry, EntryOf, EntryType, NewEntry, Person } from "../model/index.ts";
import { DeadlineError, ErError, systemClock, within } from "../model/index.ts";
import type { LogKey, PersonSigner } from "../signing/index.ts";
import { Ballast, closes, isFull } from "./ballast.ts";
import { CatchUp } from "./catch-up.ts";
import { refuseNetwork } from "./ground.ts";
import { ProcessLock } from "./lock.ts";
import { type LogPlace, OpenLog } from "./reader.ts";
import { Session } from "./session.ts";
import type { Store } from "./stores/store.ts";
import { Synchronizer } from "./synchronizer.ts";
import { Turn } from "./turn.ts";
import type { Acknowledgement, AuditWriter, Keyring, RemoteState } from "./types.ts";
import type { TornTail } from "./wal.ts";

const CLOSING_SYNC_MS = 5_000;
/** How long a store that could not be reached is left alone by the background. */
const DOWN_PAUSE_MS = 5_000;
/** Between looks at what another process of this machine is handing over. */
const SHARED_PAUSE_MS = 50;

type Waiting = {
  readonly entries: readonly NewEntry[];
  readonly resolve: (entries: readonly Entry[]) => void;
  readonly reject: (error: unknown) => void;
};

export type WriterOptions = LogPlace & {
  readonly stores: readonly Store[];
  readonly signer: PersonSigner;
  readonly clock: Clock;
  readonly host: string;
  readonly tool: string;
  /** Signs checkpoints, where this machine may use it. */
  readonly logKey?: LogKey | null;
};

/** Errors: `key-unknown` when the key belongs to nobody of the keyring, `audit-broken`, `audit-unavailable`, `audit-forked`. */
export async function openWriter(options: WriterOptions): Promise<AuditWriter> {
  const log = await OpenLog.at(options, options.stores, options.clock, options.logKey);
  await refuseNetwork(log.layout.folder);
  const found = await log.survey();
  const person = found.keyring.ownerOf(options.signer.publicKey.text);
  if (person === null) throw stranger(options.signer, found.keyring);
  const writer = new Pen(log, person, new Session({ ...options, person: person.id }), new CatchUp(log, found), found);
  await writer.begin(options.signer);
  return writer;
}

class Pen implements AuditWriter {
  readonly person: Person;
  readonly #log: OpenLog;
  readonly #session: Session;
  readonly #catchUp: CatchUp;
  readonly #ballast: Ballast;
  readonly #turn: Turn;
  readonly #lock: ProcessLock;
  readonly #synchronizer: Synchronizer;
  readonly #down: Map<string, string>;
  readonly #foreign: number;
  readonly #torn: TornTail[] = [];
  readonly #waiting: Waiting[] = [];
  #writing: Promise<void> | null = null;
  #syncing: Promise<boolean> | null = null;
  #signing: Promise<void> | null = null;
  #closed = false;
  readonly #closing = new AbortController();
  #asking = false;
  #restUntil = 0;

  constructor(log: OpenLog, person: Person, session: Session, catchUp: CatchUp, found: Awaited<ReturnType<OpenLog["survey"]>>) {
    this.person = person;
    this.#log = log;
    this.#session = session;
    this.#catchUp = catchUp;
    this.#lock = new ProcessLock(log.layout.lock);
    this.#ballast = new Ballast(log.layout);
    this.#turn = new Turn(this.#lock, log.wal, this.#ballast, (tail) => this.#torn.push(tail));
    this.#down = new Map(found.down);
    this.#foreign = found.foreign;
    this.#synchronizer = new Synchronizer(log.stores, catchUp, {
      syncLock: log.layout.syncLock,
      seal: session,
      clock: log.clock,
      down: this.#down,
      pending: async () => (await log.remote()).pending,
      note: async (entry) => {
        await this.append([entry]);
        if (entry.type === "remote.down") this.#down.set(entry.body.store, entry.body.reason);
        else this.#down.delete(entry.body.store);
      },
    });
  }

  get origin(): string {
    return this.#log.origin;
  }

  get mode(): OpenLog["mode"] {
    return this.#log.mode;
  }

  get writer(): string {
    return this.#session.writer;
  }

  async seen(): ReturnType<AuditWriter["seen"]> {
    const { batch, digest } = this.#catchUp.seen;
    return digest === null ? null : { batch, digest };
  }

  async begin(signer: PersonSigner): Promise<void> {
    try {
      await this.append([await this.#session.opening(signer)]);
    } catch (error) {
      await this.#release();
      throw error;
    }
  }

  entries(): AsyncIterable<Entry> {
    return this.#log.entries();
  }

  blob(digest: Digest): Promise<Uint8Array | null> {
    return this.#log.blob(digest);
  }

  putBlob(parts: Iterable<Uint8Array | string>): Promise<Digest> {
    return this.#log.blobs.put(parts);
  }

  batch(number: number): Promise<Digest | null> {
    return this.#log.batch(number);
  }

  keyring(): Promise<Keyring> {
    return this.#log.keyring();
  }

  remote(): Promise<RemoteState> {
    return this.#log.remote();
  }

  async append<T extends EntryType>(entries: readonly Extract<NewEntry, { type: T }>[]): Promise<readonly EntryOf<T>[]> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly Entry[]>();
    this.#waiting.push({ entries, resolve, reject });
    this.#writing ??= this.#write();
    return (await promise) as readonly EntryOf<T>[];
  }

  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#turn.takeAlone(work);
  }

  async sync(budgetMs: number): Promise<RemoteState> {
    if (this.#log.stores.length > 0) await this.#within(budgetMs, this.#syncAndSign());
    return this.remote();
  }

  async acknowledged(budgetMs: number): Promise<Acknowledgement> {
    const [deciding] = this.#log.stores;
    if (deciding === undefined) return "no-store";
    const { end } = this.#log.wal;
    const ask = async (signal: AbortSignal): Promise<Acknowledgement> => {
      while (!signal.aborted) {
        const mine = await this.#syncUntil(() => signal.aborted || this.#catchUp.reaches(end));
        if (this.#catchUp.reaches(end)) return "given";
        if (mine && this.#down.has(deciding.name)) break;
        await systemClock.sleep(SHARED_PAUSE_MS);
      }
      return "missing";
    };
    return within(systemClock, budgetMs, ask).catch((error: unknown) => {
      if (error instanceof DeadlineError) return "missing";
      throw error;
    });
  }

  /** As `#sync`, which goes on behind it once `enough` holds: other stores than the deciding one are not waited for. */
  async #syncUntil(enough: () => boolean): Promise<boolean> {
    let ended: boolean | null = null;
    const syncing = this.#sync().then((mine) => {
      ended = mine;
      return mine;
    });
    syncing.catch(() => undefined);
    while (ended === null && !enough()) await Promise.race([syncing, systemClock.sleep(SHARED_PAUSE_MS)]);
    return ended ?? true;
  }

  async close(budgetMs = CLOSING_SYNC_MS): Promise<void> {
    if (this.#closed) return;
    this.#closing.abort();
    try {
      await this.append([{ type: "session.closed", body: { entries: 0 } }]);
      if (this.#log.stores.length > 0 && this.#down.size === 0) await this.#within(budgetMs, this.#syncAndSign());
    } finally {
      await this.#release();
    }
  }

  async #release(): Promise<void> {
    this.#closed = true;
    this.#synchronizer.stop();
    await this.#log.close();
    this.#lock[Symbol.dispose]();
  }

  /** Writes all that is waiting, one group after the other, each in one write. */
  async #write(): Promise<void> {
    // Calls of the same moment go into one group.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      await this.#turn
        .take(async () => this.#writeGroup(this.#waiting.splice(0)))
        .catch((error) => {
          for (const { reject } of this.#waiting.splice(0)) reject(error);
        });
    }
    this.#writing = null;
    if (!this.#closed && this.#log.stores.length > 0) this.#background();
  }

  /** On a full disk what closes something still gets there, in the room that was kept for it, and the rest is refused. */
  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    const admitted = await this.#admitted(group);
    try {
      await this.#put(admitted);
    } catch (error) {
      const closing = isFull(error) ? admitted.filter(({ entries }) => closes(entries)) : [];
      refuse(without(admitted, closing), error);
      if (closing.length === 0) return;
      try {
        await this.#ballast.release();
        await this.#put(closing);
      } catch (again) {
        refuse(closing, again);
      }
    }
  }

  /** Nothing is begun without room for its end. */
  async #admitted(group: readonly Waiting[]): Promise<readonly Waiting[]> {
    const closing = group.filter(({ entries }) => closes(entries));
    if (closing.length === group.length || this.#ballast.whole) return group;
    try {
      await this.#ballast.make();
      return group;
    } catch (error) {
      refuse(without(group, closing), error);
      return closing;
    }
  }

  async #put(group: readonly Waiting[]): Promise<void> {
    if (group.length === 0) return;
    const rewind = this.#session.mark();
    try {
      const torn = this.#torn.map((body): NewEntry => ({ type: "recovery.truncated", body }));
      const opens = this.#session.entries === 0;
      const first = opens ? [] : torn;
      const sealed = [...first, ...group.flatMap(({ entries }) => entries), ...(opens ? torn : [])].map((entry) =>
        this.#session.seal(entry, this.#catchUp.seen),
      );
      const place = this.#foreign + this.#log.wal.count;
      await this.#log.wal.append(sealed);
      this.#torn.length = 0;
      const written = sealed
        .map(({ entry }, index) => entry(place + index))
        .values()
        .drop(first.length);
      for (const { entries, resolve } of group) resolve(entries.flatMap(() => written.next().value ?? []));
    } catch (error) {
      rewind();
      throw error;
    }
  }

  #background(): void {
    const now = this.#log.clock.monotonic();
    if (this.#syncing !== null || now < this.#restUntil) return;
    if (this.#down.size > 0) this.#restUntil = now + DOWN_PAUSE_MS;
    void this.#sync()
      .then(() => {
        this.#askAgain();
        return this.#signing === null ? this.#sign() : undefined;
      })
      .catch(() => undefined);
  }

  /** While a store is away it is asked again and again: who waits for an effect writes nothing meanwhile. */
  #askAgain(): void {
    if (this.#down.size === 0 || this.#asking || this.#closing.signal.aborted) return;
    this.#asking = true;
    void this.#log.clock.sleep(DOWN_PAUSE_MS, this.#closing.signal).then(
      () => {
        this.#asking = false;
        this.#restUntil = 0;
        this.#background();
      },
      () => undefined,
    );
  }

  /** One synchronization at a time; who asks during one gets one that begins after it. */
  async #sync(): Promise<boolean> {
    while (this.#syncing !== null) await this.#syncing;
    this.#syncing = this.#synchronizer.run().finally(() => {
      this.#syncing = null;
    });
    return await this.#syncing;
  }

  async #syncAndSign(): Promise<void> {
    await this.#sync();
    await this.#sign();
  }

  /** One checkpoint at a time; who asks during one gets one over what is there after it. */
  async #sign(): Promise<void> {
    while (this.#signing !== null) await this.#signing;
    this.#signing = this.#synchronizer.checkpoint().finally(() => {
      this.#signing = null;
    });
    await this.#signing;
  }

  async #within(budgetMs: number, work: Promise<unknown>): Promise<void> {
    const patience = new AbortController();
    const patient = this.#log.clock.sleep(budgetMs, patience.signal).catch(() => undefined);
    await Promise.race([work, patient]).finally(() => patience.abort());
    work.catch(() => undefined);
  }
}

function refuse(group: readonly Waiting[], error: unknown): void {
  for (const { reject } of group) reject(error);
}

function without<T>(all: readonly T[], some: readonly T[]): readonly T[] {
  return all.filter((one) => !some.includes(one));
}

function stranger(signer: PersonSigner, keyring: Keyring): ErError {
  return new ErError("key-unknown", `the key "${signer.publicKey.fingerprint}" belongs to nobody in the audit log's keyring`, {
    hints: [`people there: ${keyring.people.map(({ id }) => id).join(", ")}`, "another key: --key FILE or --key agent:COMMENT"],
  });
}
