import type { AuditReader } from "../audit/index.ts";
import { type LogState, unfinishedRuns } from "../incidents/index.ts";
import { type Clock, type Digest, ErError, millis } from "../model/index.ts";
import { type ReviewItem, reviewsIn } from "./emergencies.ts";
import { loadPlan, rulingOf } from "./flow/stored-plan.ts";

/** What somebody still has to do, and who. `what` is a plan's digest or a run's id. */
export type Waiting = {
  readonly kind: "approval" | "apply" | "resume" | "review";
  readonly incident: string;
  readonly what: string;
  readonly roles: readonly string[];
};

/** Everything of open incidents that waits for a person: approvals, application, a run that was cut off. */
export async function waitingOf(reader: AuditReader, state: LogState, clock: Clock): Promise<Waiting[]> {
  const waiting: Waiting[] = [];
  for (const { id, incident } of unfinishedRuns(state)) waiting.push({ kind: "resume", incident, what: id, roles: [] });
  waiting.push(...(await reviewsIn(reader, state, clock)).flatMap(waitingReview));
  for (const plan of state.plans.values()) {
    const open = state.incidents.get(plan.incident)?.status === "open";
    if (!open || plan.run !== null || plan.ruling?.state === "rejected" || millis(plan.expiresAt) <= clock.now()) continue;
    const roles = await missingRoles(reader, state, plan.plan, clock);
    if (roles) waiting.push({ kind: roles.length === 0 ? "apply" : "approval", incident: plan.incident, what: plan.plan, roles });
  }
  return waiting;
}

function waitingReview({ state, incident, plan, waiting }: ReviewItem): Waiting[] {
  return state === "open" || state === "overdue" ? [{ kind: "review", incident, what: plan, roles: waiting }] : [];
}

/** Null when the plan was refused, or its content is not on this machine and cannot be judged. */
async function missingRoles(
  reader: AuditReader,
  state: LogState,
  digest: Digest,
  clock: Clock,
): Promise<readonly string[] | null> {
  try {
    const ruling = await rulingOf(reader, state, await loadPlan(reader, digest), clock);
    return ruling.state === "rejected" || ruling.state === "expired" ? null : ruling.waiting;
  } catch (error) {
    if (error instanceof ErError && error.code === "unknown-plan") return null;
    throw error;
  }
}

/** The command that does it. */
export function nextOf({ kind, what }: Waiting): { argv: string[] } {
  if (kind === "review") return { argv: ["soc2-er", "approve", what, "--review"] };
  const verb = kind === "approval" ? "approve" : kind;
  return { argv: ["soc2-er", verb, what] };
}
