import type { ActionId, ChangeId, Outcome, ResidualAccess, Verification } from "./change.ts";
import type { Instant } from "./clock.ts";
import type { Digest } from "./digest.ts";
import type { LeaseVerdict, Mode, Severity } from "./incident.ts";
import type { Json } from "./json.ts";
import type { Person, Role } from "./person.ts";
import type { PlanKind } from "./plan.ts";
import type { ResourceRef } from "./resource.ts";
import type { RunSummary } from "./run.ts";
import type { SweepSummary } from "./sweep.ts";

/** What the organization's file asked for and allowed when the log was founded. A file may later ask for more, and allow less. */
export type FoundingPolicy = {
  /** Whose approval a plan needs, by runbook. */
  readonly approvals: { readonly [runbook: string]: readonly Role[] };
  /** Runbooks all of whose roles may have signed in advance; absent: none. */
  readonly preapproved?: readonly string[];
  /** True: what a FIDO key decides counts only with its user verified, by PIN or finger. Absent: a touch is enough. */
  readonly verification?: boolean;
  /** Runbooks for which a break-glass ruling can be had, and how long its review may take; absent: none. */
  readonly breakGlass?: { readonly allowed: readonly string[]; readonly ratifyWithinMs: number };
};

/**
 * A ruling without the approvals of the skipped roles: why, until when a change may be intended under it, and until when the skipped
 * roles are to review it.
 */
export type BreakGlass = {
  readonly reason: string;
  readonly skipped: readonly Role[];
  readonly until: Instant;
  readonly reviewBy: Instant;
};

/** An approval that a ruling rests on. `scope` names the one that it was given in, where it was given in advance. */
export type Counted = { readonly role: Role; readonly person: string; readonly at: Instant; readonly scope?: Digest };

