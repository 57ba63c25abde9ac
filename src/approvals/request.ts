import type { Keyring } from "../audit/index.ts";
import { type Clock, ErError, type Person, type Plan, type Role } from "../model/index.ts";
import { parsePublicKey } from "../signing/index.ts";
import type { Ruling } from "./rule.ts";
import { MAX_WINDOW_MS, type Unsigned, unsignedApproval } from "./sign.ts";

/** `keys` are the fingerprints of all the person's keys: the first is the one that the statement names. */
export type Request = Unsigned & { readonly keys: readonly string[] };

/**
 * What those are asked to sign whose approval a plan waits for: a statement for everybody who holds a role that is missing and is
 * neither the plan's operator nor somebody who has approved. `only` is one person's id, or the fingerprint of the key that is to sign.
 * Errors: `approval-role` when that person cannot help, or nobody can.
 */
export function requestApprovals(
  plan: Plan,
  ruling: Ruling,
  keyring: Keyring,
  options: { readonly clock: Clock; readonly only?: string },
): Request[] {
  const { only, clock } = options;
  const spent = new Set([plan.header.operator, ...ruling.have.map(({ person }) => person)]);
  const asked = keyring.people.filter(({ id }) => !spent.has(id)).flatMap((person) => asOneOf(person, ruling.waiting, only));
  if (asked.length === 0) throw nobody(plan, ruling, only);
  return asked.map(({ role, person, keys: [key = "", ...others] }) => ({
    ...unsignedApproval(plan, { key, person: person.id, role, decision: "approve", clock, windowMs: MAX_WINDOW_MS }),
    keys: [key, ...others],
  }));
}

type Asked = { readonly role: Role; readonly person: Person; readonly keys: readonly string[] };

function asOneOf(person: Person, waiting: readonly Role[], only: string | undefined): Asked[] {
  const keys = person.keys.map((line) => parsePublicKey(line).fingerprint);
  if (keys.length === 0 || (only !== undefined && only !== person.id && !keys.includes(only))) return [];
  const first = keys.filter((key) => key === only);
  const sorted = [...first, ...keys.filter((key) => key !== only)];
  return waiting.filter((role) => person.roles.includes(role)).map((role) => ({ role, person, keys: sorted }));
}

function nobody(plan: Plan, ruling: Ruling, only: string | undefined): ErError {
  const hints = [`soc2-er plan show ${plan.digest}`];
  if (ruling.waiting.length === 0)
    return new ErError("approval-role", `plan "${plan.digest}" waits for nobody's approval`, { hints });
  const roles = ruling.waiting.join(" or ");
  const who = only === undefined ? "nobody else" : `"${only}" is nobody who`;
  return new ErError("approval-role", `${who} can approve this plan as ${roles}`, { hints });
}
