import { Fault, quote } from "./findings.ts";
import { isInstant, type Payload } from "./forms.ts";
import type { Keyring } from "./keyring.ts";
import { type SshKey, type Verified, verifySshSignature } from "./ssh.ts";

/** One decision of one person on one plan, as the signed statement says it. */
export type Approval = {
  readonly origin: string;
  readonly incident: string;
  readonly action: string;
  readonly plan: string;
  readonly decision: string;
  readonly role: string;
  readonly person: string;
  /** `type base64` of the key that signed. */
  readonly key: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly nonce: string;
  readonly statement: string;
};

export const PLAIN = /^[\x21-\x7e](?:[\x20-\x7e]{0,498}[\x21-\x7e])?$/;
const TITLE = "soc2-er approval v1";

/** How every statement ends: who signs it, with which key, for how long, and what they had seen. */
export const SIGNER_LINES: readonly (readonly [label: string, form: RegExp])[] = [
  ["role", PLAIN],
  ["person", PLAIN],
  ["key", /^SHA256:[A-Za-z0-9+/]{43}$/],
  ["not-before", /^[0-9T:.Z-]+$/],
  ["not-after", /^[0-9T:.Z-]+$/],
  ["nonce", /^[0-9a-f]{32}$/],
  ["seen", /^(none|(0|[1-9][0-9]{0,11}) sha256:[0-9a-f]{64})$/],
];

/** The lines of a statement after its title, each `label: value`, in this order and no other. */
const LINES: readonly (readonly [label: string, form: RegExp])[] = [
  ["origin", PLAIN],
  ["incident", PLAIN],
  ["action", PLAIN],
  ["plan", /^sha256:[0-9a-f]{64}$/],
  ["summary", PLAIN],
  ["decision", /^(approve|deny|ratify|object)$/],
  ...SIGNER_LINES,
];
const LONGEST_MS = 60 * 60_000;

/** The decisions that an entry may record. */
const DECISIONS: { readonly [type: string]: readonly string[] } = {
  "approval.recorded": ["approve", "deny"],
  "ruling.reviewed": ["ratify", "object"],
};

/** Checks an `approval.recorded` or a `ruling.reviewed`: the statement's exact form, its signature by a key of that person, the role, the entry's copy. */
export function checkApproval({ type, origin, incident, body }: Payload, keyring: Keyring): Approval {
  const statement = String(body.statement);
  const values = readStatement(statement);
  const value = (label: string): string => values.get(label) ?? "";
  if (!DECISIONS[type]?.includes(value("decision")))
    throw new Fault("approval", `${quote(value("decision"))} is no decision of this kind`);
  const key = verifyStatement(statement, String(body.signature));
  if (!keyring.admits(key)) throw new Fault("approval", "its security key signed without PIN or finger");
  const person = value("person");
  if (key.fingerprint !== value("key") || keyring.ownerOf(key.text) !== person)
    throw new Fault("approval", `the key ${key.fingerprint} that signed it is not one of ${quote(person)}`);
  if (!keyring.holds(person, value("role")))
    throw new Fault("approval", `${quote(person)} does not hold the role ${quote(value("role"))}`);
  for (const label of ["plan", "decision", "role", "person"])
    if (body[label] !== value(label))
      throw new Fault("approval", `its ${label} is ${quote(value(label))}, the entry says otherwise`);
  if (value("origin") !== origin || value("incident") !== incident)
    throw new Fault("approval", `it is for incident ${quote(value("incident"))} of ${quote(value("origin"))}`);
  const [notBefore, notAfter] = [value("not-before"), value("not-after")];
  const window = isInstant(notBefore) && isInstant(notAfter) ? Date.parse(notAfter) - Date.parse(notBefore) : 0;
  if (value("decision") !== "deny" && (window <= 0 || window > LONGEST_MS))
    throw new Fault("approval", "it does not hold for a time of at most an hour");
  return {
    origin,
    incident,
    action: value("action"),
    plan: value("plan"),
    decision: value("decision"),
    role: value("role"),
    person,
    key: key.text,
    notBefore,
    notAfter,
    nonce: value("nonce"),
    statement,
  };
}

function readStatement(text: string): Map<string, string> {
  const [title, ...lines] = text.split("\n");
  const values = new Map<string, string>();
  if (title !== TITLE || lines.pop() !== "" || lines.length !== LINES.length)
    throw new Fault("approval", "its statement does not have the lines of one");
  for (const [index, [label, form]] of LINES.entries()) {
    const line = lines[index] ?? "";
    const value = line.slice(label.length + 2);
    if (!line.startsWith(`${label}: `) || !form.test(value))
      throw new Fault("approval", `its line ${quote(line)} is no "${label}"`);
    values.set(label, value);
  }
  return values;
}

function verifyStatement(statement: string, signature: string): SshKey & Verified {
  try {
    return verifySshSignature(signature, "approval.soc2-er.v1", Buffer.from(statement));
  } catch (error) {
    throw error instanceof Fault ? new Fault("approval", error.message) : error;
  }
}
