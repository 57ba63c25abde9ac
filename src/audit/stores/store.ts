/**
 * A remote place of the log: objects that are created once and never overwritten. Names are `batch/<12 digits>`,
 * `checkpoint/<12 digits>` and `blob/sha256/<hex>`. Nothing here retries; `sync` does. Every call ends within the store's deadline.
 *
 * Errors: StoreError whenever the store gave no definite answer.
 */
export interface Store {
  /** Unique in the configuration; for people. */
  readonly name: string;
  /** Where its objects lie as files, for a store that is a folder. */
  readonly folder?: string;
  /**
   * Creates the object, durably on return; `exists` when the store says that there is one under that name, or that another create
   * is under way. Neither answer is proof, and after a StoreError nobody knows: what `read` finds there is what counts.
   */
  create(name: string, bytes: Uint8Array): Promise<"created" | "exists">;
  /**
   * The object's first version, at most its first `most` bytes, or null when there is none. No overwriting and no delete
   * marker changes what is read, where the store keeps versions.
   */
  read(name: string, most: number): Promise<Uint8Array | null>;
  /** What keeps others from changing what was stored, as far as the store says. For `doctor`; nothing of the log rests on it. */
  safeguards?(): Promise<readonly Safeguard[]>;
  close(): Promise<void>;
}

/** `unknown`: the store does not say, or not to us. */
export type Safeguard = {
  readonly what: "versions" | "immutability";
  readonly state: "on" | "off" | "unknown";
  readonly detail: string;
};

/** The store gave no definite answer, or refused. `message` is for people: lower case, names what was tried. */
export class StoreError extends Error {
  readonly store: string;

  constructor(store: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StoreError";
    this.store = store;
  }
}

/** What the store has is not a continuation of what this machine verified before: it was cut, rolled back or replaced. */
export class StoreForked extends StoreError {
  constructor(store: string, message: string) {
    super(store, message);
    this.name = "StoreForked";
  }
}
