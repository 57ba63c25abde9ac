import type { KeyObject } from "node:crypto";
import { canonical, fromBase64, parseCanonical, sha256 } from "./bytes.ts";
import { Course } from "./course.ts";
import { ed25519 } from "./ed25519.ts";
import { ENTRY, type Envelope, readEnvelope } from "./envelope.ts";
import { Fault, type Findings, quote } from "./findings.ts";
import { type BatchHead, type Payload, payloadOf } from "./forms.ts";
import { Keyring } from "./keyring.ts";
import { changedBy } from "./keyring-change.ts";
import { type NoteKey, readNoteKey } from "./note.ts";
import type { Signatures } from "./signatures.ts";
import { parseKeyLine, verifySshSignature } from "./ssh.ts";
import type { Taint } from "./tainted.ts";

/**
 * One writer: a session key, certified by a person. `last` is the digest of its newest entry; null after one that did not
 * hold. `expiresAt` is null once an entry came after it. */
type Session = {
  readonly person: string;
  readonly personKey: string;
  readonly key: KeyObject;
  /** The index of its opening. */
  readonly opened: number;
  expiresAt: string | null;
  next: number;
  last: string | null;
  seen: number;
  readonly course: Course;
};

/** The log that is expected, and its batches as far as they were read. */
export type Frame = {
  readonly origin: string;
  readonly mode: string;
  readonly batches: { readonly next: number; readonly digests: ReadonlyMap<number, string> };
  readonly signatures: Signatures;
};

/** Takes the entries in the log's order: each must be signed by a certified session and follow that session's entry before. */
export class Chain {
  readonly #frame: Frame;
  readonly #findings: Findings;
  readonly #sessions = new Map<string, Session>();
  readonly #strangers = new Set<string>();
  #index = 0;
  #founder: string | null = null;
  #farthest = -1;
  /** How many entries hold. */
  entries = 0;
  keyring: Keyring | null = null;
  /** As it was before the batch that is being read. */
  #before: { readonly batch: number; readonly keyring: Keyring | null } = { batch: -1, keyring: null };
  /** Keys that were revoked while entries stood that are not good any more. */
  readonly taints: Taint[] = [];
  /** The digest of the founding entry. */
  genesis: string | null = null;
  /** The key that signs checkpoints; null without one. */
  logKey: NoteKey | null = null;

  constructor(frame: Frame, findings: Findings) {
    this.#frame = frame;
    this.#findings = findings;
  }

  get writers(): number {
    return this.#sessions.size;
  }

  /** How many sessions did not say that they ended. */
  get open(): number {
    return [...this.#sessions.values()].filter(({ course }) => !course.closed).length;
  }

  /** Of the session that seals a batch: opened before, or with its certificate in the head, where its opening stands further on. */
  sealKey({ origin, writer, session: body }: BatchHead): KeyObject | undefined {
    const known = this.#sessions.get(writer);
    if (known !== undefined) {
      if (!this.#retiredInOrder(known)) this.#checkSeal(known.person, known.personKey);
      return known.key;
    }
    if (body === undefined || this.keyring === null) return undefined;
    const raw = fromBase64(body.sessionKey);
    if (writerOf(raw) !== writer) throw new Fault("session", `writer ${writer} of the batch has another key`);
    const person = String(body.person);
    this.#checkSeal(person, certify({ origin, writer, person, body }));
    return ed25519(raw);
  }

  /** The person's key must stand at the end of the batch, or have stood at its beginning: a batch may have its sealer's own revocation. */
  #checkSeal(person: string, personKey: string): void {
    const { batch, keyring } = this.#before;
    const before = batch === this.#frame.batches.next - 1 ? keyring : this.keyring;
    if ([before, this.keyring].some((one) => one?.ownerOf(personKey) === person)) return;
    const revoked = this.keyring?.key(personKey)?.person === person;
    throw new Fault(
      revoked ? "key-revoked" : "certificate",
      `it is sealed by a session of a key that is not one of ${quote(person)} here`,
    );
  }

  /** Retired after the session was opened: that goes on to its end. */
  #retiredInOrder({ personKey, opened }: Session): boolean {
    const key = this.keyring?.key(personKey);
    return key?.state === "retired" && opened < key.since;
  }

