import { PLAIN, SIGNER_LINES } from "./approval.ts";
import { digestOf, isObject, type Json, type JsonObject } from "./bytes.ts";
import { Fault, type Findings, quote } from "./findings.ts";
import { isInstant, type Payload } from "./forms.ts";
import type { Keyring } from "./keyring.ts";
import { isAllowed } from "./limits.ts";
import type { Plan } from "./plan.ts";
import { type SshKey, type Verified, verifySshSignature } from "./ssh.ts";

/** What a person signed in advance, as the statement says it. */
type Scope = {
  readonly values: ReadonlyMap<string, string>;
  readonly params: ReadonlyMap<string, string>;
  readonly key: string;
};

/** The ruling that names a scope: when, by whom, and what its author could know. */
export type Use = {
  readonly time: string;
  readonly applies: string;
  readonly seen: number;
  readonly batch: number;
  readonly keyring: Keyring;
};

const NAME = /^[a-z][a-z0-9-]{0,63}$/;
const LIMIT = /^(is|in|like|within|widest) .+$/;
const LONGEST_MS = 90 * 24 * 3_600_000;
const MOST_PARAMS = 64;
/** An entry is written a moment after the clock was read that judged it. */
const SLACK_MS = 60_000;

/** The lines of a statement after its title; between the two parts, one `param` for each parameter. */
const BEFORE: readonly (readonly [label: string, form: RegExp])[] = [
  ["origin", PLAIN],
  ["runbook", NAME],
  ["runbook-digest", /^sha256:[0-9a-f]{64}$/],
  ["target", LIMIT],
];
const AFTER: readonly (readonly [label: string, form: RegExp])[] = [
  ["accounts", PLAIN],
  ["max-changes", /^[1-9]\d{0,6}$/],
  ...SIGNER_LINES,
];

/** What was signed in advance, what of it was taken back, and whether a ruling may rest on it. */
export class Scopes {
  readonly #granted = new Map<string, Scope>();
  /** By scope: who took it back, and in which batch that stands. */
  readonly #withdrawn = new Map<string, { readonly person: string; readonly batch: number }[]>();

  /** Throws a `Fault` when the statement is not what it says, or not by who may sign it. */
  granted({ origin, body }: Payload, keyring: Keyring): void {
    const statement = String(body.statement);
    const { values, params } = readStatement(statement);
    const value = (label: string): string => values.get(label) ?? "";
    const key = verifyStatement(statement, String(body.signature));
    if (!keyring.admits(key)) throw new Fault("scope", "its security key signed without PIN or finger");
    const [person, role] = [value("person"), value("role")];
    if (key.fingerprint !== value("key") || keyring.ownerOf(key.text) !== person)
      throw new Fault("scope", `the key ${key.fingerprint} that signed it is not one of ${quote(person)}`);
    if (!keyring.holds(person, role)) throw new Fault("scope", `${quote(person)} does not hold the role ${quote(role)}`);
    if (value("origin") !== origin) throw new Fault("scope", `it is for ${quote(value("origin"))}`);
    const said = {
      scope: digestOf(Buffer.from(statement)),
      expiresAt: value("not-after"),
      runbook: value("runbook"),
      role,
      person,
    };
    for (const [name, is] of Object.entries(said))
      if (body[name] !== is) throw new Fault("scope", `its ${name} is ${quote(is)}, the entry says otherwise`);
    const [from, until] = [value("not-before"), value("not-after")];
    const window = isInstant(from) && isInstant(until) ? Date.parse(until) - Date.parse(from) : 0;
    if (window <= 0 || window > LONGEST_MS) throw new Fault("scope", "it does not hold for a time of at most 90 days");
    if (!this.#granted.has(said.scope)) this.#granted.set(said.scope, { values, params, key: key.text });
  }

  withdrawn({ body, person }: Payload, batch: number): void {
    const scope = String(body.scope);
    this.#withdrawn.set(scope, [...(this.#withdrawn.get(scope) ?? []), { person, batch }]);
  }

  /** Throws a `Fault` when a ruling may not rest on a scope as it does. */
  use(named: JsonObject, plan: Plan | null, use: Use, at: string, findings: Findings): void {
    const [digest, person, role] = [String(named.scope), String(named.person), String(named.role)];
    const scope = this.#granted.get(digest);
    if (scope === undefined) {
      findings.add(
        "scope-missing",
        at,
        `nothing that ${quote(person)} signed in advance as ${quote(role)} stands before the ruling`,
      );
      return;
    }
    const why = this.#withdrawal(digest, scope, use) ?? misused(scope, person, role, use) ?? (plan && outside(scope, plan));
    if (why !== null)
      throw new Fault("scope", `what ${quote(person)} signed in advance as ${quote(role)} does not stand: ${why}`);
  }

  #withdrawal(digest: string, { values }: Scope, { seen, batch, keyring }: Use): string | null {
    const [signer, role, runbook] = ["person", "role", "runbook"].map((label) => values.get(label) ?? "");
    const may = (person: string): boolean =>
      person === signer || [role ?? "", ...keyring.asks(runbook ?? "")].some((one) => keyring.holds(person, one));
    const known = (this.#withdrawn.get(digest) ?? []).find(
      (one) => may(one.person) && (one.batch <= seen || one.batch === batch),
    );
    return known === undefined ? null : `${quote(known.person)} took it back before`;
  }
}

