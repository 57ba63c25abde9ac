import { type ReviewState, reviewOf } from "../approvals/index.ts";
import type { AuditReader } from "../audit/index.ts";
import { emergenciesIn, type LogState } from "../incidents/index.ts";
import type { Clock, Digest, Instant, Role } from "../model/index.ts";

/** A break-glass ruling and what became of its review. */
export type ReviewItem = {
  readonly plan: Digest;
  readonly run: string | null;
  readonly incident: string;
  readonly runbook: string;
  readonly target: string;
  readonly by: string;
  readonly at: Instant;
  readonly reason: string;
  readonly skipped: readonly Role[];
  readonly until: Instant;
  readonly reviewBy: Instant;
  readonly state: ReviewState;
  /** Skipped roles that did not ratify. */
  readonly waiting: readonly Role[];
  /** Skipped roles that no channel reached. */
  readonly untold: readonly Role[];
};

/** Every break-glass ruling that was not ratified in its time, or that somebody who was skipped was not told of. */
export async function reviewsIn(reader: AuditReader, state: LogState, clock: Clock): Promise<ReviewItem[]> {
  const rulings = emergenciesIn(state, reader.origin);
  if (rulings.length === 0) return [];
  const keyring = await reader.keyring();
  const items = rulings.map((ruling): ReviewItem => {
    const { plan, run, incident, runbook, target, applier, at, breakGlass, untold } = ruling;
    const { state: review, waiting } = reviewOf(ruling, keyring, clock.now());
    return { plan, run, incident, runbook, target, by: applier, at, ...breakGlass, state: review, waiting, untold };
  });
  return items.filter(({ state: review, untold }) => review !== "ratified" || untold.length > 0);
}
