import { digestOf, type Json, type JsonObject } from "./bytes.ts";
import { Fault, type Findings, quote } from "./findings.ts";
import { checkForm } from "./forms.ts";
import { parseKeyLine, type Verified } from "./ssh.ts";

/** No pattern, list, quote or option of an allowed_signers file. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** `since`: the index of the entry that put it into its state. */
export type Key = {
  readonly text: string;
  readonly fingerprint: string;
  readonly person: string;
  readonly state: "active" | "retired" | "revoked";
  readonly since: number;
  readonly goodThrough: number | null;
};

/** What a signed statement changes, as it says it. */
export type Change = {
  readonly kind: string;
  readonly person: string;
  readonly roles: readonly string[];
  readonly key: string;
  readonly goodThrough: number | null;
};

/** A place in the log: the entry's index, and the batch that it stands in (-1 where its writer knew of none). */
export type Place = { readonly index: number; readonly batch: number };

type State = {
  readonly roles: ReadonlyMap<string, readonly string[]>;
  readonly keys: ReadonlyMap<string, Key>;
  readonly approvals: JsonObject;
  readonly preapproved: readonly Json[];
  readonly verification: boolean;
  readonly breakGlass: JsonObject;
  /** Of the statement of the last change, or of the founding entry. */
  readonly last: string;
  readonly batch: number;
  readonly before: Keyring | null;
};

/** Who holds which keys and roles, and whose approval is needed, at one place of the log. */
export class Keyring {
  readonly #state: State;

  private constructor(state: State) {
    this.#state = state;
  }

  /** As the founding entry says; people and keys that cannot be are noted and left out. */
  static founded(genesis: JsonObject, digest: string, findings: Findings, at: string): Keyring {
    checkForm("policy", genesis.policy, "approvals:object preapproved?:list verification?:flag breakGlass?:object");
    const roles = new Map<string, readonly string[]>();
    const keys = new Map<string, Key>();
    for (const person of genesis.people as Json[]) findings.check(at, () => found(roles, keys, person, findings, at));
    const policy = genesis.policy as JsonObject;
    const approvals = policy.approvals as JsonObject;
    const preapproved = (policy.preapproved as Json[] | undefined) ?? [];
    const verification = policy.verification === true;
    const breakGlass = policy.breakGlass ?? { allowed: [], ratifyWithinMs: 0 };
    checkForm("break-glass policy", breakGlass, "allowed:list ratifyWithinMs:count");
    return new Keyring({ roles, keys, approvals, preapproved, verification, breakGlass, last: digest, batch: -1, before: null });
  }

