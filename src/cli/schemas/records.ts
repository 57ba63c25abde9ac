import {
  anything,
  count,
  digest,
  document,
  either,
  flag,
  instant,
  list,
  mode,
  next,
  object,
  orNull,
  resource,
  type Schema,
  severity,
  text,
} from "./words.ts";

const leaseMembers = { id: text, incident: text, run: text, action: text, resource, since: instant, expires: orNull(instant) };
const lease = object(leaseMembers);

const verdict = either("held", "undone", "partly", "unverified");

/** Present where it was looked at (`status --verify`). */
const leaseCheck = object({
  verdict,
  at: instant,
  heldAt: orNull(instant),
  "detail?": text,
  "window?": object(
    { from: orNull(instant), to: instant },
    "when it was undone: after it was last seen to stand, before it was seen undone",
  ),
  "reapply?": orNull(object({ argv: list(text) }, "the command that plans it anew; null where its plan or runbook is not here")),
});

const statusLease = object({ ...leaseMembers, "check?": leaseCheck });

const checkSummary = object({
  ...{ at: instant, held: count, undone: count, partly: count, unverified: count },
  logged: flag,
  "why?": text,
  "cut?": flag,
});

const incidentMembers = {
  id: text,
  title: text,
  severity,
  mode,
  "tenant?": text,
  "dataClass?": text,
  declaredAt: instant,
  declaredBy: text,
  status: either("open", "closed"),
  "closedAt?": instant,
};

export const error: Schema = document("error@1", {
  error: object({ code: text, message: text, hints: list(text), exit: count }),
});

export const incident: Schema = document("incident@1", { ...incidentMembers, leases: list(lease), "next?": next });

export const incidentList: Schema = document("incident-list@1", {
  items: list(object({ ...incidentMembers, leases: list(lease) })),
});

/** A break-glass ruling that waits for its review, stands as an exception, or was not told to everybody skipped. */
const reviewItem = object({
  ...{ plan: digest, run: orNull(text), incident: text, runbook: text, target: text, by: text, at: instant, reason: text },
  ...{ skipped: list(text), until: instant, reviewBy: instant, waiting: list(text), untold: list(text) },
  state: either("open", "overdue", "ratified", "late", "objected"),
});

export const status: Schema = document("status@1", {
  mode,
  origin: text,
  incidents: list(object(incidentMembers)),
  leases: list(statusLease),
  "check?": checkSummary,
  waiting: list(object({ kind: either("approval", "apply", "resume", "review"), incident: text, what: text, roles: list(text) })),
  "reviews?": list(reviewItem),
  remote: object({ lagSeconds: count, state: either("none", "up-to-date", "behind", "down") }),
  "forward?": list(
    object({ name: text, state: either("up-to-date", "behind", "failing"), pending: count, "reason?": text, "since?": instant }),
  ),
  next,
});

export const terraform: Schema = document("terraform@1", {
  mode,
  overrides: list(object({ module: text, address: text, ignore: list(text), leases: list(text), incidents: list(text) })),
  recreated: list(object({ module: text, address: text })),
  absent: list(resource),
  unknown: list(resource),
});

export const timeline: Schema = document("timeline@1", {
  incident: text,
  mode,
  items: list(object({ at: instant, sinceDeclaredMs: { type: "integer" }, person: text, type: text, text, entry: count })),
});

const entryMembers = {
  index: count,
  digest,
  origin: text,
  mode,
  at: instant,
  writer: text,
  wseq: count,
  person: text,
  type: text,
  body: anything,
  "incident?": text,
};

const proofMembers = { signed: flag, note: text };
const head = object({ size: count, root: text });

export const entry: Schema = document("entry@1", {
  ...entryMembers,
  "proof?": object({ ...proofMembers, index: count, head, hashes: list(text), text }),
});

export const checkpoint: Schema = document("checkpoint@1", {
  origin: text,
  size: count,
  root: text,
  ...proofMembers,
  "since?": object({ size: count, root: text, hashes: list(text) }),
});

export const entryList: Schema = document("entry-list@1", { origin: text, mode, count, "items?": list(object(entryMembers)) });

export const verification: Schema = document("verification@1", {
  verdict: either("verified", "verified-with-gaps", "incomplete", "tampered"),
  origin: text,
  entries: count,
  writers: count,
  findings: list(object({ code: text, at: anything, detail: text })),
  checked: list(text),
  notChecked: list(text),
  population: { type: "object", description: "privileged actions: how many of each kind ended how" },
});

export const auditExport: Schema = document("audit-export@1", {
  format: either("bundle", "inventory", "ocsf", "csv", "ndjson"),
  out: text,
  origin: text,
  "genesis?": digest,
  "files?": count,
  "bytes?": count,
  "manifest?": digest,
  "store?": text,
  "versions?": count,
  "lines?": count,
  next,
});

export const doctor: Schema = document("doctor@1", {
  ok: flag,
  checks: list(object({ id: text, status: either("ok", "warn", "fail", "skipped"), detail: text, "hints?": list(text) })),
});

export const runbookList: Schema = document("runbook-list@1", {
  items: list(object({ id: text, title: text, command: orNull(text), steps: count, controls: list(text), digest, source: text })),
});

export const actionList: Schema = document("action-list@1", {
  items: list(
    object({
      id: text,
      title: text,
      containment: either("source", "access", "destination"),
      targets: list(text),
      bound: object({ ms: count, source: text }),
    }),
  ),
});

export const tenantList: Schema = document("tenant-list@1", { items: list(object({ name: text })) });
