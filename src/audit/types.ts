import type { Digest, Entry, EntryOf, EntryType, Mode, NewEntry, Person, Role } from "../model/index.ts";

/**
 * A key that was ever admitted. `since` is the place in the log from which on it is in its state; a revoked one's signatures are
 * good up to and with the entry `goodThrough`.
 */
export type KeyRecord = {
  /** `type base64` */
  readonly text: string;
  readonly fingerprint: string;
  readonly person: string;
  readonly state: "active" | "retired" | "revoked";
  readonly added: number;
  readonly since: number;
  readonly goodThrough: number | null;
};

/** Who holds which key and role at a place in the log. The keyring is a fold of the log; the config grants nothing. */
export interface Keyring {
  /** With their active keys. */
  readonly people: readonly Person[];
  /** Every key that was ever admitted, in the order in which they were. */
  readonly keys: readonly KeyRecord[];
  /** Whose approval the log was founded with, by runbook: what the organization's file may add to and never take from. */
  readonly approvals: { readonly [runbook: string]: readonly Role[] };
  /** Runbooks all of whose roles may sign in advance, by the founding: what the file may take from and never add to. */
  readonly preapproved: readonly string[];
  /** Whether decisions by FIDO keys need a verified user, by the founding. */
  readonly verification: boolean;
  /** For which runbooks a break-glass ruling can be had, and how long its review may take at most: likewise. */
  readonly breakGlass: { readonly allowed: readonly string[]; readonly ratifyWithinMs: number };
  /** Of the statement of the last change that took effect; before the first, of the founding entry. */
  readonly last: Digest;
  person(id: string): Person | null;
  /** Whose active key it is. By public key text (`type base64`), comment ignored. */
  ownerOf(publicKey: string): Person | null;
  holds(person: string, role: Role): boolean;
  /** As the entry at this place found it. */
  at(place: number): Keyring;
}

/** Reading the log needs no key and writes nothing. */
export interface AuditReader {
  readonly origin: string;
  readonly mode: Mode;
  /** All entries in order: committed batches first, then what only this machine has. Verified (signature, chain) as they are read. */
  entries(): AsyncIterable<Entry>;
  /** What `putBlob` stored, checked against its digest; null when it is nowhere. */
  blob(digest: Digest): Promise<Uint8Array | null>;
  /** At the end of what was last read to its end; before that, of all there is. */
  keyring(): Promise<Keyring>;
  /** The newest batch that this machine knows; null before the first. */
  seen(): Promise<{ readonly batch: number; readonly digest: Digest } | null>;
  /** The digest of a batch, as this machine has it; null for one that it lacks. */
  batch(number: number): Promise<Digest | null>;
  /** How far the remote stores are behind. */
  remote(): Promise<RemoteState>;
}

/** An entry, and the envelope that it was read from. */
export type SealedEntry = { readonly entry: Entry; readonly envelope: Uint8Array };

export interface SealedReader {
  /** As `entries` of a reader, for whoever hands them on. */
  sealed(): AsyncIterable<SealedEntry>;
}

export type RemoteState = {
  /** How many entries the newest checkpoint that this machine has is over, and why a newer one could not be made; null in a log without a log key. */
  readonly checkpoint: { readonly entries: number; readonly reason?: string } | null;
  readonly state: "none" | "up-to-date" | "behind" | "down";
  readonly pending: number;
  /** Age of the oldest entry that the slowest store lacks; 0 when none. */
  readonly lagSeconds: number;
  readonly stores: readonly {
    readonly name: string;
    readonly state: "up-to-date" | "behind" | "down";
    readonly pending: number;
    readonly reason?: string;
  }[];
};

/** Of the store that decides the order: it has what was written, it does not, or there is none. */
export type Acknowledgement = "given" | "missing" | "no-store";

/**
 * One session's pen. Opening it costs one signature by the person; entries are signed by the session key.
 * Errors: `audit-unavailable` when the disk does not take the entry, `audit-broken` when the log on disk was altered.
 */
export interface AuditWriter extends AuditReader {
  readonly person: Person;
  readonly writer: string;
  /** Resolves when all of them are on disk (one fdatasync for all that are waiting). Calls keep their order. */
  append<T extends EntryType>(entries: readonly Extract<NewEntry, { type: T }>[]): Promise<readonly EntryOf<T>[]>;
  /** Content-addressed, durable on return; written as its parts come. */
  putBlob(parts: Iterable<Uint8Array | string>): Promise<Digest>;
  /**
   * Runs `work` while no other process of this machine can append: for "check, then append". Entries of others are visible
   * to `entries()` inside. Appends inside join the critical section.
   */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  /** Pushes what is pending to every store, within the budget; never throws for a store that is down. */
  sync(budgetMs: number): Promise<RemoteState>;
  /**
   * Hands over all that this session has written so far, and takes over what others did before it: with `given`, its place in the order
   * of all machines is settled. Ends early where the store cannot be reached; `budgetMs` are real ones, on the simulated cloud too.
   */
  acknowledged(budgetMs: number): Promise<Acknowledgement>;
  /** Appends `session.closed`, tries one last sync within the budget, releases everything. */
  close(budgetMs?: number): Promise<void>;
}
