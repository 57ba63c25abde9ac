import { type Digest, isDigest, type Role } from "../model/index.ts";
import { EntryFault } from "./entry.ts";

export const KEYRING_CHANGES = ["add-person", "remove-person", "set-roles", "add-key", "retire-key", "revoke-key"] as const;
export type KeyringChangeKind = (typeof KEYRING_CHANGES)[number];

/**
 * One change of the keyring, about one person. `after` is the digest of the change's statement that took effect before it, or of the
 * founding entry: what is signed can take effect once, and only on the keyring that the signers saw. `goodThrough` is the place in the
 * log of the last entry before which a revoked key was in good hands.
 */
export type KeyringChange = {
  readonly origin: string;
  readonly after: Digest;
  readonly change: KeyringChangeKind;
  readonly person: string;
  /** Of `add-person` and `set-roles`, else null. */
  readonly roles: readonly Role[] | null;
  /** `type base64`; null for `remove-person` and `set-roles`. */
  readonly key: string | null;
  /** Of `revoke-key`, else null. */
  readonly goodThrough: number | null;
  readonly reason: string;
};

export const KEYRING_TITLE = "soc2-er keyring v1";
/** The lines after the title, in order. */
export const KEYRING_LABELS = ["origin", "after", "change", "person", "roles", "key", "good-through", "reason"] as const;
type Label = (typeof KEYRING_LABELS)[number];

const NONE = "none";
/** Printable ASCII without a blank at either end: what one sees is what there is. */
const PLAIN = /^[\x21-\x7e](?:[\x20-\x7e]{0,398}[\x21-\x7e])?$/;
const FORMS: { readonly [L in Label]?: RegExp } = {
  after: /^sha256:[0-9a-f]{64}$/,
  change: new RegExp(`^(${KEYRING_CHANGES.join("|")})$`),
  roles: /^[a-z][a-z0-9-]*(, [a-z][a-z0-9-]*)*$/,
  key: /^[a-z0-9@.-]+ [A-Za-z0-9+/]+=*$/,
  "good-through": /^(none|0|[1-9][0-9]{0,14})$/,
};

/** The lines that say something in each change; in the others they say "none". */
const SAYS: { readonly [K in KeyringChangeKind]: readonly Label[] } = {
  "add-person": ["roles", "key"],
  "remove-person": [],
  "set-roles": ["roles"],
  "add-key": ["key"],
  "retire-key": ["key"],
  "revoke-key": ["key", "good-through"],
};

/** The text that is shown and signed: one fact a line, ASCII, fixed order, LF at the end of each. Throws EntryFault for what is not plain. */
export function keyringStatement({ origin, after, change, person, roles, key, goodThrough, reason }: KeyringChange): string {
  const values: Record<Label, string> = {
    origin,
    after,
    change,
    person,
    roles: roles?.join(", ") ?? NONE,
    key: key ?? NONE,
    "good-through": goodThrough === null ? NONE : String(goodThrough),
    reason,
  };
  const text = `${[KEYRING_TITLE, ...KEYRING_LABELS.map((label) => `${label}: ${values[label]}`)].join("\n")}\n`;
  parseKeyringStatement(text);
  return text;
}

/** Reads exactly what `keyringStatement` writes; EntryFault for anything else. */
export function parseKeyringStatement(text: string): KeyringChange {
  const [title, ...lines] = text.split("\n");
  if (title !== KEYRING_TITLE) throw new EntryFault(`the first line is not "${KEYRING_TITLE}"`);
  if (lines.pop() !== "" || lines.length !== KEYRING_LABELS.length)
    throw new EntryFault(`it does not have ${KEYRING_LABELS.length + 1} lines that end in LF`);
  const values = new Map(KEYRING_LABELS.map((label, index) => [label, read(label, lines[index] ?? "")]));
  const value = (label: Label): string => values.get(label) ?? "";
  const change = value("change") as KeyringChangeKind;
  for (const label of ["roles", "key", "good-through"] as const)
    if ((value(label) === NONE) === SAYS[change].includes(label))
      throw new EntryFault(`${change} with ${label} "${value(label)}"`);
  const [after, roles, key] = [value("after"), value("roles"), value("key")];
  if (!isDigest(after)) throw new EntryFault("after is no digest");
  return {
    origin: value("origin"),
    after,
    change,
    person: value("person"),
    roles: roles === NONE ? null : roles.split(", "),
    key: key === NONE ? null : key,
    goodThrough: value("good-through") === NONE ? null : Number(value("good-through")),
    reason: value("reason"),
  };
}

function read(label: Label, line: string): string {
  const value = line.slice(label.length + 2);
  const form = FORMS[label] ?? PLAIN;
  const fits = value === NONE && (label === "roles" || label === "key") ? true : form.test(value) && PLAIN.test(value);
  if (!line.startsWith(`${label}: `) || !fits) throw new EntryFault(`the line "${line.slice(0, 100)}" is not "${label}: …"`);
  return value;
}