  /** After a change that holds, made by `statement`. */
  changed({ kind, person, roles, key, goodThrough }: Change, statement: string, place: Place): Keyring {
    const people = new Map(this.#state.roles);
    const keys = new Map(this.#state.keys);
    if (kind === "add-person" || kind === "set-roles") people.set(person, roles);
    if (kind === "add-person" || kind === "add-key") keys.set(key, newKey(key, person, place.index));
    if (kind === "retire-key") put(keys, key, { state: "retired", since: place.index });
    if (kind === "revoke-key") {
      const since = keys.get(key)?.state === "revoked" ? (keys.get(key)?.since ?? place.index) : place.index;
      put(keys, key, { state: "revoked", since, goodThrough });
    }
    if (kind === "remove-person") {
      people.set(person, []);
      for (const [text, one] of keys)
        if (one.person === person && one.state !== "revoked")
          put(keys, text, { state: "revoked", since: place.index, goodThrough: place.index });
    }
    const last = digestOf(Buffer.from(statement));
    return new Keyring({ ...this.#state, roles: people, keys, last, batch: place.batch, before: this });
  }

  /** The keys that are revoked here, or from an earlier entry on, and were not in the keyring before. */
  revokedSince(before: Keyring): (Key & { readonly goodThrough: number })[] {
    return [...this.#state.keys.values()].flatMap((key) => {
      const { goodThrough } = key;
      return goodThrough === null || goodThrough === before.key(key.text)?.goodThrough ? [] : [{ ...key, goodThrough }];
    });
  }

  /** Whether what a security key decides counts only with its user verified. */
  admits({ verified }: Verified): boolean {
    return verified || !this.#state.verification;
  }

  get last(): string {
    return this.#state.last;
  }

  /** As somebody could know it who had seen this batch. */
  asOf(batch: number): Keyring {
    let keyring: Keyring = this;
    while (keyring.#state.batch > batch && keyring.#state.before !== null) keyring = keyring.#state.before;
    return keyring;
  }

  key(text: string): Key | undefined {
    return this.#state.keys.get(text);
  }

  /** Whose active key it is. */
  ownerOf(text: string): string | undefined {
    const key = this.key(text);
    return key?.state === "active" ? key.person : undefined;
  }

  /** Also of who was removed: nobody else is ever called so. */
  wasPerson(id: string): boolean {
    return this.#state.roles.has(id);
  }

  isPerson(id: string): boolean {
    return (this.#state.roles.get(id) ?? []).length > 0;
  }

  holds(person: string, role: string): boolean {
    return this.#state.roles.get(person)?.includes(role) ?? false;
  }

  /** The roles without whose approval no plan of the runbook may run, whatever else is asked for. */
  asks(runbook: string): readonly string[] {
    const { approvals } = this.#state;
    const own = (name: string): Json | undefined => (Object.hasOwn(approvals, name) ? approvals[name] : undefined);
    const roles = own(runbook) ?? own("default");
    return Array.isArray(roles) && roles.length > 0 ? roles.map(String) : ["security", "engineering"];
  }

  /** Whether the runbook may be ruled by break-glass. */
  allowsBreakGlass(runbook: string): boolean {
    return (this.#state.breakGlass.allowed as readonly Json[]).includes(runbook);
  }

  /** How long the review of a break-glass ruling may take at most. */
  get ratifyWithinMs(): number {
    return Number(this.#state.breakGlass.ratifyWithinMs);
  }

  /** Whether all roles of the runbook may sign in advance. */
  preapproves(runbook: string): boolean {
    return this.#state.preapproved.includes(runbook);
  }
}

function found(
  people: Map<string, readonly string[]>,
  keys: Map<string, Key>,
  person: Json,
  findings: Findings,
  at: string,
): void {
  checkForm("person", person, "id:text roles:list keys:list principals?:list");
  const id = String(person.id);
  checkId(id);
  if (people.has(id)) throw new Fault("keyring", `two people are called ${quote(id)}`);
  people.set(id, checkRoles((person.roles as Json[]).map(String)));
  for (const line of person.keys as Json[])
    findings.check(at, () => {
      const text = admitted(id, String(line));
      const other = keys.get(text)?.person;
      if (other !== undefined) throw new Fault("keyring", `${quote(other)} and ${quote(id)} have the same key`);
      keys.set(text, newKey(text, id, 1));
    });
}

export function checkId(id: string): void {
  if (!ID.test(id)) throw new Fault("keyring", `${quote(id)} cannot be a person's id`);
}

export function checkRoles(roles: readonly string[]): readonly string[] {
  if (roles.length === 0) throw new Fault("keyring", "there is a person without roles");
  for (const role of roles)
    if (!/^[a-z][a-z0-9-]{0,39}$/.test(role) || roles.indexOf(role) !== roles.lastIndexOf(role))
      throw new Fault("keyring", `${quote(role)} cannot be a role, or stands there twice`);
  return roles;
}

/** The key's text. Its type and point are held against what is admitted: a weak key would sign whatever anybody likes. */
export function admitted(person: string, line: string): string {
  try {
    return parseKeyLine(line).text;
  } catch (error) {
    throw error instanceof Fault ? new Fault("keyring", `a key of ${quote(person)} is not admitted: ${error.message}`) : error;
  }
}

function newKey(text: string, person: string, since: number): Key {
  return { text, fingerprint: parseKeyLine(text).fingerprint, person, state: "active", since, goodThrough: null };
}

function put(keys: Map<string, Key>, text: string, change: Partial<Key>): void {
  const key = keys.get(text);
  if (key !== undefined) keys.set(text, { ...key, ...change });
}
