import { type Digest, ErError, type Instant, instant, isDigest, millis, type Plan, type Role } from "../model/index.ts";

/** The newest batch that the approver had seen: ties the approval to a state of the log. */
export type Seen = { readonly batch: number; readonly digest: Digest };

export const DECISIONS = ["approve", "deny", "ratify", "object"] as const;
export type Decision = (typeof DECISIONS)[number];

/** What an approval says. `action` is the runbook's id; `key` the fingerprint of the key that signs. */
export type ApprovalFacts = {
  readonly origin: string;
  readonly incident: string;
  readonly action: string;
  readonly plan: Digest;
  readonly summary: string;
  /** On a plan that waits, or on one that was applied by a break-glass ruling. */
  readonly decision: Decision;
  readonly role: Role;
  readonly person: string;
  readonly key: string;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  readonly nonce: string;
  readonly seen: Seen | null;
};

export const TITLE = "soc2-er approval v1";
/** The lines after the title, in order. */
export const LABELS = [
  "origin",
  "incident",
  "action",
  "plan",
  "summary",
  "decision",
  "role",
  "person",
  "key",
  "not-before",
  "not-after",
  "nonce",
  "seen",
] as const;
type Label = (typeof LABELS)[number];

/** Printable ASCII without a blank at either end: what one sees is what there is. */
export const PLAIN = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
const MAX_VALUE = 500;
const SUMMARY_MAX = 300;

/**
 * The text that is shown and signed: one fact a line, ASCII, fixed order, LF at the end of each. Characters of the summary
 * that ASCII lacks become "?"; in any other fact they are refused with `approval-malformed`.
 */
export function approvalStatement(facts: ApprovalFacts): string {
  const values: Record<Label, string> = {
    origin: facts.origin,
    incident: facts.incident,
    action: facts.action,
    plan: facts.plan,
    summary: plainSummary(facts.summary),
    decision: facts.decision,
    role: facts.role,
    person: facts.person,
    key: facts.key,
    "not-before": facts.notBefore,
    "not-after": facts.notAfter,
    nonce: facts.nonce,
    seen: facts.seen === null ? "none" : `${facts.seen.batch} ${facts.seen.digest}`,
  };
  for (const label of LABELS) {
    if (!PLAIN.test(values[label]) || values[label].length > MAX_VALUE)
      throw malformed(`${label} "${values[label].slice(0, 80)}" is not plain ASCII text`);
  }
  return `${[TITLE, ...LABELS.map((label) => `${label}: ${values[label]}`)].join("\n")}\n`;
}

/** Reads exactly what `approvalStatement` writes; anything else is `approval-malformed`. */
export function parseStatement(text: string): ApprovalFacts {
  const lines = text.split("\n");
  if (lines[0] !== TITLE) throw malformed(`the first line is not "${TITLE}"`);
  if (lines.length !== LABELS.length + 2 || lines.at(-1) !== "")
    throw malformed(`it does not have ${LABELS.length + 1} lines that end in LF`);
  const value = (label: Label): string => {
    const line = lines[LABELS.indexOf(label) + 1] ?? "";
    if (!line.startsWith(`${label}: `)) throw malformed(`line ${LABELS.indexOf(label) + 2} is not "${label}: …"`);
    const found = line.slice(label.length + 2);
    if (!PLAIN.test(found) || found.length > MAX_VALUE) throw malformed(`${label} is not plain ASCII text`);
    return found;
  };
  const matching = (label: Label, form: RegExp): string => {
    const found = value(label);
    if (!form.test(found)) throw malformed(`${label} "${found.slice(0, 80)}" does not have the right form`);
    return found;
  };
  const facts: ApprovalFacts = {
    origin: value("origin"),
    incident: value("incident"),
    action: value("action"),
    plan: digestOf(value("plan")),
    summary: value("summary"),
    decision: decisionOf(value("decision")),
    role: value("role"),
    person: value("person"),
    key: matching("key", /^SHA256:[A-Za-z0-9+/]{43}$/),
    notBefore: instantOf("not-before", value("not-before")),
    notAfter: instantOf("not-after", value("not-after")),
    nonce: matching("nonce", /^[0-9a-f]{32}$/),
    seen: seenOf(matching("seen", /^(none|(0|[1-9][0-9]{0,11}) sha256:[0-9a-f]{64})$/)),
  };
  if (approvalStatement(facts) !== text) throw malformed("it is not in the exact form");
  return facts;
}

/** What a plan does, in one line. Derived from the plan alone, so that a statement cannot describe another one. */
export function planSummary(plan: Plan): string {
  const irreversible = plan.changes.filter((change) => change.reversal.kind === "none").length;
  const conflicts = plan.changes.filter((change) => change.conflict !== undefined).length;
  const accounts = new Set(plan.changes.map((change) => `${change.resource.provider}:${change.resource.account}`)).size;
  const { kind, target, of } = plan.header;
  const subject = [kind, target, ...(of === undefined ? [] : [`(undoes ${of})`])].join(" ");
  const counts = [
    count(plan.changes.length, "change"),
    `${irreversible} irreversible`,
    ...(conflicts > 0 ? [count(conflicts, "conflict")] : []),
    count(accounts, "account"),
  ];
  return plainSummary(`${subject}: ${counts.join(", ")}`);
}

/** Long targets are cut in the middle, so that the counts at the end stay. */
function plainSummary(summary: string): string {
  const plain = summary.replace(/[^\x20-\x7e]/gu, "?").trim() || "-";
  return plain.length <= SUMMARY_MAX ? plain : `${plain.slice(0, SUMMARY_MAX - 103)}...${plain.slice(-100)}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function decisionOf(text: string): Decision {
  return DECISIONS.find((one) => one === text) ?? refuse(`decision "${text.slice(0, 80)}" is none`);
}

export function digestOf(text: string): Digest {
  if (!isDigest(text)) throw malformed(`plan "${text.slice(0, 80)}" is not a digest`);
  return text;
}

export function instantOf(label: string, text: string): Instant {
  const at = millis(text);
  if (Number.isNaN(at) || instant(at) !== text)
    throw malformed(`${label} "${text.slice(0, 80)}" is not a time such as 2026-11-22T20:00:00.000Z`);
  return text;
}

export function seenOf(text: string): Seen | null {
  if (text === "none") return null;
  const [batch = "", digest = ""] = text.split(" ");
  return { batch: Number(batch), digest: digestOf(digest) };
}

function refuse(why: string): never {
  throw malformed(why);
}

function malformed(why: string): ErError {
  return new ErError("approval-malformed", `not an approval statement: ${why}`, {
    hints: ["ask the approver to send statement and signature again, unedited"],
  });
}
