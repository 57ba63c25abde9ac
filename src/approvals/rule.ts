import type { Keyring } from "../audit/index.ts";
import { type EntryOf, type Instant, millis, type Plan, type Role } from "../model/index.ts";
import { rolesAsked } from "./asked.ts";
import { checkApproval, type Finding } from "./check.ts";
import { parseStatement } from "./statement.ts";

type Recorded = EntryOf<"approval.recorded">;
type Have = { readonly role: Role; readonly person: string; readonly at: Instant };

/** What the approvals amount to. `have` and `waiting` together are the required roles; `findings` are of approvals that do not count. */
export type Ruling = {
  readonly state: "approved" | "pending" | "rejected" | "expired";
  readonly have: readonly Have[];
  readonly waiting: readonly Role[];
  readonly findings: readonly Finding[];
};

/**
 * Judges the recorded approvals of a plan, most restrictively: one denial that holds rejects it; every required role needs a
 * person of its own, never the operator; somebody who approved in two roles stands for the one that helps. Required are the
 * plan's roles and those that the log was founded with for `runbooks`, the ones whose doing or undoing the plan is: a plan that asks
 * for less, because somebody edited the organization's file or the plan, waits for ever.
 */
export function rule(
  plan: Plan,
  approvals: readonly Recorded[],
  keyring: Keyring,
  now: Instant,
  runbooks: readonly string[] = [plan.header.runbook.id],
): Ruling {
  const findings: Finding[] = [];
  const approved: Have[] = [];
  const nonces = new Map<string, string>();
  let denied = false;
  for (const { body, at } of approvals) {
    const problems =
      body.plan === plan.digest ? [...bodyFindings(body), ...checkApproval(body, plan, keyring, now, { nonces })] : [];
    remember(body.statement, nonces);
    if (body.plan !== plan.digest) continue;
    findings.push(...problems);
    if (problems.length > 0) continue;
    if (body.decision === "deny") denied = true;
    else approved.push({ role: body.role, person: body.person, at });
  }
  const { required } = plan.header;
  const founding = new Set(runbooks.flatMap((runbook) => rolesAsked(keyring.approvals, runbook)));
  const { have, waiting } = assign([...required, ...[...founding].filter((role) => !required.includes(role))], approved);
  return { state: stateOf(plan, denied, waiting, now), have, waiting, findings };
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

function remember(statement: string, nonces: Map<string, string>): void {
  const nonce = /^nonce: ([0-9a-f]{32})$/m.exec(statement)?.[1];
  if (nonce !== undefined && !nonces.has(nonce)) nonces.set(nonce, statement);
}

/** Largest assignment of distinct persons to the required roles (augmenting paths); the lists have a handful of members. */
function assign(required: readonly Role[], approved: readonly Have[]): { have: Have[]; waiting: Role[] } {
  const taken = new Map<string, number>();
  const place = (slot: number, tried: Set<string>): boolean => {
    for (const { role, person } of approved) {
      if (role !== required[slot] || tried.has(person)) continue;
      tried.add(person);
      const holder = taken.get(person);
      if (holder === undefined || place(holder, tried)) {
        taken.set(person, slot);
        return true;
      }
    }
    return false;
  };
  const waiting = required.filter((_, slot) => !place(slot, new Set()));
  const have = [...taken]
    .sort(([, a], [, b]) => a - b)
    .flatMap(([person, slot]) => approved.find((one) => one.person === person && one.role === required[slot]) ?? []);
  return { have, waiting };
}