  /**
   * `committed`: it stands in a batch. Throws a `Fault` when the entry does not hold; null for further ones of a writer that is
   * unknown. What is missing before the entry is noted.
   */
  accept(bytes: Uint8Array, digest: string, at: string, committed: boolean): Payload | null {
    const index = this.#index++;
    const { next } = this.#frame.batches;
    if (committed && this.#before.batch !== next) this.#before = { batch: next, keyring: this.keyring };
    const envelope = readEnvelope(bytes, ENTRY);
    const session = this.#sessions.get(envelope.keyid);
    if (session === undefined && this.#strangers.has(envelope.keyid)) return null;
    const last = session?.last ?? null;
    if (session !== undefined) session.last = null;
    const payload = session === undefined ? this.#open(envelope) : this.#entryOf(envelope, session.key);
    if (payload.origin !== this.#frame.origin || payload.mode !== this.#frame.mode)
      throw new Fault("origin", `it belongs to the ${payload.mode} log ${quote(payload.origin)}`);
    if (session !== undefined) this.#follow(session, last, payload, at);
    this.#checkFounding(index, payload, digest, at);
    const writer = this.#sessions.get(payload.writer);
    if (writer === undefined) return payload;
    writer.last = digest;
    this.#findings.check(at, () => this.#checkSeen(writer, payload, at, committed));
    this.#findings.check(at, () => this.#checkSigned(payload.body, at, committed));
    this.#findings.check(at, () => this.#checkStanding(writer, payload));
    this.#findings.check(at, () => this.#changeKeyring(payload, index, committed));
    this.entries++;
    return payload;
  }

  /** The first entry of a session brings its own key, and the certificate for it. */
  #open(envelope: Envelope): Payload {
    const claim = payloadOf(parseCanonical(envelope.payload));
    const { body } = claim;
    if (claim.type !== "session.opened") {
      this.#strangers.add(envelope.keyid);
      const lost = this.#findings.has("batch-missing", "segment-missing", "record");
      throw new Fault(
        lost ? "session-missing" : "session",
        `nobody knows the writer ${quote(envelope.keyid)}: no session.opened`,
      );
    }
    const raw = fromBase64(body.sessionKey);
    const key = ed25519(raw);
    const payload = this.#entryOf(envelope, key);
    const { writer, person } = payload;
    if (writerOf(raw) !== writer) throw new Fault("session", `writer ${writer} has another key`);
    if (payload.wseq !== 0 || payload.prev !== null) throw new Fault("chain", `writer ${writer} opens its session in the middle`);
    const personKey = certify(payload);
    if (this.keyring !== null) checkOwner(this.keyring, person, personKey);
    else if (this.#index > 1) throw new Fault("keyring", "no founding entry says who may open sessions");
    const course = new Course(payload);
    const expiresAt = String(body.expiresAt);
    const opened = this.#index - 1;
    this.#sessions.set(writer, { person, personKey, key, opened, expiresAt, next: 1, last: null, seen: -1, course });
    return payload;
  }

  /** The signature is checked over the bytes before anything of them is believed. */
  #entryOf(envelope: Envelope, key: KeyObject): Payload {
    if (!this.#frame.signatures.hold(envelope, key))
      throw new Fault("signature", `the signature of writer ${quote(envelope.keyid)} does not verify`);
    const payload = payloadOf(parseCanonical(envelope.payload));
    if (payload.writer !== envelope.keyid)
      throw new Fault("signature", `an entry of writer ${payload.writer} is signed by another`);
    return payload;
  }

  #follow(session: Session, last: string | null, payload: Payload, at: string): void {
    const { writer, wseq, prev, type, person, at: time } = payload;
    const { next } = session;
    session.next = wseq + 1;
    if (type === "session.opened" || wseq === 0) throw new Fault("chain", `writer ${writer} opens its session twice`);
    if (last !== null && wseq < next) {
      session.next = next;
      throw new Fault("chain", `entry ${wseq} of writer ${writer} stands a second time`);
    }
    if (last !== null && (prev === last) !== (wseq === next))
      throw new Fault("chain", `entry ${wseq} of writer ${writer} does not follow its entry ${next - 1}`);
    if (last !== null && wseq > next)
      this.#findings.add("entry-missing", at, `entries ${next} to ${wseq - 1} of writer ${writer} are missing before it`);
    if (person !== session.person)
      throw new Fault("session", `writer ${writer} writes as ${quote(person)} and is ${quote(session.person)}`);
    if (session.expiresAt !== null && time > session.expiresAt) {
      this.#findings.add("session", at, `writer ${writer} writes on after its session ended at ${session.expiresAt}`);
      session.expiresAt = null;
    }
    session.course.follow(payload, at, this.#findings);
  }

  #checkFounding(index: number, { type, writer, body, person }: Payload, digest: string, at: string): void {
    if (index === 0) this.#founder = writer;
    if (index === 1) {
      const founder = this.#sessions.get(writer);
      if (type !== "genesis" || founder === undefined || writer !== this.#founder)
        throw new Fault("founding", "the second entry is not the founding one by the writer of the first");
      this.keyring = Keyring.founded(body, digest, this.#findings, at);
      this.genesis = digest;
      checkOwner(this.keyring, person, founder.personKey);
      if (body.logKey !== undefined) this.#found(String(body.logKey));
    } else if (type === "genesis") throw new Fault("founding", "the log is founded twice");
  }

  #found(logKey: string): void {
    const key = readNoteKey(logKey);
    if (key.name !== this.#frame.origin) throw new Fault("log-key", `the log key is that of the log ${quote(key.name)}`);
    this.logKey = key;
  }

  /**
   * An entry is judged by the keyring at its place in the log, whatever time it claims. What stands behind the revocation of the key that
   * opened its session is not that person's word.
   */
  #checkStanding({ person, personKey, opened }: Session, { type }: Payload): void {
    const key = this.keyring?.key(personKey);
    if (key?.state === "revoked")
      throw new Fault(
        "key-revoked",
        `its session was opened by the key ${key.fingerprint} of ${quote(person)}, which was revoked before`,
      );
    if (key?.state === "retired" && type === "session.opened" && opened > key.since)
      throw new Fault(
        "key-retired",
        `the session was opened by the key ${key.fingerprint} of ${quote(person)}, which was retired before`,
      );
  }

  /** In no batch yet, it may lose the race for its place, unless its writer knew of no store to race for. */
  #changeKeyring(payload: Payload, index: number, committed: boolean): void {
    if (payload.type !== "keyring.changed" || this.keyring === null) return;
    if (!committed && payload.seen.batch !== -1) return;
    const batch = payload.seen.batch === -1 ? -1 : this.#frame.batches.next;
    const before = this.keyring;
    this.keyring = changedBy(before, payload, { index, batch });
    for (const { text, person, fingerprint, goodThrough } of this.keyring.revokedSince(before)) {
      const writers = [...this.#sessions].flatMap(([writer, { personKey }]) => (personKey === text ? [writer] : []));
      if (goodThrough < index)
        this.taints.push({ text, person, fingerprint, from: goodThrough, to: index, writers: new Set(writers) });
    }
  }

  /** What a writer says it saw of the batches binds the order of the log: a later one cannot be replaced or cut off unseen. */
  #checkSeen(session: Session, { seen }: Payload, at: string, committed: boolean): void {
    if (seen.batch < Math.max(-1, session.seen) || (seen.batch === -1) !== (seen.digest === null))
      throw new Fault("seen", `it says it saw batch ${seen.batch} and saw ${session.seen} before`);
    session.seen = seen.batch;
    this.#checkBatch("it", seen.batch, seen.digest, at, committed);
  }

  /** What somebody signed by hand says which batch that person had seen: on any machine, so there is no order among them. */
  #checkSigned({ statement }: Payload["body"], at: string, committed: boolean): void {
    const [, batch, digest] = /^seen: (0|[1-9][0-9]{0,11}) (sha256:[0-9a-f]{64})$/m.exec(String(statement ?? "")) ?? [];
    if (batch !== undefined) this.#checkBatch("who signed it", Number(batch), digest ?? "", at, committed);
  }

  #checkBatch(who: string, batch: number, digest: string | null, at: string, committed: boolean): void {
    const { batches } = this.#frame;
    if (batch >= batches.next) {
      if (committed) throw new Fault("seen", `${who} says to have seen batch ${batch}, which was made after it`);
      if (batch > this.#farthest)
        this.#findings.add("batch-missing", at, `${who} saw batch ${batch}, but the last one here is ${batches.next - 1}`);
      this.#farthest = Math.max(this.#farthest, batch);
      return;
    }
    const here = batches.digests.get(batch);
    if (here !== undefined && here !== digest) throw new Fault("seen", `${who} saw another batch ${batch} than the one here`);
  }
}

/** Returns the person's key that certified the session. */
function certify({ origin, writer, person, body }: Pick<Payload, "origin" | "writer" | "person" | "body">): string {
  const { certificate, ...certified } = body;
  if (body.person !== person) throw new Fault("certificate", `the session is certified for ${quote(body.person)}`);
  try {
    const message = Buffer.from(canonical({ origin, writer, body: certified }));
    const { text } = verifySshSignature(String(certificate), "session.soc2-er.v1", message);
    if (text !== parseKeyLine(String(body.key)).text) throw new Fault("certificate", "it was made by another key than it names");
    return text;
  } catch (error) {
    throw error instanceof Fault ? new Fault("certificate", `certificate of ${quote(person)}: ${error.message}`) : error;
  }
}

function writerOf(sessionKey: Buffer): string {
  return sha256(sessionKey).toString("hex").slice(0, 16);
}

/** A key that was revoked or retired meanwhile is still known: what its sessions write is found one by one. */
function checkOwner(keyring: Keyring, person: string, key: string): void {
  if (keyring.key(key)?.person !== person)
    throw new Fault("certificate", `the key that opened the session is not one of ${quote(person)}`);
}
