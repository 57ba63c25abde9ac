import { type Clock, type Digest, digestBytes, type Entry, ErError, type Mode } from "../model/index.ts";
import type { LogKey } from "../signing/index.ts";
import { Blobs } from "./blobs.ts";
import { CatchUp } from "./catch-up.ts";
import { Checkpoints } from "./checkpoints.ts";
import { broken, makeFolder, onDisk } from "./disk.ts";
import { Heads } from "./heads.ts";
import type { LoggedKeyring } from "./keyring.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { Mirror } from "./mirror.ts";
import { checkPin, type Pin, readPin } from "./pin.ts";
import { remoteState } from "./remote.ts";
import { type Store, StoreError, StoreForked } from "./stores/store.ts";
import type { AuditReader, RemoteState, SealedEntry, SealedReader } from "./types.ts";
import { Wal } from "./wal.ts";
import { type LogParts, type Survey, survey, walkLog, walkSealed } from "./walk.ts";

export type LogPlace = {
  readonly home: string;
  readonly origin: string;
  readonly mode: Mode;
  /** The entries of this log whose signature this process has verified, kept by who opens it more than once. */
  readonly checked?: Set<Digest>;
};

export async function logExists(home: string): Promise<boolean> {
  return (await readPin(layoutOf(home))) !== null;
}

/** What reading and writing share. */
export class OpenLog implements AuditReader, SealedReader {
  readonly origin: string;
  readonly mode: Mode;
  readonly layout: Layout;
  readonly wal: Wal;
  readonly mirror: Mirror;
  readonly blobs: Blobs;
  readonly checkpoints: Checkpoints;
  readonly clock: Clock;
  readonly stores: readonly Store[];
  readonly #parts: LogParts;
  readonly #checked: Set<Digest>;
  #keyring: LoggedKeyring | null = null;

  constructor(place: LogPlace, pin: Pin, stores: readonly Store[], clock: Clock, logKey: LogKey | null) {
    this.#checked = place.checked ?? new Set();
    this.origin = place.origin;
    this.mode = place.mode;
    this.layout = layoutOf(place.home);
    checkPin(this.layout, pin, place.origin, place.mode);
    this.wal = new Wal(this.layout);
    this.mirror = new Mirror(this.layout);
    this.blobs = new Blobs(this.layout);
    this.checkpoints = new Checkpoints(new Heads(this.layout, place.origin), place.origin, logKey);
    this.stores = stores;
    this.clock = clock;
    this.#parts = { wal: this.wal, mirror: this.mirror, pin, path: this.layout.segments };
  }

  static async at(place: LogPlace, stores: readonly Store[], clock: Clock, logKey: LogKey | null = null): Promise<OpenLog> {
    const layout = layoutOf(place.home);
    const pin = await readPin(layout);
    if (pin === null) throw broken(layout.pin, null, "no log begins here");
    await onDisk(layout.folder, () => makeFolder(layout.segments));
    return new OpenLog(place, pin, stores, clock, logKey);
  }

  async *entries(): AsyncGenerator<Entry> {
    this.#keyring = (yield* walkLog(this.#parts, this.#checked, await this.checkpoints.heads.pinned())).keyring;
  }

  async *sealed(): AsyncGenerator<SealedEntry> {
    yield* walkSealed(this.#parts, this.#checked, await this.checkpoints.heads.pinned());
  }

  async survey(): Promise<Survey> {
    const found = await survey(this.#parts, this.#checked, await this.checkpoints.heads.pinned());
    this.#keyring = found.keyring;
    return found;
  }

  /** As `survey`, where batches that this machine lost may still come back from the store. */
  async surveyOfWhatIsLeft(): Promise<Survey> {
    return survey(this.#parts, this.#checked, null);
  }

  async blob(digest: Digest): Promise<Uint8Array | null> {
    return this.blobs.get(digest);
  }

  async seen(): Promise<{ readonly batch: number; readonly digest: Digest } | null> {
    const { next, last } = (await this.survey()).batches;
    return last === null ? null : { batch: next - 1, digest: last };
  }

  async batch(number: number): Promise<Digest | null> {
    const bytes = await this.mirror.read(number);
    return bytes === null ? null : digestBytes(bytes);
  }

  async keyring(): Promise<LoggedKeyring> {
    return this.#keyring ?? (await this.survey()).keyring;
  }

  async remote(): Promise<RemoteState> {
    const found = await this.survey();
    return {
      ...(await remoteState(this.stores, this.layout, found, this.clock)),
      checkpoint: await this.#checkpointState(found),
    };
  }

  async #checkpointState({ committed }: Survey): Promise<RemoteState["checkpoint"]> {
    if (committed.logKey === null) return null;
    const entries = (await this.checkpoints.heads.checkpoint())?.size ?? 0;
    const { failure } = this.checkpoints;
    return failure === null ? { entries } : { entries, reason: failure };
  }

  async close(): Promise<void> {
    await this.wal.close();
    await Promise.all(this.stores.map((store) => store.close()));
  }
}

/**
 * Opens the log for reading. With `refreshMs` it first mirrors what the deciding store has, within that time; a store that
 * does not answer is no error: what this machine has is read. One that does not continue what this machine has is told to `onFork`.
 */
export async function openReader(
  options: LogPlace & {
    readonly stores: readonly Store[];
    readonly clock: Clock;
    readonly refreshMs?: number;
    readonly onFork?: (error: ErError) => void;
  },
): Promise<AuditReader & SealedReader & { close(): Promise<void> }> {
  const log = await OpenLog.at(options, options.stores, options.clock);
  const [first] = options.stores;
  if (first !== undefined && options.refreshMs !== undefined) {
    const patience = new AbortController();
    const patient = options.clock.sleep(options.refreshMs, patience.signal).catch(() => undefined);
    const pulling = pull(log, first, options.onFork);
    // What it finds too late is for the next reader.
    pulling.catch(() => undefined);
    await Promise.race([pulling, patient]).finally(() => patience.abort());
  }
  return log;
}

async function pull(log: OpenLog, store: Store, onFork: (error: ErError) => void = () => undefined): Promise<void> {
  try {
    await new CatchUp(log, await log.surveyOfWhatIsLeft()).pull(store);
  } catch (error) {
    if (error instanceof StoreForked) onFork(storeForked(error));
    else if (!(error instanceof StoreError)) throw error;
  }
}

function storeForked({ store, message }: StoreForked): ErError {
  return new ErError("audit-forked", `store "${store}": ${message}`, {
    hints: [
      "soc2-er audit verify   # what this machine has",
      "keep the store as it is: it is evidence; docs/audit-log.md says how to give back what it lost",
    ],
  });
}
