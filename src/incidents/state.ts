import type {
  ActionId,
  BreakGlass,
  ChangeId,
  Counted,
  Digest,
  EntryBodies,
  EntryOf,
  GrantedScope,
  Incident,
  Instant,
  Json,
  Lease,
  LeaseVerdict,
  Mode,
  Outcome,
  PlanKind,
  ResourceRef,
  RunSummary,
  Verification,
} from "../model/index.ts";

/** What the log says of one change of a run: the last intent and the last outcome count. */
export type ChangeState = {
  readonly id: ChangeId;
  readonly action: ActionId;
  readonly resource: ResourceRef;
  readonly before: Json;
  readonly after: Json;
  readonly asks?: Json;
  readonly undoes?: string;
  readonly intendedAt: Instant;
  /** True between an intent and its outcome: nobody knows yet what the provider did. */
  readonly inDoubt: boolean;
  readonly token?: string;
  readonly outcome?: Outcome;
  readonly conflict?: string;
  readonly settledAt?: Instant;
  readonly verification?: Verification;
  readonly verifiedAt?: Instant;
};

export type RunState = {
  readonly id: string;
  readonly plan: Digest;
  readonly kind: PlanKind;
  readonly of?: string;
  readonly incident: string;
  readonly operator: string;
  readonly openedAt: Instant;
  readonly leasesExpireAt: Instant | null;
  readonly total: number;
  /** The run in which the plan had been applied before, as the order of the log shows now: another machine did not know of it. */
  readonly repeats: string | null;
  readonly changes: Map<ChangeId, ChangeState>;
  /** What still works is left in the log: it may be long, and nothing is decided by it. */
  summary: Pick<RunSummary, "result" | "clocks"> | null;
  closedAt: Instant | null;
};

export type PlanState = EntryBodies["plan.created"] & {
  readonly incident: string;
  readonly operator: string;
  readonly createdAt: Instant;
  readonly approvals: EntryOf<"approval.recorded">[];
  ruling: {
    readonly state: "approved" | "rejected";
    readonly at: Instant;
    readonly approvals: readonly Counted[];
    /** Who had it ruled, and applies it. */
    readonly person: string;
    readonly breakGlass?: BreakGlass;
  } | null;
  /** Of a break-glass ruling: whom it was told, and what the skipped roles said. */
  readonly notified: EntryOf<"ruling.notified">[];
  readonly reviews: EntryOf<"ruling.reviewed">[];
  run: string | null;
};

/** One incident's hold, with all that is needed to end it from the log alone. */
export type LeaseState = Lease & {
  readonly resource: ResourceRef;
  readonly before: Json;
  readonly after: Json;
  readonly asks?: Json;
  /** What the resource looked like before the first of the leases that now hold it. */
  readonly base: Json;
  endedAt: Instant | null;
  /** The last moment at which it was seen to stand, by its run or by a later look. */
  heldAt: Instant | null;
  /** What the last look wrote down, and when. A look that shows the same again writes nothing. */
  checked: { readonly verdict: LeaseVerdict; readonly at: Instant } | null;
};

export type LogState = {
  readonly mode: Mode;
  organization: string | null;
  readonly incidents: Map<string, Incident>;
  readonly plans: Map<Digest, PlanState>;
  readonly runs: Map<string, RunState>;
  readonly leases: Map<string, LeaseState>;
  readonly scopes: Map<Digest, GrantedScope>;
  /** By scope. One may stand before its scope, where two machines wrote them. */
  readonly withdrawals: Map<Digest, EntryOf<"scope.withdrawn">[]>;
  /** The same leases, oldest first, by what they hold (`leaseKey`). */
  readonly holders: Map<string, LeaseState[]>;
  /** The entries that it was folded from. */
  readonly folded: Set<Digest>;
};

export function emptyState(mode: Mode): LogState {
  return {
    mode,
    organization: null,
    incidents: new Map(),
    plans: new Map(),
    runs: new Map(),
    leases: new Map(),
    scopes: new Map(),
    withdrawals: new Map(),
    holders: new Map(),
    folded: new Set(),
  };
}
