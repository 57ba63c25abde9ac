import { digestBytes, type EntryBodies } from "../model/index.ts";
import { isVerifiedUser, SignatureError, verifySshSignature } from "../signing/index.ts";
import { idFault, keyFault, rolesFault } from "./admission.ts";
import { EntryFault } from "./entry.ts";
import type { LoggedKeyring } from "./keyring.ts";
import { type KeyringChange, parseKeyringStatement } from "./keyring-statement.ts";
import type { Keyring } from "./types.ts";

const MOST_SIGNATURES = 16;
const LEADS = ["security", "engineering"] as const;

/** `overtaken` where another change came first, `pending` where signatures are missing, `refused` where it cannot hold at all. */
export type Judgment =
  | { readonly state: "holds"; readonly keyring: LoggedKeyring; readonly signers: readonly string[] }
  | { readonly state: "overtaken" | "pending" | "refused"; readonly why: string; readonly signers: readonly string[] };

/**
 * What a change amounts to on this keyring, at its place in the log: whether its form, its subject and its signatures hold. All
 * signatures must be of people of this keyring, by keys that are active in it.
 */
export function judgeChange(
  keyring: LoggedKeyring,
  { statement, signatures }: EntryBodies["keyring.changed"],
  { origin, place }: { readonly origin: string; readonly place: number },
): Judgment {
  try {
    const change = parseKeyringStatement(statement);
    if (change.origin !== origin) return refused(`it is for the log "${change.origin}"`);
    if (change.after !== keyring.last)
      return { state: "overtaken", why: "the keyring was changed by another change since it was proposed", signers: [] };
    const fault = subjectFault(keyring, change, place);
    if (fault !== null) return refused(fault);
    const signers = signersOf(keyring, statement, signatures);
    const lacking = lackingSigners(keyring, change, signers);
    if (lacking !== null) return { state: "pending", why: lacking, signers };
    return { state: "holds", keyring: keyring.changed(change, digestBytes(statement), place), signers };
  } catch (error) {
    if (error instanceof EntryFault || error instanceof SignatureError) return refused(error.message);
    throw error;
  }
}

function refused(why: string): Judgment {
  return { state: "refused", why, signers: [] };
}

/** Names and keys are used once in the life of a log, so that neither ever means somebody else. */
function subjectFault(keyring: LoggedKeyring, change: KeyringChange, place: number): string | null {
  const { person, key } = change;
  const known = key === null ? null : keyring.key(key);
  if (change.change === "add-person" && keyring.wasPerson(person)) return `"${person}" is a name of this log already`;
  if (change.change === "add-person") {
    const fault = idFault(person) ?? rolesFault(change.roles);
    if (fault !== null) return fault;
  } else if (change.change !== "revoke-key" && keyring.person(person) === null) return `nobody is called "${person}"`;
  if (change.change === "set-roles") return rolesFault(change.roles);
  if (change.change === "add-person" || change.change === "add-key")
    return known === null ? keyFault(key) : `the key ${known.fingerprint} was "${known.person}"'s before: a key is added once`;
  if (key === null) return null;
  if (known === null || known.person !== person) return `the key is none of "${person}"`;
  if (change.change === "retire-key")
    return known.state === "active" ? null : `the key ${known.fingerprint} is ${known.state} already`;
  const good = change.goodThrough ?? 0;
  if (good >= place) return "it names an entry that comes after it";
  const revoked = known.state === "revoked" ? (known.goodThrough ?? 0) : place;
  return good < revoked ? null : `the key ${known.fingerprint} is revoked already, and good through entry ${revoked}`;
}

/** The people who signed, each once. Throws SignatureError or EntryFault for a signature that does not hold. */
function signersOf(keyring: Keyring, statement: string, signatures: readonly string[]): string[] {
  if (!Array.isArray(signatures) || signatures.length > MOST_SIGNATURES)
    throw new EntryFault(`it has more than ${MOST_SIGNATURES} signatures`);
  const people = signatures.map((signature) => {
    const { key, flags } = verifySshSignature(String(signature), "keyring.soc2-er.v1", Buffer.from(statement));
    const owner = keyring.ownerOf(key.text);
    if (owner === null) throw new EntryFault(`the key ${key.fingerprint} that signed it is nobody's now`);
    if (keyring.verification && !isVerifiedUser(flags))
      throw new EntryFault(`the FIDO key of "${owner.id}" signed it without PIN or finger`);
    return owner.id;
  });
  return [...new Set(people)];
}

/**
 * Whose signatures are missing; null when there are enough. What grants something needs two people, one for security and one for
 * engineering, and not whom it is about; who adds a key may use an old one of theirs, with one lead. What only takes away needs a
 * lead whom it is not about, and one more person.
 */
export function lackingSigners(keyring: Keyring, { change, person }: KeyringChange, signers: readonly string[]): string | null {
  const others = signers.filter((signer) => signer !== person);
  const [security = [], engineering = []] = LEADS.map((role) => others.filter((signer) => keyring.holds(signer, role)));
  const lead = security.length + engineering.length > 0;
  if (change === "retire-key" || change === "revoke-key" || change === "remove-person") {
    if (lead && signers.length > 1) return null;
    return lead
      ? "one more person must sign"
      : `a lead (${LEADS.join(" or ")}) other than "${person}" must sign, and one more person`;
  }
  if (security.some((signer) => engineering.some((other) => other !== signer))) return null;
  const own = change === "add-key" ? `, or "${person}" with an older key and one of them` : "";
  if (change === "add-key" && lead && signers.includes(person)) return null;
  return `two people must sign, one for ${LEADS.join(" and one for ")}, other than "${person}"${own}`;
}
