import type { EntryBodies, Person, Role } from "../model/index.ts";
import { keyText } from "./admission.ts";
import type { Keyring } from "./types.ts";

/** The people as the log's first entry names them. */
export function keyringOf(genesis: EntryBodies["genesis"]): Keyring {
  const { people, policy } = genesis;
  const byId = new Map(people.map((person) => [person.id, person]));
  const byKey = new Map(people.flatMap((person) => person.keys.map((key): [string, Person] => [keyText(key), person])));
  return {
    people,
    approvals: policy.approvals,
    preapproved: policy.preapproved ?? [],
    person: (id) => byId.get(id) ?? null,
    ownerOf: (publicKey) => byKey.get(keyText(publicKey)) ?? null,
    holds: (person: string, role: Role) => byId.get(person)?.roles.includes(role) ?? false,
  };
}
