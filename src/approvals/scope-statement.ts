import { type Digest, ErError, type Instant, type Role } from "../model/index.ts";
import { type Limit, parseLimit, sayLimit } from "./limits.ts";
import { digestOf, instantOf, PLAIN, type Seen, seenOf } from "./statement.ts";

/** What a person lets happen in advance: their role's part of the approval of every containing plan that stays inside. */
export type ScopeFacts = {
  readonly origin: string;
  readonly runbook: string;
  readonly runbookDigest: Digest;
  readonly target: Limit;
  readonly params: readonly (readonly [name: string, limit: Limit])[];
  /** Ids of the only accounts and subscriptions that may be changed; null: any. */
  readonly accounts: readonly string[] | null;
  readonly maxChanges: number;
  readonly role: Role;
  readonly person: string;
  readonly key: string;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  readonly nonce: string;
  readonly seen: Seen | null;
};

const TITLE = "soc2-er scope v1";
const MAX_VALUE = 500;
const MAX_PARAMS = 64;

/** The text that is shown and signed, in the style of an approval; one line `param` for each parameter. Throws `approval-malformed`. */
export function scopeStatement(facts: ScopeFacts): string {
  const lines: [label: string, value: string][] = [
    ["origin", facts.origin],
    ["runbook", facts.runbook],
    ["runbook-digest", facts.runbookDigest],
    ["target", sayLimit(facts.target)],
    ...facts.params.map(([name, limit]): [string, string] => ["param", `${name} ${sayLimit(limit)}`]),
    ["accounts", facts.accounts === null ? "any" : facts.accounts.join(" ")],
    ["max-changes", String(facts.maxChanges)],
    ["role", facts.role],
    ["person", facts.person],
    ["key", facts.key],
    ["not-before", facts.notBefore],
    ["not-after", facts.notAfter],
    ["nonce", facts.nonce],
    ["seen", facts.seen === null ? "none" : `${facts.seen.batch} ${facts.seen.digest}`],
  ];
  for (const [label, value] of lines)
    if (!PLAIN.test(value) || value.length > MAX_VALUE)
      throw malformed(`${label} "${value.slice(0, 80)}" is not plain ASCII text of at most ${MAX_VALUE} characters`);
  return `${[TITLE, ...lines.map(([label, value]) => `${label}: ${value}`)].join("\n")}\n`;
}

/** Reads exactly what `scopeStatement` writes; anything else is `approval-malformed`. */
export function parseScope(text: string): ScopeFacts {
  const lines = text.split("\n");
  if (lines.shift() !== TITLE || lines.pop() !== "") throw malformed(`it does not begin with "${TITLE}" and end in LF`);
  const take = (label: string, form: RegExp = PLAIN): string => {
    const line = lines.shift() ?? "";
    const value = line.slice(label.length + 2);
    if (!line.startsWith(`${label}: `) || !form.test(value)) throw malformed(`"${line.slice(0, 80)}" is not "${label}: …"`);
    return value;
  };
  const [origin, runbook, runbookDigest] = [take("origin"), take("runbook", NAME), digestOf(take("runbook-digest"))];
  const target = limitOf(take("target"));
  const params: [string, Limit][] = [];
  while (lines[0]?.startsWith("param: ") && params.length < MAX_PARAMS) {
    const [, name = "", limit = ""] = /^(\S+) (.*)$/.exec(take("param")) ?? [];
    if (!NAME.test(name) || params.some(([other]) => other === name))
      throw malformed(`parameter "${name}" is named twice or badly`);
    params.push([name, limitOf(limit)]);
  }
  const accounts = take("accounts", /^[!-~]+( [!-~]+)*$/);
  const facts: ScopeFacts = {
    ...{ origin, runbook, runbookDigest, target, params },
    accounts: accounts === "any" ? null : accounts.split(" "),
    maxChanges: Number(take("max-changes", /^[1-9]\d{0,6}$/)),
    role: take("role"),
    person: take("person"),
    key: take("key", /^SHA256:[A-Za-z0-9+/]{43}$/),
    notBefore: instantOf("not-before", take("not-before")),
    notAfter: instantOf("not-after", take("not-after")),
    nonce: take("nonce", /^[0-9a-f]{32}$/),
    seen: seenOf(take("seen", /^(none|(0|[1-9][0-9]{0,11}) sha256:[0-9a-f]{64})$/)),
  };
  if (scopeStatement(facts) !== text) throw malformed("it is not in the exact form");
  return facts;
}

const NAME = /^[a-z][a-z0-9-]{0,63}$/;

function limitOf(text: string): Limit {
  const limit = parseLimit(text);
  if (limit === null) throw malformed(`"${text.slice(0, 80)}" is not a limit`);
  return limit;
}

function malformed(why: string): ErError {
  return new ErError("approval-malformed", `not a scope statement: ${why}`, { hints: ["soc2-er approval list"] });
}