/** What may stand in the log, by type. Every body is canonical JSON; unknown types and fields are refused by the reader. */
export type EntryBodies = {
  genesis: {
    readonly organization: string;
    readonly people: readonly Person[];
    readonly policy: FoundingPolicy;
    /** The key that signs checkpoints, as a C2SP vkey named after the origin. */
    readonly logKey?: string;
  };
  /** First entry of every writer: the person's SSH key certifies the session key that signs all that follows. */
  "session.opened": {
    readonly person: string;
    readonly key: string;
    readonly sessionKey: string;
    readonly host: string;
    readonly tool: string;
    readonly expiresAt: Instant;
    readonly certificate: string;
  };
  "session.closed": { readonly entries: number };
  /**
   * A change of people, roles or keys, as its signers read it, with their SSH signatures. It takes effect at its place in the log, if
   * it holds on the keyring that it finds there.
   */
  "keyring.changed": { readonly statement: string; readonly signatures: readonly string[] };
  "incident.declared": {
    readonly id: string;
    readonly title: string;
    readonly severity: Severity;
    readonly tenant?: string;
    readonly dataClass?: string;
  };
  "incident.closed": { readonly id: string; readonly reason: string };
  "plan.created": {
    readonly plan: Digest;
    readonly contentDigest: Digest;
    readonly kind: PlanKind;
    readonly of?: string;
    readonly runbook: string;
    readonly target: string;
    readonly expiresAt: Instant;
    readonly required: readonly Role[];
    readonly changes: number;
  };
  "approval.recorded": {
    readonly plan: Digest;
    readonly decision: "approve" | "deny";
    readonly role: Role;
    readonly person: string;
    readonly statement: string;
    readonly signature: string;
  };
  "plan.ruled": {
    readonly plan: Digest;
    readonly ruling: "approved" | "rejected";
    readonly approvals: readonly Counted[];
    readonly breakGlass?: BreakGlass;
  };
  /** Whom a break-glass ruling was told through which channels, and whom it could not be told. */
  "ruling.notified": {
    readonly plan: Digest;
    readonly told: readonly { readonly channel: string; readonly roles: readonly Role[] }[];
    readonly failed: readonly { readonly channel: string; readonly roles: readonly Role[]; readonly reason: string }[];
    readonly untold: readonly Role[];
  };
  /** What a skipped role says of it afterwards; the statement is one of an approval. */
  "ruling.reviewed": {
    readonly plan: Digest;
    readonly decision: "ratify" | "object";
    readonly role: Role;
    readonly person: string;
    readonly statement: string;
    readonly signature: string;
  };
  /** A role's approval in advance. `scope` is the digest of the statement, which says within which limits. */
  "scope.granted": {
    readonly scope: Digest;
    readonly runbook: string;
    readonly role: Role;
    readonly person: string;
    readonly expiresAt: Instant;
    readonly statement: string;
    readonly signature: string;
  };
  /** Takes a scope back, for ever. Only takes power away: the session's signature is enough. */
  "scope.withdrawn": { readonly scope: Digest; readonly reason: string };
  "run.opened": {
    readonly run: string;
    readonly plan: Digest;
    readonly kind: PlanKind;
    readonly of?: string;
    readonly leasesExpireAt: Instant | null;
    readonly changes: number;
  };
  "run.resumed": { readonly run: string };
  /** Durable before the call leaves. `after` has the moment of application filled in. */
  "change.intended": {
    readonly run: string;
    readonly change: ChangeId;
    readonly action: ActionId;
    readonly resource: ResourceRef;
    readonly before: Json;
    readonly after: Json;
    readonly asks?: Json;
    readonly undoes?: string;
  };
  /** A token by which a long-running operation can be followed by another process. */
  "change.progressed": { readonly run: string; readonly change: ChangeId; readonly token: string };
  "change.settled": { readonly run: string; readonly change: ChangeId; readonly outcome: Outcome; readonly conflict?: string };
  "change.verified": {
    readonly run: string;
    readonly change: ChangeId;
    readonly verification: Verification;
    readonly observed: Json;
  };
  /**
   * What a look at a lease showed, written when it is another verdict than the one before. `heldAt` is the last moment at which
   * anybody saw the lease stand.
   */
  "lease.checked": {
    readonly run: string;
    readonly change: ChangeId;
    readonly verdict: LeaseVerdict;
    readonly heldAt: Instant | null;
    readonly detail?: string;
    readonly observed?: Json;
  };
  /** What still works, as far as it does not fit into the entry that closes the run and follows at once. */
  "run.residual": { readonly run: string; readonly residual: readonly ResidualAccess[] };
  "run.closed": { readonly run: string } & RunSummary;
  /** The end of a sweep of a run. One that found more than an entry holds names the rest in its follow-up plan. */
  "run.swept": { readonly run: string } & SweepSummary;
  "remote.down": { readonly store: string; readonly reason: string };
  "remote.up": { readonly store: string; readonly pending: number };
  "recovery.truncated": { readonly segment: string; readonly bytes: number; readonly digest: Digest };
  note: { readonly text: string };
};

export type EntryType = keyof EntryBodies;

/** What a room hands to the log. */
export type NewEntry = {
  [T in EntryType]: { readonly type: T; readonly body: EntryBodies[T]; readonly incident?: string };
}[EntryType];

/** What the log hands back: a new entry with its place and author. `index` is the place in this machine's order of the log, from 0. */
export type Entry = NewEntry & {
  readonly index: number;
  readonly digest: Digest;
  readonly origin: string;
  readonly mode: Mode;
  readonly at: Instant;
  readonly writer: string;
  readonly wseq: number;
  readonly person: string;
};

export type EntryOf<T extends EntryType> = Extract<Entry, { type: T }>;

/** What was signed in advance, and who took it back; whether they may is for the ruling to say. */
export type GrantedScope = EntryOf<"scope.granted"> & { readonly withdrawals: readonly EntryOf<"scope.withdrawn">[] };
