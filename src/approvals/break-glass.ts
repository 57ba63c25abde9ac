import type { Keyring } from "../audit/index.ts";
import { type BreakGlass, ErError, instant, type Plan } from "../model/index.ts";
import { type EmergencyRuling, reviewOf } from "./review.ts";
import type { Ruling } from "./rule.ts";

/** No change may be intended under a break-glass ruling after this. */
export const BREAK_GLASS_MS = 60 * 60_000;
const MAX_REASON = 500;

/** What is asked for, and what the organization's file allows today. */
export type Emergency = {
  readonly reason: string;
  readonly policy: { readonly allowed: readonly string[]; readonly ratifyWithinMs: number };
};

/**
 * Throws when nobody, or not this person, can have a break-glass ruling for the runbook: `break-glass-not-allowed` by the file of today or
 * by what the log was founded with, `break-glass-unreviewed` while a review is overdue, `break-glass-objected` for whoever was objected to.
 */
export function refuseBreakGlass(
  runbook: string,
  { reason, policy }: Emergency,
  person: string,
  earlier: readonly EmergencyRuling[],
  keyring: Keyring,
  now: number,
): void {
  if (reason.trim() === "" || reason.length > MAX_REASON)
    throw new ErError("parameter-invalid", `"${reason.slice(0, 80)}" is no reason for a break-glass ruling`, {
      hints: [`--break-glass 'what happens, and why nobody can approve' (at most ${MAX_REASON} characters)`],
    });
  const by = !policy.allowed.includes(runbook)
    ? "the organization's file"
    : !keyring.breakGlass.allowed.includes(runbook)
      ? "what the log was founded with"
      : null;
  if (by !== null)
    throw new ErError("break-glass-not-allowed", `no break-glass ruling can be had for "${runbook}", by ${by}`, {
      hints: ["leave --break-glass out and ask the approvers"],
    });
  for (const ruling of earlier) {
    const { state, waiting } = reviewOf(ruling, keyring, now);
    const hints = [`soc2-er approve ${ruling.plan} --review`, "soc2-er status"];
    if (state === "overdue")
      throw new ErError(
        "break-glass-unreviewed",
        `the break-glass ruling on "${ruling.plan}" was to be reviewed by ${ruling.breakGlass.reviewBy}, and ${waiting.join(" and ")} did not`,
        { hints },
      );
    if (state === "objected" && (ruling.operator === person || ruling.applier === person))
      throw new ErError(
        "break-glass-objected",
        `somebody objected to what "${person}" did by break-glass with "${ruling.plan}"`,
        {
          hints: ["let another operator do it", ...hints],
        },
      );
  }
}

/** The ruling itself: which roles are skipped, and until when what. Only what contains can have one; a denial ends it, too. */
export function breakGlassFor(
  plan: Plan,
  ruling: Ruling,
  { reason, policy }: Emergency,
  keyring: Keyring,
  now: number,
): BreakGlass {
  if (plan.header.kind !== "contain")
    throw new ErError("break-glass-not-allowed", `a ${plan.header.kind} cannot be had by a break-glass ruling`, {
      hints: ["leave --break-glass out and ask the approvers"],
    });
  const reviewMs = Math.min(policy.ratifyWithinMs, keyring.breakGlass.ratifyWithinMs);
  return {
    reason,
    skipped: ruling.waiting,
    until: instant(now + BREAK_GLASS_MS),
    reviewBy: instant(now + reviewMs),
  };
}
