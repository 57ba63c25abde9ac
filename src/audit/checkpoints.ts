import { ErError } from "../model/index.ts";
import {
  checkpointText,
  isSignedBy,
  type LogKey,
  MAX_NOTE_BYTES,
  type NoteKey,
  parseCheckpoint,
  SignatureError,
  signedNote,
  type TreeHead,
  verifyNoteSignature,
} from "../signing/index.ts";
import type { Heads } from "./heads.ts";
import { checkpointObject } from "./layout.ts";
import { type Store, StoreError, StoreForked } from "./stores/store.ts";

/**
 * Brings checkpoints to the stores and from there. `logKey` is null on a machine that may not sign them; `key` is always the
 * public half that the log was founded with. Without one a log has no checkpoints.
 */
export class Checkpoints {
  readonly heads: Heads;
  readonly #origin: string;
  readonly #logKey: LogKey | null;
  readonly #given = new Set<string>();
  /** Why the newest checkpoint could not be made; null when none had to be, or it was. */
  failure: string | null = null;

  constructor(heads: Heads, origin: string, logKey: LogKey | null) {
    this.heads = heads;
    this.#origin = origin;
    this.#logKey = logKey;
  }

  /**
   * Takes over the checkpoint of this head where the store has one. What does not hold is left to the verifier: whoever may write
   * there must not be able to hold up the log with it. Errors: StoreForked when the log key vouched for another history.
   */
  async fetch(store: Store, head: TreeHead, key: NoteKey | null): Promise<void> {
    try {
      await this.#take(store, head, key);
    } catch (error) {
      if (!(error instanceof StoreError) || error instanceof StoreForked) throw error;
    }
  }

  /**
   * Signs this head and creates its checkpoint, or takes over the one that is there. A log key that does not sign is no error: `failure` says so.
   * Errors: StoreError, also for a checkpoint there that does not hold; StoreForked.
   */
  async make(store: Store, head: TreeHead, key: NoteKey | null): Promise<void> {
    if (this.#logKey === null || key === null || head.size === 0) return;
    if (await this.#take(store, head, key)) return;
    const note = await this.#signed(this.#logKey, head, key);
    if (note === null) return;
    await store.create(checkpointObject(head.size), note);
    if (await this.#take(store, head, key)) return;
    throw new StoreError(store.name, `checkpoint ${head.size} is not there right after it was created`);
  }

  /** Creates the newest checkpoint in a store that does not decide. */
  async give(store: Store): Promise<void> {
    const newest = await this.heads.checkpoint();
    if (newest === null || this.#given.has(`${newest.size} ${store.name}`)) return;
    await store.create(checkpointObject(newest.size), newest.note);
    this.#given.add(`${newest.size} ${store.name}`);
  }

  async #take(store: Store, head: TreeHead, key: NoteKey | null): Promise<boolean> {
    if (key === null || head.size === 0) return false;
    if ((await this.heads.checkpoint())?.size === head.size) return true;
    const note = await store.read(checkpointObject(head.size), MAX_NOTE_BYTES + 1);
    if (note === null) return false;
    const found = this.#read(store, note, head.size, key);
    if (found.size !== head.size || found.root !== head.root)
      throw new StoreForked(
        store.name,
        `checkpoint ${head.size} there, signed by the log key, is of another history than this machine's`,
      );
    await this.heads.keep(head, note);
    return true;
  }

  #read(store: Store, note: Uint8Array, size: number, key: NoteKey): TreeHead {
    try {
      const checkpoint = parseCheckpoint(note);
      if (checkpoint.origin === this.#origin && isSignedBy(checkpoint, key)) return checkpoint;
      throw new SignatureError("invalid", "it is not signed by the log key");
    } catch (error) {
      if (!(error instanceof SignatureError)) throw error;
      throw new StoreError(store.name, `checkpoint ${size} there does not hold: ${error.message}`);
    }
  }

  async #signed(logKey: LogKey, head: TreeHead, key: NoteKey): Promise<Uint8Array | null> {
    const text = checkpointText(this.#origin, head);
    try {
      const signature = await logKey.sign(Buffer.from(text));
      this.failure = verifyNoteSignature(key, text, signature)
        ? null
        : `"${logKey.name}" is not the key that the log was founded with`;
      return this.failure === null ? Buffer.from(signedNote(text, key, signature)) : null;
    } catch (error) {
      if (!(error instanceof ErError)) throw error;
      this.failure = error.message;
      return null;
    }
  }
}