function misused({ values, key }: Scope, person: string, role: string, { time, applies, keyring }: Use): string | null {
  const value = (label: string): string => values.get(label) ?? "";
  if (value("person") !== person || value("role") !== role)
    return `it is signed by ${quote(value("person"))} as ${quote(value("role"))}`;
  if (keyring.ownerOf(key) !== person || !keyring.holds(person, role)) return "key or role were not theirs any more";
  if (person === applies) return "they apply the plan themselves";
  const now = Date.parse(time);
  const holds = now >= Date.parse(value("not-before")) - SLACK_MS && now <= Date.parse(value("not-after")) + SLACK_MS;
  return holds ? null : `it did not hold at ${time}`;
}

function outside({ values, params }: Scope, { header, changes }: Plan): string | null {
  const value = (label: string): string => values.get(label) ?? "";
  const { kind, runbook, operator, target } = header;
  if (kind !== "contain" || runbook.id !== value("runbook")) return `it is for ${quote(value("runbook"))}`;
  if (runbook.digest !== value("runbook-digest")) return "the runbook was another one";
  if (operator === value("person")) return "they made the plan themselves";
  if (!isAllowed(value("target"), target)) return `the target ${quote(target)} is outside`;
  const given: JsonObject = isObject(header.params) ? header.params : {};
  for (const name of new Set([...Object.keys(given), ...params.keys()])) {
    const limit = params.get(name);
    const own: Json | undefined = Object.hasOwn(given, name) ? given[name] : undefined;
    if (limit === undefined || !isAllowed(limit, own)) return `the parameter ${quote(name)} is outside`;
  }
  if (changes.size > Number(value("max-changes"))) return `${changes.size} changes are too many`;
  const accounts = value("accounts") === "any" ? null : value("accounts").split(" ");
  for (const [, { resource }] of accounts === null ? [] : changes)
    if (!isObject(resource) || !accounts?.includes(String(resource.account))) return "it changes another account";
  return null;
}

function readStatement(text: string): Pick<Scope, "values" | "params"> {
  const [title, ...lines] = text.split("\n");
  if (title !== "soc2-er scope v1" || lines.pop() !== "")
    throw new Fault("scope", "its statement does not have the lines of one");
  const values = new Map<string, string>();
  const params = new Map<string, string>();
  const take = (label: string, form: RegExp): string => {
    const line = lines.shift() ?? "";
    const value = line.slice(label.length + 2);
    if (!line.startsWith(`${label}: `) || !form.test(value) || !PLAIN.test(value))
      throw new Fault("scope", `its line ${quote(line)} is no "${label}"`);
    return value;
  };
  for (const [label, form] of BEFORE) values.set(label, take(label, form));
  while (lines[0]?.startsWith("param: ") && params.size < MOST_PARAMS) {
    const line = take("param", PLAIN);
    const name = line.split(" ", 1)[0] ?? "";
    const limit = line.slice(name.length + 1);
    if (!NAME.test(name) || params.has(name) || !LIMIT.test(limit))
      throw new Fault("scope", `its line ${quote(line)} is no limit`);
    params.set(name, limit);
  }
  for (const [label, form] of AFTER) values.set(label, take(label, form));
  if (lines.length > 0) throw new Fault("scope", "its statement has more lines than one");
  return { values, params };
}

function verifyStatement(statement: string, signature: string): SshKey & Verified {
  try {
    return verifySshSignature(signature, "scope.soc2-er.v1", Buffer.from(statement));
  } catch (error) {
    throw error instanceof Fault ? new Fault("scope", error.message) : error;
  }
}
