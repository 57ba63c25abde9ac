import { isObject, type Json, type JsonObject } from "./bytes.ts";
import { Fault, quote } from "./findings.ts";

/** What an entry signs. */
export type Payload = {
  readonly origin: string;
  readonly mode: string;
  readonly type: string;
  readonly writer: string;
  readonly wseq: number;
  readonly prev: string | null;
  readonly at: string;
  readonly boot: string;
  readonly mono: number;
  readonly person: string;
  readonly incident?: string;
  readonly seen: { readonly batch: number; readonly digest: string | null };
  readonly body: JsonObject;
};

/** What a batch signs. */
export type BatchHead = {
  readonly origin: string;
  readonly n: number;
  readonly prev: string | null;
  readonly first: string;
  readonly count: number;
  readonly size: number;
  readonly root: string;
  readonly session?: JsonObject;
  readonly writer: string;
  readonly voids: readonly { readonly n: number; readonly digest: string }[];
};

const KINDS: { readonly [kind: string]: (value: Json) => boolean } = {
  any: () => true,
  text: (value) => typeof value === "string",
  list: Array.isArray,
  object: isObject,
  one: (value) => value === 1,
  flag: (value) => typeof value === "boolean",
  integer: (value) => typeof value === "number",
  count: (value) => typeof value === "number" && value >= 0,
  mode: (value) => value === "real" || value === "drill",
  writer: (value) => typeof value === "string" && /^[0-9a-f]{16}$/.test(value),
  root: (value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value),
  digest: (value) => typeof value === "string" && /^sha256:[0-9a-f]{64}$/.test(value),
  instant: isInstant,
  null: (value) => value === null,
  outcome: oneOf("applied", "unchanged", "refused", "unknown", "not-attempted"),
  verification: oneOf("confirmed", "contradicted", "inconclusive"),
  level: oneOf("configuration", "effect"),
  result: oneOf("contained", "unverified", "partial", "none", "rolled-back"),
  decision: oneOf("approve", "deny"),
  ruling: oneOf("approved", "rejected"),
  lease: oneOf("held", "undone", "partly"),
};

function oneOf(...words: readonly string[]): (value: Json) => boolean {
  return (value) => words.includes(value as string);
}

const PAYLOAD =
  "at:instant body:object boot:text incident?:text mode:mode mono:integer origin:text person:text prev:digest|null seen:object type:text v:one writer:writer wseq:count";
const SEEN = "batch:integer digest:digest|null";
const BATCH_HEAD =
  "count:count first:digest n:count origin:text prev:digest|null root:root session?:object size:count v:one voids:list writer:writer";

/** The types of entries, and the members of their bodies. */
const BODIES: { readonly [type: string]: string } = {
  genesis: "organization:text people:list policy:object logKey?:text",
  "session.opened": "person:text key:text sessionKey:text host:text tool:text expiresAt:instant certificate:text",
  "session.closed": "entries:count",
  "keyring.changed": "statement:text signatures:list",
  "incident.declared": "id:text title:text severity:count tenant?:text dataClass?:text",
  "incident.closed": "id:text reason:text",
  "plan.created":
    "plan:digest contentDigest:digest kind:text of?:text runbook:text target:text expiresAt:instant required:list changes:count",
  "approval.recorded": "plan:digest decision:decision role:text person:text statement:text signature:text",
  "plan.ruled": "plan:digest ruling:ruling approvals:list breakGlass?:object",
  "ruling.notified": "plan:digest told:list failed:list untold:list",
  "ruling.reviewed": "plan:digest decision:text role:text person:text statement:text signature:text",
  "scope.granted": "scope:digest runbook:text role:text person:text expiresAt:instant statement:text signature:text",
  "scope.withdrawn": "scope:digest reason:text",
  "run.opened": "run:text plan:digest kind:text of?:text leasesExpireAt:instant|null changes:count",
  "run.resumed": "run:text",
  "change.intended": "run:text change:text action:text resource:object before:any after:any asks?:any undoes?:text",
  "change.progressed": "run:text change:text token:text",
  "change.settled": "run:text change:text outcome:object conflict?:text",
  "change.verified": "run:text change:text verification:object observed:any",
  "lease.checked": "run:text change:text verdict:lease heldAt:instant|null detail?:text observed?:any",
  "run.residual": "run:text residual:list",
  "run.closed": "run:text result:result clocks:object residual:list",
  "run.swept": "run:text looks:count ended:text found:list runs:list left:list unseen:list followUp:digest|null",
  "remote.down": "store:text reason:text",
  "remote.up": "store:text pending:count",
  "recovery.truncated": "segment:text bytes:count digest:digest",
  note: "text:text",
};

