import type { Digest, EntryBodies, Person, Role } from "../model/index.ts";
import { parsePublicKey } from "../signing/index.ts";
import { keyText } from "./admission.ts";
import type { KeyringChange } from "./keyring-statement.ts";
import type { KeyRecord, Keyring } from "./types.ts";

/** `left`: the place in the log from which on somebody is no person of it any more. */
type Member = { readonly roles: readonly Role[]; readonly principals?: readonly string[]; readonly left: number | null };

type State = {
  readonly members: ReadonlyMap<string, Member>;
  readonly keys: ReadonlyMap<string, KeyRecord>;
  readonly approvals: Keyring["approvals"];
  readonly preapproved: readonly string[];
  readonly verification: boolean;
  readonly breakGlass: Keyring["breakGlass"];
  readonly last: Digest;
  readonly since: number;
  readonly before: LoggedKeyring | null;
};

/** The founding entry's place. */
const FOUNDED = 1;

/** A keyring as the log's entries make it, each change a new one that remembers those before. */
export class LoggedKeyring implements Keyring {
  readonly people: readonly Person[];
  readonly #state: State;

  private constructor(state: State) {
    this.#state = state;
    const active = [...state.keys.values()].filter((key) => key.state === "active");
    this.people = [...state.members].flatMap(([id, { left, ...member }]) => {
      const keys = active.filter(({ person }) => person === id).map(({ text }) => text);
      return left === null ? [{ id, ...member, keys }] : [];
    });
  }

  /** The people as the log's founding entry names them; they must be admitted. `digest` is that entry's. */
  static founded({ people, policy }: EntryBodies["genesis"], digest: Digest): LoggedKeyring {
    return new LoggedKeyring({
      members: new Map(
        people.map(({ id, roles, principals }) => [
          id,
          { roles, ...(principals === undefined ? {} : { principals }), left: null },
        ]),
      ),
      keys: new Map(people.flatMap(({ id, keys }) => keys.map((line) => [keyText(line), added(keyText(line), id, FOUNDED)]))),
      approvals: policy.approvals,
      preapproved: policy.preapproved ?? [],
      verification: policy.verification === true,
      breakGlass: policy.breakGlass ?? { allowed: [], ratifyWithinMs: 0 },
      last: digest,
      since: FOUNDED,
      before: null,
    });
  }

  /** After a change that was judged to hold, at its place in the log. */
  changed(change: KeyringChange, digest: Digest, place: number): LoggedKeyring {
    const [members, keys] = [new Map(this.#state.members), new Map(this.#state.keys)];
    const { person, roles, key, goodThrough } = change;
    const member = members.get(person);
    const known = key === null ? undefined : keys.get(key);
    if (change.change === "add-person") members.set(person, { roles: roles ?? [], left: null });
    if (change.change === "set-roles" && member) members.set(person, { ...member, roles: roles ?? [] });
    if (change.change === "remove-person" && member) members.set(person, { ...member, left: place });
    if ((change.change === "add-person" || change.change === "add-key") && key !== null) keys.set(key, added(key, person, place));
    if (change.change === "retire-key" && known) keys.set(known.text, { ...known, state: "retired", since: place });
    if (change.change === "revoke-key" && known && goodThrough !== null)
      keys.set(known.text, { ...known, state: "revoked", since: known.state === "revoked" ? known.since : place, goodThrough });
    if (change.change === "remove-person")
      for (const record of keys.values())
        if (record.person === person && record.state !== "revoked")
          keys.set(record.text, { ...record, state: "revoked", since: place, goodThrough: place });
    return new LoggedKeyring({ ...this.#state, members, keys, last: digest, since: place, before: this });
  }

  get approvals(): Keyring["approvals"] {
    return this.#state.approvals;
  }

  get preapproved(): readonly string[] {
    return this.#state.preapproved;
  }

  get verification(): boolean {
    return this.#state.verification;
  }

  get breakGlass(): Keyring["breakGlass"] {
    return this.#state.breakGlass;
  }

  get last(): Digest {
    return this.#state.last;
  }

  get keys(): readonly KeyRecord[] {
    return [...this.#state.keys.values()];
  }

  at(place: number): Keyring {
    let keyring: LoggedKeyring = this;
    while (keyring.#state.since >= place && keyring.#state.before !== null) keyring = keyring.#state.before;
    return keyring;
  }

  /** Also of who left. */
  wasPerson(id: string): boolean {
    return this.#state.members.has(id);
  }

  key(publicKey: string): KeyRecord | null {
    return this.#state.keys.get(keyText(publicKey)) ?? null;
  }

  person(id: string): Person | null {
    return this.people.find((person) => person.id === id) ?? null;
  }

  ownerOf(publicKey: string): Person | null {
    const key = this.key(publicKey);
    return key?.state === "active" ? this.person(key.person) : null;
  }

  holds(person: string, role: Role): boolean {
    return this.person(person)?.roles.includes(role) ?? false;
  }
}

function added(text: string, person: string, since: number): KeyRecord {
  return { text, fingerprint: parsePublicKey(text).fingerprint, person, state: "active", added: since, since, goodThrough: null };
}
