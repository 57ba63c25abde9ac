import type { Keyring } from "../audit/index.ts";
import {
  type Counted,
  type Digest,
  type EntryOf,
  type GrantedScope,
  type Instant,
  millis,
  type Plan,
  type Role,
} from "../model/index.ts";
import { rolesAsked } from "./asked.ts";
import { assignRoles } from "./assign.ts";
import { checkApproval, type Finding, type LogPosition } from "./check.ts";
import { checkScope, coverFindings } from "./scope.ts";
import { parseStatement } from "./statement.ts";

type Recorded = EntryOf<"approval.recorded">;

/** What the approvals amount to. `have` and `waiting` together are the required roles; `findings` are of approvals that do not count. */
export type Ruling = {
  readonly state: "approved" | "pending" | "rejected" | "expired";
  readonly have: readonly Counted[];
  readonly waiting: readonly Role[];
  readonly findings: readonly Finding[];
};

/**
 * Judges the recorded approvals of a plan with the keyring as it is now, most restrictively: one denial that holds rejects it; every
 * required role needs a person of its own, never the operator; somebody who approved in two roles stands for the one that helps. Required are the
 * plan's roles and those that the log was founded with for `runbooks`, the ones whose doing or undoing the plan is: a plan that asks
 * for less, because somebody edited the organization's file or the plan, waits for ever. What was signed in advance (`scopes`) stands
 * for a role where the plan is wholly inside; one role has to be signed for now, unless plan and founding say that none need be.
 * `batches` are those that approvers say they had seen, as this machine has them.
 */
export function rule(
  plan: Plan,
  approvals: readonly Recorded[],
  keyring: Keyring,
  now: Instant,
  runbooks: readonly string[] = [plan.header.runbook.id],
  scopes: Iterable<GrantedScope> = [],
  batches: ReadonlyMap<number, Digest> = new Map(),
): Ruling {
  const findings: Finding[] = [];
  const live: Counted[] = [];
  const nonces = new Map<string, string>();
  let denied = false;
  for (const { body, at, index } of approvals) {
    const problems = body.plan === plan.digest ? recordedFindings({ body, index }, plan, keyring, now, { nonces, batches }) : [];
    remember(body.statement, nonces);
    if (body.plan !== plan.digest) continue;
    findings.push(...problems);
    if (problems.length > 0) continue;
    if (body.decision === "deny") denied = true;
    else live.push({ role: body.role, person: body.person, at });
  }
  const { required } = plan.header;
  const founding = new Set(runbooks.flatMap((runbook) => rolesAsked(keyring.approvals, runbook)));
  const judged = [...scopes].filter((scope) => concerns(scope, plan)).map((scope) => judge(scope, plan, keyring, now));
  const advance = judged.filter((one) => one.findings.length === 0).map(({ counted }) => counted);
  const preapproved = plan.header.preapproved === true && keyring.preapproved.includes(plan.header.runbook.id);
  const all = [...required, ...[...founding].filter((role) => !required.includes(role))];
  const { have, waiting } = assignRoles(all, live, advance, preapproved);
  findings.push(...judged.filter(({ counted }) => waiting.includes(counted.role)).flatMap((one) => unused(one, have)));
  return { state: stateOf(plan, denied, waiting, now), have, waiting, findings };
}

/** In a role that nobody asks for, or for what undoes, nothing can be signed in advance. */
function concerns({ body }: GrantedScope, { header }: Plan): boolean {
  return header.kind === "contain" && body.runbook === header.runbook.id && header.required.includes(body.role);
}

type Judged = { readonly counted: Counted; readonly findings: readonly Finding[] };

function judge(scope: GrantedScope, plan: Plan, keyring: Keyring, now: Instant): Judged {
  const { role, person, scope: digest } = scope.body;
  const findings = checkScope(scope, keyring, now);
  return {
    counted: { role, person, at: scope.at, scope: digest },
    findings: findings.length > 0 ? findings : coverFindings(scope, plan),
  };
}

/** Why a scope does not stand for a role that is still waited for. */
function unused({ counted, findings }: Judged, have: readonly Counted[]): readonly Finding[] {
  if (findings.length > 0) return findings;
  const { role, person } = counted;
  if (have.some((one) => one.person === person))
    return [{ code: "scope-same-person", detail: `"${person}" cannot stand for ${role} in advance and for another role, too` }];
  return [
    {
      code: "scope-not-preapproved",
      detail: `somebody has to sign now: not every role may be signed in advance, as ${role} by "${person}" was`,
    },
  ];
}

function stateOf(plan: Plan, denied: boolean, waiting: readonly Role[], now: Instant): Ruling["state"] {
  if (denied) return "rejected";
  if (millis(now) > millis(plan.header.expiresAt)) return "expired";
  return waiting.length === 0 ? "approved" : "pending";
}

/** The entry repeats the statement's facts; where they differ somebody wrote the entry by hand. */
function bodyFindings(body: Recorded["body"]): Finding[] {
  try {
    const facts = parseStatement(body.statement);
    const same =
      facts.plan === body.plan && facts.decision === body.decision && facts.role === body.role && facts.person === body.person;
    return same ? [] : [{ code: "approval-malformed", detail: `entry and signed statement of "${body.person}" differ` }];
  } catch {
    return []; // checkApproval reports the malformed statement
  }
}

/**
 * An approval is judged by the keyring that its entry found, and must not have lost its ground since: a revoked key or a lost role
 * approves nothing any more, a retired key keeps what it signed. A denial stands.
 */
function recordedFindings(
  { body, index }: Pick<Recorded, "body" | "index">,
  plan: Plan,
  keyring: Keyring,
  now: Instant,
  position: LogPosition,
): Finding[] {
  const findings = [...bodyFindings(body), ...checkApproval(body, plan, keyring.at(index), now, position)];
  return findings.length > 0 || body.decision === "deny" ? findings : lostFindings(body, keyring);
}

function lostFindings({ role, person, statement }: Recorded["body"], keyring: Keyring): Finding[] {
  const fingerprint = /^key: (SHA256:\S+)$/m.exec(statement)?.[1];
  if (keyring.keys.some((key) => key.fingerprint === fingerprint && key.state === "revoked"))
    return [{ code: "approval-unknown-key", detail: `the key ${fingerprint} of the approval by "${person}" was revoked` }];
  if (keyring.holds(person, role)) return [];
  return [{ code: "approval-role", detail: `"${person}" does not hold the role "${role}" any more` }];
}

function remember(statement: string, nonces: Map<string, string>): void {
  const nonce = /^nonce: ([0-9a-f]{32})$/m.exec(statement)?.[1];
  if (nonce !== undefined && !nonces.has(nonce)) nonces.set(nonce, statement);
}
