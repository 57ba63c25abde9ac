import type { Change } from "./change.ts";
import type { Instant } from "./clock.ts";
import type { Denied } from "./denial.ts";
import type { Digest } from "./digest.ts";
import type { Mode } from "./incident.ts";
import type { JsonObject } from "./json.ts";
import type { Role } from "./person.ts";
import type { ResourceRef } from "./resource.ts";
import type { SweepClause, SweepFinding } from "./sweep.ts";

/** A sweep contains, too: what a later look found, within the clause of the plan whose run it belongs to. */
export type PlanKind = "contain" | "sweep" | "rollback" | "release";

export function isContaining(kind: PlanKind): boolean {
  return kind === "contain" || kind === "sweep";
}

/**
 * What gives access back waits until a store has acknowledged that it is intended, so that nobody gains by cutting the log off. What takes
 * access away waits for this machine's disk alone.
 */
export function grantsPower(kind: PlanKind): boolean {
  return !isContaining(kind);
}

export type Check = {
  readonly id: string;
  /** How deep it looked: configuration only, read-only calls, or the provider's own dry run. */
  readonly level: "offline" | "read-only" | "provider";
  readonly status: "passed" | "failed" | "not-checkable";
  readonly detail: string;
};

export type Skipped = { readonly resource: ResourceRef | null; readonly reason: string };

/**
 * An account or subscription (its id) that could not be looked at when the plan was made: nothing of the plan contains anything there.
 * With `part`, only the organization that the account manages: nobody is denied anything from above.
 */
export type Unreached = {
  readonly account: string;
  readonly part?: "organization";
  readonly cause: string;
  readonly reason: string;
};

/** Everything of a plan but its changes and its digest: what was asked, by whom, for which incident, until when. */
export type PlanHeader = {
  readonly schema: "soc2-er/plan@1";
  readonly kind: PlanKind;
  /** For rollback and release: the run, incident or lease that is undone. For a sweep: the run that it belongs to. */
  readonly of?: string;
  readonly nonce: string;
  readonly origin: string;
  readonly mode: Mode;
  readonly incident: string;
  readonly runbook: { readonly id: string; readonly digest: Digest };
  readonly target: string;
  readonly params: JsonObject;
  /** The only account and Region that were asked for, where it was narrowed to them. */
  readonly narrowed?: { readonly account?: string; readonly region?: string };
  readonly operator: string;
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
  readonly required: readonly Role[];
  /** All of them may have signed in advance, by the organization's file and by what the log was founded with. */
  readonly preapproved?: true;
  /** Instant at which the leases of this plan are due for review; null where leases do not expire. */
  readonly leasesExpireAt: Instant | null;
  readonly checks: readonly Check[];
  readonly skipped: readonly Skipped[];
  /** Absent where every place was looked at. */
  readonly unreached?: readonly Unreached[];
  /** Absent where no principal is concerned, and in plans that restore. */
  readonly denied?: Denied;
  /** What a later look may contain under the approvals of this plan; absent where nothing. */
  readonly sweep?: SweepClause;
  /** In a sweep: what was found, and whose it is. */
  readonly found?: readonly SweepFinding[];
  readonly tool: string;
};

/** `digest` is over the stored bytes; `contentDigest` leaves nonce and times out and is what re-planning compares. */
export type Plan = {
  readonly header: PlanHeader;
  readonly changes: readonly Change[];
  readonly digest: Digest;
  readonly contentDigest: Digest;
};
