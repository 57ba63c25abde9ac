import type { Json } from "./bytes.ts";
import { Fault, quote } from "./findings.ts";
import type { Payload } from "./forms.ts";
import { admitted, type Change, checkId, checkRoles, type Keyring, type Place } from "./keyring.ts";
import { type SshKey, type Verified, verifySshSignature } from "./ssh.ts";

const TITLE = "soc2-er keyring v1";
const NONE = "none";
const MOST_SIGNATURES = 16;
const PLAIN = /^[\x21-\x7e](?:[\x20-\x7e]{0,398}[\x21-\x7e])?$/;
const LINES: readonly (readonly [label: string, form: RegExp])[] = [
  ["origin", PLAIN],
  ["after", /^sha256:[0-9a-f]{64}$/],
  ["change", /^(add-person|remove-person|set-roles|add-key|retire-key|revoke-key)$/],
  ["person", PLAIN],
  ["roles", /^[a-z][a-z0-9-]*(, [a-z][a-z0-9-]*)*$/],
  ["key", /^(none|[a-z0-9@.-]+ [A-Za-z0-9+/]+=*)$/],
  ["good-through", /^(none|0|[1-9][0-9]{0,14})$/],
  ["reason", PLAIN],
];
const TAKES = ["retire-key", "revoke-key", "remove-person"];

/**
 * The keyring after a `keyring.changed` at its place. Throws a `Fault` where the change does not hold: `keyring-overtaken` where
 * another one came first, as happens to honest people on two machines, else `keyring`. Then it changes nothing.
 */
export function changedBy(keyring: Keyring, { origin, body }: Payload, place: Place): Keyring {
  const statement = String(body.statement);
  const values = read(statement);
  const value = (label: string): string => values.get(label) ?? "";
  if (value("origin") !== origin) throw new Fault("keyring", `the change is one of the log ${quote(value("origin"))}`);
  if (value("after") !== keyring.last)
    throw new Fault("keyring-overtaken", "another change of the keyring came before it, so that it changes nothing");
  const good = value("good-through");
  const change: Change = {
    kind: value("change"),
    person: value("person"),
    roles: value("roles") === NONE ? [] : value("roles").split(", "),
    key: value("key"),
    goodThrough: good === NONE ? null : Number(good),
  };
  checkSubject(keyring, change, place.index);
  checkQuorum(keyring, change, signersOf(keyring, statement, body.signatures ?? null));
  return keyring.changed(change, statement, place);
}

function read(text: string): Map<string, string> {
  const [title, ...lines] = text.split("\n");
  const values = new Map<string, string>();
  if (title !== TITLE || lines.pop() !== "" || lines.length !== LINES.length)
    throw new Fault("keyring", "its statement does not have the lines of one");
  for (const [index, [label, form]] of LINES.entries()) {
    const line = lines[index] ?? "";
    const value = line.slice(label.length + 2);
    if (!line.startsWith(`${label}: `) || !form.test(value) || !PLAIN.test(value))
      throw new Fault("keyring", `its line ${quote(line)} is no "${label}"`);
    values.set(label, value);
  }
  const kind = values.get("change") ?? "";
  const says = { roles: ["add-person", "set-roles"], key: ["add-person", "add-key", "retire-key", "revoke-key"] };
  for (const [label, kinds] of Object.entries({ ...says, "good-through": ["revoke-key"] }))
    if ((values.get(label) === NONE) === kinds.includes(kind))
      throw new Fault("keyring", `${kind} does not go with ${label} ${quote(values.get(label))}`);
  return values;
}

/** Names and keys are used once in the life of a log. */
function checkSubject(keyring: Keyring, { kind, person, roles, key, goodThrough }: Change, index: number): void {
  const known = keyring.key(key);
  if (kind === "add-person") {
    checkId(person);
    if (keyring.wasPerson(person)) throw new Fault("keyring", `${quote(person)} is, or was, called so already`);
  } else if (kind !== "revoke-key" && !keyring.isPerson(person)) throw new Fault("keyring", `nobody is called ${quote(person)}`);
  if (kind === "add-person" || kind === "set-roles") checkRoles(roles);
  if (kind === "add-person" || kind === "add-key") {
    if (known !== undefined) throw new Fault("keyring", `${quote(known.person)} and ${quote(person)} would have the same key`);
    if (admitted(person, key) !== key) throw new Fault("keyring", "the key is oddly spelled");
  } else if (kind === "retire-key" || kind === "revoke-key") {
    if (known?.person !== person) throw new Fault("keyring", `the key is none of ${quote(person)}`);
    const worse = known.state !== "revoked" || (goodThrough ?? 0) < (known.goodThrough ?? 0);
    if (kind === "retire-key" ? known.state !== "active" : (goodThrough ?? 0) >= index || !worse)
      throw new Fault(
        "keyring",
        `the key ${known.fingerprint} is ${known.state} already, or good through an entry still to come`,
      );
  }
}

function signersOf(keyring: Keyring, statement: string, signatures: Json): string[] {
  if (!Array.isArray(signatures) || signatures.length > MOST_SIGNATURES)
    throw new Fault("keyring", `it has more than ${MOST_SIGNATURES} signatures`);
  const people = signatures.map((signature) => {
    const key = verified(String(signature), statement);
    const { text, fingerprint } = key;
    if (!keyring.admits(key)) throw new Fault("keyring", `the security key ${fingerprint} signed it without PIN or finger`);
    const owner = keyring.ownerOf(text);
    if (owner === undefined) throw new Fault("keyring", `the key ${fingerprint} that signed it is nobody's here`);
    return owner;
  });
  return [...new Set(people)];
}

function verified(signature: string, statement: string): SshKey & Verified {
  try {
    return verifySshSignature(signature, "keyring.soc2-er.v1", Buffer.from(statement));
  } catch (error) {
    throw error instanceof Fault ? new Fault("keyring", error.message) : error;
  }
}

/**
 * What grants something needs one person for security and another for engineering, neither of them the one it is about; for a further
 * key of theirs, that one with an older key and one such lead. What only takes away needs such a lead and one more person.
 */
function checkQuorum(keyring: Keyring, { kind, person }: Change, signers: readonly string[]): void {
  const others = signers.filter((signer) => signer !== person);
  const security = others.filter((signer) => keyring.holds(signer, "security"));
  const engineering = others.filter((signer) => keyring.holds(signer, "engineering"));
  const lead = security.length + engineering.length > 0;
  const both = security.some((one) => engineering.some((other) => other !== one));
  const own = kind === "add-key" && lead && signers.includes(person);
  const takes = TAKES.includes(kind) && lead && signers.length > 1;
  if (!both && !own && !takes)
    throw new Fault("keyring", `it is signed by ${quote(signers.join(", "))}: not enough to ${kind} ${quote(person)}`);
}
