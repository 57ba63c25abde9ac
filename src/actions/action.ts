import type * as z from "zod";
import type {
  ActionId,
  Change,
  Claim,
  Direction,
  EffectBound,
  EffectQuestion,
  Json,
  Merge,
  NonEmpty,
  ProposedChange,
  ResidualAccess,
  ResourceRef,
  SelectionKind,
  SelectionOf,
  Skipped,
  Verification,
} from "../model/index.ts";
import type { Permission, ProbeScope, ReadScope, WriteScope } from "../providers/index.ts";

/** A selection in a named world of the range, and the changes that planning it there gives: documentation and test at once. */
export type Example<K extends SelectionKind, P, S extends Json> = {
  readonly title: string;
  readonly selection: SelectionOf<K>;
  readonly params: P;
  readonly changes: readonly Omit<ProposedChange<S>, "reversal">[];
};

export type ProbeResult = { readonly status: "passed" | "failed" | "not-checkable"; readonly detail: string };

/**
 * A containment that describes itself. Its file is documentation, schema, permissions, examples and behaviour.
 *
 * Errors: an action never classifies or catches provider errors (`orAbsent` for expected absence apart). The engine turns them
 * into outcomes, re-reads before every write, decides staleness, collects receipts and attaches them.
 */
export interface Action<K extends SelectionKind = SelectionKind, P = unknown, S extends Json = Json> {
  readonly id: ActionId;
  /** Imperative: "Deny a user everything". */
  readonly title: string;
  readonly description: string;
  /** Whether it blocks where the attack comes from, what it uses, or what it reaches. */
  readonly containment: "source" | "access" | "destination";
  /** Who feels it, and what it does not stop. */
  readonly blastRadius: string;
  readonly targets: NonEmpty<K>;
  readonly params: z.ZodType<P>;
  readonly permissions: { readonly read: NonEmpty<Permission>; readonly write: NonEmpty<Permission> };
  readonly bound: EffectBound;
  readonly examples: NonEmpty<Example<K, P, S>>;

  /** Looks only. A containment that already stands is proposed too, with `before` equal to `after`: the incident then holds a lease on it. */
  plan(scope: ReadScope, selection: SelectionOf<K>, params: P): AsyncIterable<ProposedChange<S>>;

  /** What the selection names and this action cannot contain, with the reason: the plan lists it among what it leaves out. */
  leaves?(scope: ReadScope, selection: SelectionOf<K>, params: P): Promise<readonly Skipped[]>;

  /** The resource as it is, in the form of `before` and `after`; null = absent. Waits for an operation in progress on it to end. */
  read(scope: ReadScope, resource: ResourceRef): Promise<S | null>;

  /**
   * Brings the resource from `change.before` to `change.after`, in either direction: a rollback is the inverse change. One mutating
   * call where the provider allows it; several only in an order in which each prefix is safe. Optimistic locks are used where they exist.
   */
  apply(scope: WriteScope, change: Change<S>): Promise<void>;

  /** One look; the engine repeats it until confirmed or the deadline. Never trusts the answer of `apply`. */
  verify(scope: ReadScope, change: Change<S>, direction: Direction): Promise<Verification>;

  /**
   * Whom this change denies something, where a principal or a credential of its own is concerned. Of a resource's policy nothing is said
   * here: the planner asks it itself.
   */
  denies?(change: Change<S>, selection: SelectionOf<K>): readonly Claim[];

  /** The attacker's requests that this change stops. Asked before and after where somebody can answer. */
  effects?(change: Change<S>): readonly EffectQuestion[];

  /**
   * For documents of several authors: the content to write back so that what `change` asked for goes, what `held` (changes of
   * other leases on the same resource) ask for stays, what was there in `base` (before any of ours) stays, and foreign edits in
   * `now` stay. Without it the engine restores `base` if `now` is what we left and no other lease holds the resource, else reports
   * a conflict.
   */
  merge?(base: S | null, change: Change<S>, now: S | null, held: readonly Change<S>[]): Merge<S>;

  /** Follows a long-running operation begun by a process that died; resolves when it has ended, however it ended. */
  settle?(scope: ReadScope, change: Change<S>, token: string): Promise<void>;

  /** The provider's own dry run of `apply`, where one is honoured. */
  probe?(scope: ProbeScope, change: Change<S>): Promise<ProbeResult>;

  /** What still works once this change is in place. */
  residual?(scope: ReadScope, change: Change<S>): Promise<readonly ResidualAccess[]>;
}

/** Keeps the type parameters of a literal. */
export function defineAction<K extends SelectionKind, P, S extends Json>(action: Action<K, P, S>): Action<K, P, S> {
  return action;
}