/** What is in members that are objects or lists of them, where the verifier or a reader concludes from it. */
const PARTS: { readonly [type: string]: { readonly [member: string]: string } } = {
  "plan.ruled": { approvals: "role:text person:text at:instant scope?:digest" },
  "change.settled": { outcome: "status:outcome why?:text receipts:list" },
  "change.verified": { verification: "verdict:verification level:level detail?:text" },
  "run.residual": { residual: "what:text until:text why:text" },
  "run.closed": { residual: "what:text until:text why:text" },
};

export function isInstant(value: Json): boolean {
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value)) return false;
  const at = new Date(value);
  return !Number.isNaN(at.getTime()) && at.toISOString() === value;
}

export function payloadOf(value: JsonObject): Payload {
  checkForm("entry", value, PAYLOAD);
  checkForm("entry's seen", value.seen, SEEN);
  const form = Object.hasOwn(BODIES, String(value.type)) ? BODIES[String(value.type)] : undefined;
  if (form === undefined) throw new Fault("form", `entries of type ${quote(value.type)} are unknown`);
  checkForm(`body of ${String(value.type)}`, value.body, form);
  for (const [name, part] of Object.entries(PARTS[String(value.type)] ?? {})) {
    const found = value.body[name];
    for (const one of Array.isArray(found) ? found : [found]) checkForm(`${name} of ${String(value.type)}`, one, part);
  }
  return value as Payload;
}

export function batchHeadOf(value: JsonObject): BatchHead {
  checkForm("batch", value, BATCH_HEAD);
  for (const one of value.voids as Json[]) checkForm("batch's void slot", one, "digest:digest n:count");
  if (value.session !== undefined) checkForm("batch's session", value.session, BODIES["session.opened"] ?? "");
  return value as unknown as BatchHead;
}

type Member = {
  readonly name: string;
  readonly optional: boolean;
  readonly kinds: string;
  readonly is: (value: Json) => boolean;
};

const compiled = new Map<string, ReadonlyMap<string, Member>>();

/** Each form is taken apart once. */
function membersOf(form: string): ReadonlyMap<string, Member> {
  const known = compiled.get(form);
  if (known !== undefined) return known;
  const members = form.split(" ").map((member): Member => {
    const [label = "", kinds = ""] = member.split(":");
    const checks = kinds.split("|").map((kind) => KINDS[kind] ?? (() => false));
    const [one = () => false] = checks;
    const is = checks.length === 1 ? one : (value: Json) => checks.some((check) => check(value));
    return { name: label.replace("?", ""), optional: label.endsWith("?"), kinds, is };
  });
  const made = new Map(members.map((member) => [member.name, member]));
  compiled.set(form, made);
  return made;
}

/** `form`: `name:kind` for each member, `name?:` for those that may be missing, `kind|kind` for either. */
export function checkForm(what: string, value: Json | undefined, form: string): asserts value is JsonObject {
  if (!isObject(value)) throw new Fault("form", `the ${what} is not an object`);
  const members = membersOf(form);
  for (const { name, optional, kinds, is } of members.values()) {
    const found = Object.hasOwn(value, name) ? value[name] : undefined;
    if (found === undefined && optional) continue;
    if (found === undefined || !is(found)) throw new Fault("form", `"${name}" of the ${what} is ${quote(found)}, not ${kinds}`);
  }
  const stranger = Object.keys(value).find((name) => !members.has(name));
  if (stranger !== undefined) throw new Fault("form", `the ${what} has a member ${quote(stranger)} that is unknown`);
}
