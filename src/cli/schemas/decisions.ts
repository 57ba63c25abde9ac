import { SWEEP_ENDS, SWEEP_RELATIONS } from "../../model/index.ts";
import {
  anything,
  count,
  digest,
  document,
  either,
  flag,
  instant,
  list,
  milliseconds,
  mode,
  next,
  object,
  orNull,
  resource,
  type Schema,
  text,
} from "./words.ts";

const reversal: Schema = {
  oneOf: [
    object({ kind: { const: "restore" } }),
    object({ kind: { const: "compensate" }, how: text }),
    object({ kind: { const: "none" }, because: text }),
  ],
};

/** Accounts and subscriptions that could not be looked at when the plan was made: nothing there, or above it, is contained by it. */
const unreached = list(object({ account: text, "part?": { const: "organization" }, cause: text, reason: text }));

const who = { principal: text, account: orNull(text) };

const denied = object(
  {
    principals: list(
      object({
        ...who,
        "but?": list(text),
        loses: list(object({ what: text, by: text, shown: either("policy", "setting") })),
      }),
    ),
    kept: list(object(who)),
    unjudged: list(object({ ...who, what: text, by: text, why: text })),
  },
  "principals who are denied something, by which changes; whom a policy names or spares and denies nothing; and of whom nobody can tell",
);

const finding = object({ code: text, detail: text });

const subject = object({ kind: either("user", "role", "access-key"), account: text, name: text });
const relation = either(...SWEEP_RELATIONS);

const sweepClause = object(
  {
    seeds: list(subject),
    steps: list(object({ step: text, action: text, with: anything, needs: list(text) })),
    relations: list(relation),
    atMost: count,
    forMs: milliseconds,
  },
  "what a look after the run may contain under the same approvals",
);

const findingMembers = { subject, relation, by: orNull(subject), evidence: text, "did?": list(text) };

const sweepSummary = object({
  looks: count,
  ended: either(...SWEEP_ENDS),
  found: list(object(findingMembers)),
  runs: list(text),
  left: list(object({ ...findingMembers, why: text, "never?": { const: true } })),
  unseen: list(text),
  followUp: orNull(digest),
});

const requests = list(object({ role: text, person: text, key: text, notAfter: instant, text }));

export const plan: Schema = document("plan@1", {
  digest,
  contentDigest: digest,
  kind: either("contain", "sweep", "rollback", "release"),
  "of?": text,
  nonce: text,
  mode,
  incident: text,
  runbook: object({ id: text, digest }),
  target: text,
  createdAt: instant,
  expiresAt: instant,
  approvals: object({
    required: list(text),
    have: list(object({ role: text, person: text, at: instant, "scope?": digest }, "with a scope: signed in advance")),
    waiting: list(text),
    findings: list(finding),
  }),
  changes: list(
    object({
      id: text,
      step: text,
      action: text,
      resource,
      summary: text,
      before: anything,
      after: anything,
      reversal,
      bound: object({ ms: milliseconds, source: text }),
    }),
  ),
  checks: list(
    object({
      id: text,
      level: either("offline", "read-only", "provider"),
      status: either("passed", "failed", "not-checkable"),
      detail: text,
    }),
  ),
  skipped: list(object({ resource: orNull(resource), reason: text })),
  unreached,
  "denied?": denied,
  "sweep?": sweepClause,
  "found?": list(object(findingMembers)),
  "requests?": requests,
  next,
});

const outcome = object({
  status: either("applied", "unchanged", "refused", "unknown", "not-attempted"),
  "why?": text,
  receipts: list(object({ operation: text, requestId: text, at: instant })),
});

const verification = object({
  verdict: either("confirmed", "contradicted", "inconclusive"),
  level: either("configuration", "effect"),
  "detail?": text,
});

const clocks = object({
  declaredAt: instant,
  approvedAt: orNull(instant),
  firstIntendedAt: orNull(instant),
  firstConfirmedAt: orNull(instant),
  lastConfirmedAt: orNull(instant),
  timeToContainMs: orNull(milliseconds),
  "simulated?": { type: "number", description: "seconds of the simulated clock in a real one" },
  legs: list(
    object({
      leg: text,
      boundMs: milliseconds,
      measuredMs: orNull(milliseconds),
      verdict: either("met", "missed", "not-proven"),
    }),
  ),
});

export const run: Schema = document("run@1", {
  id: text,
  plan: digest,
  mode,
  incident: text,
  target: text,
  result: either("contained", "unverified", "partial", "none", "rolled-back"),
  interrupted: flag,
  changes: list(
    object({ id: text, action: text, resource: orNull(resource), outcome, "verification?": verification, "conflict?": text }),
  ),
  clocks: orNull(clocks),
  residual: list(object({ what: text, until: text, why: text })),
  unreached,
  "denied?": denied,
  "sweep?": sweepSummary,
  "breakGlass?": object(
    { reason: text, skipped: list(text), until: instant, reviewBy: instant, untold: list(text) },
    "the break-glass ruling that it was applied under; untold: skipped roles that no channel reached",
  ),
  next,
});

export const review: Schema = document("review@1", {
  plan: digest,
  role: text,
  person: text,
  decision: either("ratify", "object"),
  text,
  signature: text,
  review: object({ state: either("open", "overdue", "ratified", "late", "objected"), waiting: list(text) }),
  next,
});

export const sweep: Schema = document("sweep@1", { run: text, mode, incident: text, target: text, sweep: sweepSummary, next });

export const approval: Schema = document("approval@1", {
  plan: digest,
  role: text,
  person: text,
  decision: either("approve", "deny"),
  text,
  signature: text,
  valid: flag,
  "recorded?": flag,
  "derived?": object(
    {
      runbook: either("same", "differs", "missing", "none"),
      plan: either("same", "differs", "not-derived"),
      why: orNull(text),
      differences: list(text),
      lacking: list(text),
    },
    "what the approver's own machine made of the plan",
  ),
  findings: list(finding),
  next,
});

export const scope: Schema = document("scope@1", {
  scope: digest,
  runbook: object({ id: text, digest }),
  role: text,
  person: text,
  at: instant,
  notBefore: instant,
  expiresAt: instant,
  limits: object({ target: text, params: anything, accounts: orNull(list(text)), maxChanges: count }),
  "plan?": digest,
  text,
  signature: text,
  valid: flag,
  findings: list(finding),
  next,
});

export const approvalList: Schema = document("approval-list@1", {
  items: list(
    object({
      kind: either("approval", "scope"),
      approval: digest,
      role: text,
      person: text,
      at: instant,
      "plan?": digest,
      "incident?": text,
      "decision?": text,
      "runbook?": text,
      "expiresAt?": instant,
      "valid?": flag,
      "findings?": list(finding),
    }),
  ),
});

export const approvalRequest: Schema = document("approval-request@1", {
  plan: digest,
  incident: text,
  requests,
  file: orNull(text),
  next,
});

export const planList: Schema = document("plan-list@1", {
  items: list(
    object({
      digest,
      kind: either("contain", "sweep", "rollback", "release"),
      incident: text,
      runbook: text,
      target: text,
      state: either("pending", "approved", "applied", "rejected", "expired", "incident-closed"),
      changes: count,
      required: list(text),
      waiting: list(text),
      createdAt: instant,
      expiresAt: instant,
      run: orNull(text),
    }),
  ),
});
