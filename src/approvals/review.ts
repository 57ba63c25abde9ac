import type { Keyring } from "../audit/index.ts";
import {
  type BreakGlass,
  type Counted,
  type Digest,
  type EntryOf,
  ErError,
  type Instant,
  millis,
  type Role,
} from "../model/index.ts";
import { assignRoles } from "./assign.ts";
import { type Finding, signerFindings, windowFindings } from "./check.ts";
import { type ApprovalFacts, parseStatement } from "./statement.ts";

type Reviewed = EntryOf<"ruling.reviewed">;

/** A break-glass ruling as the log has it, with what was said of it since. */
export type EmergencyRuling = {
  readonly plan: Digest;
  readonly origin: string;
  readonly incident: string;
  readonly runbook: string;
  /** Who made the plan, and who had it ruled and applied it. */
  readonly operator: string;
  readonly applier: string;
  readonly at: Instant;
  readonly breakGlass: BreakGlass;
  readonly reviews: readonly Reviewed[];
};

/**
 * Open while there is time; overdue after that; ratified, late when that was after its time; objected while anybody's last word is an
 * objection. All but `open` and `ratified` are exceptions; `open` and `overdue` wait for somebody.
 */
export type ReviewState = "open" | "overdue" | "ratified" | "late" | "objected";

export type Review = {
  readonly state: ReviewState;
  /** Roles that nobody has ratified for. */
  readonly waiting: readonly Role[];
  /** Whose last word is what. */
  readonly said: readonly {
    readonly person: string;
    readonly role: Role;
    readonly decision: "ratify" | "object";
    readonly at: Instant;
  }[];
};

/** What the reviews amount to at a time: every skipped role ratifies, each by a person of its own; the last word of each person counts. */
export function reviewOf(ruling: EmergencyRuling, keyring: Keyring, now: number): Review {
  const last = new Map<string, Review["said"][number]>();
  const ratified: Counted[] = [];
  for (const { body, at, index } of ruling.reviews) {
    const { person, role, decision } = body;
    // By the keyring of then: who leaves later has reviewed all the same, unless the key was not theirs any more.
    const key = /^key: (\S+)$/m.exec(body.statement)?.[1];
    const lost = keyring.keys.some(
      ({ fingerprint, goodThrough }) => fingerprint === key && goodThrough !== null && index > goodThrough,
    );
    if (lost || checkReview(body, ruling, keyring.at(index), at).length > 0) continue;
    last.set(person, { person, role, decision, at });
    if (decision === "ratify") ratified.push({ role, person, at });
  }
  const said = [...last.values()];
  const counted = ratified.filter(({ person }) => last.get(person)?.decision === "ratify");
  const { have, waiting } = assignRoles(ruling.breakGlass.skipped, counted, [], true);
  const by = millis(ruling.breakGlass.reviewBy);
  const state = (): ReviewState => {
    if (said.some(({ decision }) => decision === "object")) return "objected";
    if (waiting.length > 0) return now > by ? "overdue" : "open";
    return have.some(({ at }) => millis(at) > by) ? "late" : "ratified";
  };
  return { state: state(), waiting, said };
}

/** Everything that speaks against a review; empty means that it counts. `at` is when it was recorded. */
export function checkReview(
  review: Reviewed["body"],
  ruling: Omit<EmergencyRuling, "reviews">,
  keyring: Keyring,
  at: Instant,
): Finding[] {
  let facts: ApprovalFacts;
  try {
    facts = parseStatement(review.statement);
  } catch (error) {
    if (!(error instanceof ErError)) throw error;
    return [{ code: error.code, detail: error.message }];
  }
  return [...subjectFindings(facts, review, ruling), ...signerFindings(facts, review, keyring), ...windowFindings(facts, at)];
}

function subjectFindings(facts: ApprovalFacts, review: Reviewed["body"], ruling: Omit<EmergencyRuling, "reviews">): Finding[] {
  const { person, role, decision, plan } = facts;
  const same = review.plan === plan && review.person === person && review.role === role && review.decision === decision;
  if (!same || (decision !== "ratify" && decision !== "object"))
    return [{ code: "approval-malformed", detail: `entry and signed statement of "${person}" differ, or it is no review` }];
  if (plan !== ruling.plan || facts.action !== ruling.runbook)
    return [{ code: "approval-other-plan", detail: `review is of "${plan}", not of "${ruling.plan}"` }];
  if (facts.origin !== ruling.origin || facts.incident !== ruling.incident)
    return [{ code: "approval-other-incident", detail: `review is of incident "${facts.incident}" of "${facts.origin}"` }];
  if (person === ruling.operator || person === ruling.applier)
    return [{ code: "approval-self", detail: `"${person}" did this by break-glass and cannot review it` }];
  if (!ruling.breakGlass.skipped.includes(role))
    return [
      { code: "approval-role", detail: `the role "${role}" was not skipped (${ruling.breakGlass.skipped.join(", ")} were)` },
    ];
  return [];
}
