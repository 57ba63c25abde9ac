import type { Instant } from "./clock.ts";

export type Severity = 1 | 2 | 3 | 4;
export type Mode = "real" | "drill";

/** One incident's hold on one containment. `base` is what the resource looked like before any of our leases on it. */
export type Lease = {
  readonly id: string;
  readonly incident: string;
  readonly run: string;
  readonly change: string;
  readonly action: string;
  readonly since: Instant;
  readonly expires: Instant | null;
};

/**
 * What a later look at a lease showed: as it was put; nothing of it left; or only some of it, or all of it with something before it
 * that makes it void.
 */
export type LeaseVerdict = "held" | "undone" | "partly";

export type Incident = {
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  readonly mode: Mode;
  readonly tenant?: string;
  readonly dataClass?: string;
  readonly declaredAt: Instant;
  readonly declaredBy: string;
  readonly status: "open" | "closed";
  readonly closedAt?: Instant;
};
