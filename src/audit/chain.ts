import { type Digest, type Entry, type EntryBodies, type Mode, millis } from "../model/index.ts";
import { type NoteKey, parseNoteKey, SignatureError, verifySshSignature } from "../signing/index.ts";
import { keyText, peopleFault } from "./admission.ts";
import { bodyFault } from "./bodies.ts";
import { certified, EntryFault, openEntry, type Payload, parsePayload, toEntry, writerOf } from "./entry.ts";
import { keyringOf } from "./keyring.ts";
import type { Keyring } from "./types.ts";

type Writer = { readonly person: string; readonly expiresAt: number; next: number; last: Digest };

/**
 * Reads entries in the log's order and lets none pass that is not signed by a session of a person of the keyring, in its
 * writer's unbroken order. Throws EntryFault. Entries whose digest is in `checked` were verified by this process before: their
 * signature is not computed again.
 */
export class Chain {
  readonly #origin: string;
  readonly #mode: Mode;
  readonly #checked: Set<Digest>;
  readonly #writers = new Map<string, Writer>();
  readonly #keys = new Map<string, string>();
  #count = 0;
  #opening: { readonly body: EntryBodies["session.opened"]; readonly writer: string } | null = null;
  #keyring: Keyring | null = null;
  #genesis: Digest | null = null;
  #logKey: NoteKey | null = null;

  constructor(origin: string, mode: Mode, checked: Set<Digest>) {
    this.#origin = origin;
    this.#mode = mode;
    this.#checked = checked;
  }

  /** Null before the log's second entry. */
  get keyring(): Keyring | null {
    return this.#keyring;
  }

  /** The digest of the entry that founds the log; null before it. */
  get genesis(): Digest | null {
    return this.#genesis;
  }

  /** The key that signs checkpoints; null in a log that was founded without. */
  get logKey(): NoteKey | null {
    return this.#logKey;
  }

