import {
  type Clock,
  type Digest,
  type Entry,
  type EntryBodies,
  ErError,
  instant,
  type Mode,
  type NewEntry,
  newNonce,
} from "../model/index.ts";
import { newSessionKey, type PersonSigner, type SessionKey } from "../signing/index.ts";
import type { Seal } from "./catch-up.ts";
import { certified, type Payload, sealEntry, toEntry, writerOf } from "./entry.ts";
import type { Sealed } from "./wal.ts";

/** A stolen session key is worth nothing after this. */
const SESSION_MS = 12 * 3_600_000;

export type SessionFacts = {
  readonly origin: string;
  readonly mode: Mode;
  readonly person: string;
  readonly host: string;
  readonly tool: string;
  readonly clock: Clock;
};

type Seen = { readonly batch: number; readonly digest: Digest | null };

/**
 * A key that lives and dies with this process, certified once by the person's key, and the chain of entries it signs. What is
 * sealed but does not reach the disk is taken back with `rewind`.
 */
export class Session implements Seal {
  readonly key: SessionKey = newSessionKey();
  readonly writer = writerOf(this.key.publicKey);
  readonly #facts: SessionFacts;
  readonly #boot = newNonce();
  readonly #began: number;
  readonly #expires: number;
  #opened: EntryBodies["session.opened"] | null = null;
  #next = 0;
  #last: Digest | null = null;

  constructor(facts: SessionFacts) {
    this.#facts = facts;
    this.#began = facts.clock.monotonic();
    this.#expires = facts.clock.now() + SESSION_MS;
  }

  get person(): string {
    return this.#facts.person;
  }

  get opened(): EntryBodies["session.opened"] | null {
    return this.#opened;
  }

  /** How many entries it has sealed. */
  get entries(): number {
    return this.#next;
  }

  /** The session's first entry. Asks the person's key for its signature. */
  async opening(signer: PersonSigner): Promise<Extract<NewEntry, { type: "session.opened" }>> {
    const { origin, person, host, tool } = this.#facts;
    const body = {
      person,
      key: signer.publicKey.text,
      sessionKey: this.key.publicKey,
      host,
      tool,
      expiresAt: instant(this.#expires),
    };
    const certificate = await signer.sign("session.soc2-er.v1", certified(origin, this.writer, body));
    this.#opened = { ...body, certificate };
    return { type: "session.opened", body: this.#opened };
  }

  seal(entry: NewEntry, seen: Seen): Sealed & { entry(index: number): Entry } {
    const { origin, mode, person, clock } = this.#facts;
    const at = clock.now();
    const body = entry.type === "session.closed" ? { entries: this.#next + 1 } : entry.body;
    if (at > this.#expires)
      throw new ErError("audit-unavailable", "the session that signs the audit log ended after 12 hours", {
        hints: ["run the command again: it opens a new session"],
      });
    const payload: Payload = {
      v: 1,
      origin,
      mode,
      type: entry.type,
      writer: this.writer,
      wseq: this.#next,
      prev: this.#last,
      at: instant(at),
      boot: this.#boot,
      mono: Math.round(clock.monotonic() - this.#began),
      person,
      ...(entry.incident === undefined ? {} : { incident: entry.incident }),
      seen,
      body,
    };
    const { envelope, digest } = sealEntry(payload, this.key);
    this.#next++;
    this.#last = digest;
    return { envelope, digest, entry: (index) => toEntry(payload, index, digest) };
  }

  mark(): () => void {
    const [next, last] = [this.#next, this.#last];
    return () => {
      this.#next = next;
      this.#last = last;
    };
  }
}
