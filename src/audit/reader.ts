import type { Clock, Digest, Entry, Mode } from "../model/index.ts";
import { Blobs } from "./blobs.ts";
import { CatchUp } from "./catch-up.ts";
import { broken, makeFolder, onDisk } from "./disk.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { Mirror } from "./mirror.ts";
import { checkPin, type Pin, readPin } from "./pin.ts";
import { remoteState } from "./remote.ts";
import { type Store, StoreError } from "./stores/store.ts";
import type { AuditReader, Keyring, RemoteState } from "./types.ts";
import { Wal } from "./wal.ts";
import { type LogParts, type Survey, survey, walkLog } from "./walk.ts";

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
export class OpenLog implements AuditReader {
  readonly origin: string;
  readonly mode: Mode;
  readonly layout: Layout;
  readonly wal: Wal;
  readonly mirror: Mirror;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly stores: readonly Store[];
  readonly #parts: LogParts;
  readonly #checked: Set<Digest>;
  #keyring: Keyring | null = null;

  constructor(place: LogPlace, pin: Pin, stores: readonly Store[], clock: Clock) {
    this.#checked = place.checked ?? new Set();
    this.origin = place.origin;
    this.mode = place.mode;
    this.layout = layoutOf(place.home);
    checkPin(this.layout, pin, place.origin, place.mode);
    this.wal = new Wal(this.layout);
    this.mirror = new Mirror(this.layout);
    this.blobs = new Blobs(this.layout);
    this.stores = stores;
    this.clock = clock;
    this.#parts = { wal: this.wal, mirror: this.mirror, pin, path: this.layout.segments };
  }

  static async at(place: LogPlace, stores: readonly Store[], clock: Clock): Promise<OpenLog> {
    const layout = layoutOf(place.home);
    const pin = await readPin(layout);
    if (pin === null) throw broken(layout.pin, null, "no log begins here");
    await onDisk(layout.folder, () => makeFolder(layout.segments));
    return new OpenLog(place, pin, stores, clock);
  }

  async *entries(): AsyncGenerator<Entry> {
    yield* walkLog(this.#parts, this.#checked);
  }

  async survey(): Promise<Survey> {
    const found = await survey(this.#parts, this.#checked);
    this.#keyring = found.keyring;
    return found;
  }

  async blob(digest: Digest): Promise<Uint8Array | null> {
    return this.blobs.get(digest);
  }

  async keyring(): Promise<Keyring> {
    return this.#keyring ?? (await this.survey()).keyring;
  }

  async remote(): Promise<RemoteState> {
    return remoteState(this.stores, this.layout, await this.survey(), this.clock);
  }

  async close(): Promise<void> {
    await this.wal.close();
    await Promise.all(this.stores.map((store) => store.close()));
  }
}

/**
 * Opens the log for reading. With `refreshMs` it first mirrors what the deciding store has, within that time; a store that
 * does not answer is no error: what this machine has is read.
 */
export async function openReader(
  options: LogPlace & { readonly stores: readonly Store[]; readonly clock: Clock; readonly refreshMs?: number },
): Promise<AuditReader & { close(): Promise<void> }> {
  const log = await OpenLog.at(options, options.stores, options.clock);
  const [first] = options.stores;
  if (first !== undefined && options.refreshMs !== undefined) {
    const patience = new AbortController();
    const patient = options.clock.sleep(options.refreshMs, patience.signal).catch(() => undefined);
    const pulling = pull(log, first);
    // What it finds too late is for the next reader.
    pulling.catch(() => undefined);
    await Promise.race([pulling, patient]).finally(() => patience.abort());
  }
  return log;
}

async function pull(log: OpenLog, store: Store): Promise<void> {
  try {
    await new CatchUp(log, await log.survey()).pull(store);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
  }
}