  /** Of a session that was opened before, or whose opening is brought along and holds; null for a stranger. Throws EntryFault. */
  sessionKey(writer: string, brought?: EntryBodies["session.opened"]): string | null {
    const known = this.#keys.get(writer);
    if (known !== undefined || brought === undefined || this.#keyring === null) return known ?? null;
    const fault = bodyFault("session.opened", brought);
    if (fault !== null) throw new EntryFault(`the session of a batch is not of its form: ${fault}`);
    if (writerOf(brought.sessionKey) !== writer) throw new EntryFault(`the session of a batch is not that of writer ${writer}`);
    checkCertificate(this.#origin, writer, brought);
    checkOwner(this.#keyring, brought);
    return brought.sessionKey;
  }

  /** Goes on from here without touching this one. */
  copy(): Chain {
    const chain = new Chain(this.#origin, this.#mode, this.#checked);
    for (const [name, writer] of this.#writers) chain.#writers.set(name, { ...writer });
    for (const [name, key] of this.#keys) chain.#keys.set(name, key);
    chain.#count = this.#count;
    chain.#opening = this.#opening;
    chain.#keyring = this.#keyring;
    chain.#genesis = this.#genesis;
    chain.#logKey = this.#logKey;
    return chain;
  }

  accept(envelope: Uint8Array, digest: Digest): Entry {
    try {
      return this.#accept(envelope, digest);
    } catch (error) {
      throw error instanceof SignatureError ? new EntryFault(error.message) : error;
    }
  }

  #accept(envelope: Uint8Array, digest: Digest): Entry {
    const payload = this.#open(envelope, digest);
    if (payload.origin !== this.#origin)
      throw new EntryFault(`an entry belongs to the log "${payload.origin}", not to "${this.#origin}"`);
    if (payload.mode !== this.#mode) throw new EntryFault(`an entry of a ${payload.mode} log stands in a ${this.#mode} log`);
    this.#place(payload, digest);
    if (this.#count < 2) this.#found(payload, digest);
    else if (payload.type === "genesis") throw new EntryFault("the log is founded twice");
    this.#checked.add(digest);
    return toEntry(payload, this.#count++, digest);
  }

  #open(envelope: Uint8Array, digest: Digest): Payload {
    if (this.#checked.has(digest)) return openChecked(envelope);
    return openEntry(envelope, (writer, payload) => this.#keyOf(writer, payload));
  }

  #keyOf(writer: string, payload: Uint8Array): string | null {
    const known = this.#keys.get(writer);
    if (known !== undefined) return known;
    const { type, body } = parsePayload(payload);
    if (type !== "session.opened") return null;
    const { sessionKey } = body as EntryBodies["session.opened"];
    return writerOf(sessionKey) === writer ? sessionKey : null;
  }

  #place({ type, writer, wseq, prev, at, person, body }: Payload, digest: Digest): void {
    const known = this.#writers.get(writer);
    if (known === undefined) {
      if (type !== "session.opened" || wseq !== 0 || prev !== null) throw new EntryFault(`writer ${writer} begins in the middle`);
      this.#openSession(writer, person, body as EntryBodies["session.opened"], digest);
      return;
    }
    if (type === "session.opened") throw new EntryFault(`writer ${writer} opens its session twice`);
    if (wseq !== known.next || prev !== known.last)
      throw new EntryFault(`entry ${wseq} of writer ${writer} does not follow ${known.next - 1}`);
    if (person !== known.person) throw new EntryFault(`writer ${writer} writes as "${person}" and is "${known.person}"`);
    if (millis(at) > known.expiresAt) throw new EntryFault(`writer ${writer} writes after its session ended`);
    known.next = wseq + 1;
    known.last = digest;
  }

  #openSession(writer: string, person: string, body: EntryBodies["session.opened"], digest: Digest): void {
    if (body.person !== person) throw new EntryFault(`a session of "${body.person}" is opened by "${person}"`);
    if (this.#count > 0 && this.#keyring === null) throw new EntryFault("the log is not founded by its second entry");
    if (!this.#checked.has(digest)) checkCertificate(this.#origin, writer, body);
    if (this.#keyring === null) this.#opening = { body, writer };
    else checkOwner(this.#keyring, body);
    this.#keys.set(writer, body.sessionKey);
    this.#writers.set(writer, { person, expiresAt: millis(body.expiresAt), next: 1, last: digest });
  }

  /** The log's first session founds it, and the founder must be among the people that it names. */
  #found({ type, writer, body }: Payload, digest: Digest): void {
    if (this.#count === 0) return;
    if (type !== "genesis" || this.#opening === null || this.#opening.writer !== writer)
      throw new EntryFault("the log is not founded by its second entry");
    const founding = body as EntryBodies["genesis"];
    const fault = peopleFault(founding.people);
    if (fault !== null) throw new EntryFault(`the log is founded with people who cannot be: ${fault}`);
    if (founding.logKey !== undefined) this.#logKey = logKeyOf(founding.logKey, this.#origin);
    const keyring = keyringOf(founding);
    checkOwner(keyring, this.#opening.body);
    this.#keyring = keyring;
    this.#genesis = digest;
  }
}

function logKeyOf(text: string, origin: string): NoteKey {
  const key = parseNoteKey(text);
  if (key.name !== origin) throw new EntryFault(`the log key is named "${key.name}", the log "${origin}"`);
  return key;
}

function openChecked(envelope: Uint8Array): Payload {
  const { payload } = JSON.parse(Buffer.from(envelope).toString("latin1")) as { payload: string };
  return JSON.parse(Buffer.from(payload, "base64").toString()) as Payload;
}

function checkCertificate(origin: string, writer: string, { certificate, ...body }: EntryBodies["session.opened"]): void {
  const { key } = verifySshSignature(certificate, "session.soc2-er.v1", certified(origin, writer, body));
  if (key.text !== keyText(body.key))
    throw new EntryFault(`the session of "${body.person}" is certified by another key than it names`);
}

function checkOwner(keyring: Keyring, { person, key }: EntryBodies["session.opened"]): void {
  if (keyring.ownerOf(key)?.id !== person) throw new EntryFault(`the key that opened a session is not one of "${person}"`);
}
