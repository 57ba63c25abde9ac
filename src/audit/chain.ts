import { type Digest, type Entry, type EntryBodies, type Mode, millis } from "../model/index.ts";
import { type NoteKey, parseNoteKey, SignatureError, verifySshSignature } from "../signing/index.ts";
import { keyText, peopleFault } from "./admission.ts";
import { bodyFault } from "./bodies.ts";
import { certified, EntryFault, openEntry, type Payload, parsePayload, toEntry, writerOf } from "./entry.ts";
import { LoggedKeyring } from "./keyring.ts";
import { judgeChange } from "./keyring-change.ts";
import type { Keyring } from "./types.ts";

/** `opened`: the place of its opening in the log. */
type Writer = {
  readonly person: string;
  readonly personKey: string;
  readonly sessionKey: string;
  readonly opened: number;
  readonly expiresAt: number;
  next: number;
  last: Digest;
  closed: boolean;
};

/** By how much a session's end may stand beyond its twelve hours: nobody's clock is read twice in one moment. */
const LONGEST_SESSION_MS = 12 * 3_600_000 + 60_000;

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
  #count = 0;
  #opening: { readonly body: EntryBodies["session.opened"]; readonly writer: string } | null = null;
  #keyring: LoggedKeyring | null = null;
  #genesis: Digest | null = null;
  #logKey: NoteKey | null = null;

  constructor(origin: string, mode: Mode, checked: Set<Digest>) {
    this.#origin = origin;
    this.#mode = mode;
    this.#checked = checked;
  }

  /** Null before the log's second entry. */
  get keyring(): LoggedKeyring | null {
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

  /** Whether the session was opened before. */
  knows(writer: string): boolean {
    return this.#writers.has(writer);
  }

  /**
   * The session key that may seal a batch: of a session that was opened before, or whose opening is brought along; null for a
   * stranger. The person's key must stand now, or have stood at `before`, the batch's beginning. Throws EntryFault.
   */
  sealKey(writer: string, before: Keyring | null, brought?: EntryBodies["session.opened"]): string | null {
    const known = this.#writers.get(writer);
    if (known !== undefined) {
      const key = this.#keyring?.key(known.personKey) ?? null;
      const retired = key?.state === "retired" && known.opened < key.since;
      if (!retired) this.#checkStanding(known.person, known.personKey, before);
      return known.sessionKey;
    }
    if (brought === undefined || this.#keyring === null) return null;
    const fault = bodyFault("session.opened", brought);
    if (fault !== null) throw new EntryFault(`the session of a batch is not of its form: ${fault}`);
    if (writerOf(brought.sessionKey) !== writer) throw new EntryFault(`the session of a batch is not that of writer ${writer}`);
    checkCertificate(this.#origin, writer, brought);
    this.#checkStanding(brought.person, brought.key, before);
    return brought.sessionKey;
  }

  #checkStanding(person: string, personKey: string, before: Keyring | null): void {
    if ([before, this.#keyring].some((keyring) => keyring?.ownerOf(personKey)?.id === person)) return;
    throw new EntryFault(`a batch is sealed by a session that a key opened which is not, or no longer, one of "${person}"`);
  }

  /** Goes on from here without touching this one. */
  copy(): Chain {
    const chain = new Chain(this.#origin, this.#mode, this.#checked);
    for (const [name, writer] of this.#writers) chain.#writers.set(name, { ...writer });
    chain.#count = this.#count;
    chain.#opening = this.#opening;
    chain.#keyring = this.#keyring;
    chain.#genesis = this.#genesis;
    chain.#logKey = this.#logKey;
    return chain;
  }

  /** `committed`: it stands in a batch, or is about to. */
  accept(envelope: Uint8Array, digest: Digest, committed: boolean): Entry {
    try {
      return this.#accept(envelope, digest, committed);
    } catch (error) {
      throw error instanceof SignatureError ? new EntryFault(error.message) : error;
    }
  }

  #accept(envelope: Uint8Array, digest: Digest, committed: boolean): Entry {
    const payload = this.#open(envelope, digest);
    if (payload.origin !== this.#origin)
      throw new EntryFault(`an entry belongs to the log "${payload.origin}", not to "${this.#origin}"`);
    if (payload.mode !== this.#mode) throw new EntryFault(`an entry of a ${payload.mode} log stands in a ${this.#mode} log`);
    this.#place(payload, digest);
    if (this.#count < 2) this.#found(payload, digest);
    else if (payload.type === "genesis") throw new EntryFault("the log is founded twice");
    // What is not in the order of the log yet may still lose the race for its place, unless there is no store to race for.
    if (payload.type === "keyring.changed" && (committed || payload.seen.batch === -1)) this.#change(payload);
    this.#checked.add(digest);
    return toEntry(payload, this.#count++, digest);
  }

  #open(envelope: Uint8Array, digest: Digest): Payload {
    if (this.#checked.has(digest)) return openChecked(envelope);
    return openEntry(envelope, (writer, payload) => this.#keyOf(writer, payload));
  }

  #keyOf(writer: string, payload: Uint8Array): string | null {
    const known = this.#writers.get(writer);
    if (known !== undefined) return known.sessionKey;
    const { type, body } = parsePayload(payload);
    if (type !== "session.opened") return null;
    const { sessionKey } = body as EntryBodies["session.opened"];
    return writerOf(sessionKey) === writer ? sessionKey : null;
  }

  #place({ type, writer, wseq, prev, at, person, body }: Payload, digest: Digest): void {
    const known = this.#writers.get(writer);
    if (known === undefined) {
      if (type !== "session.opened" || wseq !== 0 || prev !== null) throw new EntryFault(`writer ${writer} begins in the middle`);
      this.#openSession(writer, person, at, body as EntryBodies["session.opened"], digest);
      return;
    }
    if (type === "session.opened") throw new EntryFault(`writer ${writer} opens its session twice`);
    if (wseq !== known.next || prev !== known.last)
      throw new EntryFault(`entry ${wseq} of writer ${writer} does not follow ${known.next - 1}`);
    if (person !== known.person) throw new EntryFault(`writer ${writer} writes as "${person}" and is "${known.person}"`);
    if (millis(at) > known.expiresAt) throw new EntryFault(`writer ${writer} writes after its session ended`);
    if (known.closed && type !== "remote.down" && type !== "remote.up")
      throw new EntryFault(`writer ${writer} writes on after it said that its session ended`);
    known.closed ||= type === "session.closed";
    known.next = wseq + 1;
    known.last = digest;
  }

  #openSession(writer: string, person: string, at: string, body: EntryBodies["session.opened"], digest: Digest): void {
    if (millis(body.expiresAt) - millis(at) > LONGEST_SESSION_MS)
      throw new EntryFault(`writer ${writer} opens a session that is to last until ${body.expiresAt}`);
    if (body.person !== person) throw new EntryFault(`a session of "${body.person}" is opened by "${person}"`);
    if (this.#count > 0 && this.#keyring === null) throw new EntryFault("the log is not founded by its second entry");
    if (!this.#checked.has(digest)) checkCertificate(this.#origin, writer, body);
    if (this.#keyring === null) this.#opening = { body, writer };
    else checkOwner(this.#keyring, body);
    const { key, sessionKey } = body;
    const place = { opened: this.#count, expiresAt: millis(body.expiresAt), next: 1, last: digest, closed: false };
    this.#writers.set(writer, { person, personKey: keyText(key), sessionKey, ...place });
  }

  /** A change that does not hold changes nothing: everybody who reads the log comes to the same keyring, and nobody is stopped. */
  #change({ body }: Payload): void {
    if (this.#keyring === null) return;
    const place = { origin: this.#origin, place: this.#count };
    const judged = judgeChange(this.#keyring, body as EntryBodies["keyring.changed"], place);
    if (judged.state === "holds") this.#keyring = judged.keyring;
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
    const keyring = LoggedKeyring.founded(founding, digest);
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

/** A key that was revoked or retired meanwhile opens sessions of machines that did not know: they stay a record, and seal nothing. */
function checkOwner(keyring: LoggedKeyring, { person, key }: EntryBodies["session.opened"]): void {
  if (keyring.key(key)?.person !== person) throw new EntryFault(`the key that opened a session is not one of "${person}"`);
}
