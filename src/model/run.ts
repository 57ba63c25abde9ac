import type { Outcome, ResidualAccess, Verification } from "./change.ts";
import type { Instant } from "./clock.ts";

export type RunResult = "contained" | "unverified" | "partial" | "none" | "rolled-back";

/** One provider's part of a run, with the documented bound and what was measured. */
export type Leg = {
  readonly leg: string;
  readonly boundMs: number;
  readonly measuredMs: number | null;
  readonly verdict: "met" | "missed" | "not-proven";
};

export type Clocks = {
  readonly declaredAt: Instant;
  readonly approvedAt: Instant | null;
  readonly firstIntendedAt: Instant | null;
  readonly firstConfirmedAt: Instant | null;
  readonly lastConfirmedAt: Instant | null;
  readonly timeToContainMs: number | null;
  /** Present when the times were taken on a simulated clock: how many of its seconds pass in a real one. */
  readonly simulated?: number;
  readonly legs: readonly Leg[];
};

export type ChangeResult = {
  readonly id: string;
  readonly outcome: Outcome;
  readonly verification?: Verification;
  readonly conflict?: string;
};

export type RunSummary = {
  readonly result: RunResult;
  readonly clocks: Clocks;
  readonly residual: readonly ResidualAccess[];
};
