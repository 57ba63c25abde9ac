import type { Instant } from "./clock.ts";
import { canonicalize, type Json, type JsonObject } from "./json.ts";
import type { ResourceRef } from "./resource.ts";

/** `<provider>.<service>.<verb>-<object>`, e.g. `aws.iam.deactivate-access-keys`. */
export type ActionId = string;
export type Direction = "contain" | "restore";

/** How a change is undone: written back exactly, made good by other means, or not at all. */
export type Reversal =
  | { readonly kind: "restore" }
  | { readonly kind: "compensate"; readonly how: string }
  | { readonly kind: "none"; readonly because: string };

/** The documented time until the attacker feels it; `source` says who documented it. */
export type EffectBound = { readonly ms: number; readonly source: string };

/**
 * One intended mutation of one resource: bring it from `before` to `after`. `null` means absent. Both have the form that
 * the action's `read` returns, exact enough to restore.
 */
export type ProposedChange<S extends Json = Json> = {
  /** Unique among the changes of one call of `plan`; other changes of that call refer to it in `needs`. */
  readonly key: string;
  readonly resource: ResourceRef;
  readonly summary: string;
  readonly before: S | null;
  readonly after: S | null;
  readonly needs?: readonly string[];
  readonly reversal: Reversal;
  /** For documents of several authors: what this change wants present, whoever else wants it too. */
  readonly asks?: Json;
};

export type ChangeId = string;

/** A proposed change with its place in a plan. In a restoring plan `undoes` names the lease that it ends. */
export type Change<S extends Json = Json> = {
  readonly id: ChangeId;
  readonly step: string;
  readonly action: ActionId;
  readonly resource: ResourceRef;
  readonly summary: string;
  readonly before: S | null;
  readonly after: S | null;
  readonly needs: readonly ChangeId[];
  readonly reversal: Reversal;
  readonly bound: EffectBound;
  readonly asks?: Json;
  readonly undoes?: string;
  /** In a restoring plan: what the plan could not put back because somebody else changed it since. */
  readonly conflict?: string;
};

/**
 * Stands in `after` for the moment the change is applied, as a whole string value. What is approved is the rule ("sessions
 * issued before this is applied"), and `change.intended` records the moment that was filled in.
 */
export const AT_APPLY = "{at-apply}";

/** Fills in the moment. Returns the same value when there is nothing to fill in. */
export function materialize<S extends Json>(state: S | null, at: Instant): S | null {
  if (state === null || !canonicalize(state).includes(AT_APPLY)) return state;
  return fill(state, at) as S;
}

function fill(value: Json, at: Instant): Json {
  if (value === AT_APPLY) return at;
  if (Array.isArray(value)) return value.map((item: Json) => fill(item, at));
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value as JsonObject).map(([key, item]) => [key, fill(item, at)]));
  }
  return value;
}

/** The provider's acknowledgement of one mutating call. */
export type Receipt = { readonly operation: string; readonly requestId: string; readonly at: Instant };

export type OutcomeStatus = "applied" | "unchanged" | "refused" | "unknown" | "not-attempted";

/** What the call did. `applied` has at least one receipt; `why` starts with a code: `stale`, `denied`, `throttled`, … */
export type Outcome = { readonly status: OutcomeStatus; readonly why?: string; readonly receipts: readonly Receipt[] };

/** What a look at the resource showed. `effect` means the attacker's own request was seen to fail; `configuration` that the setting reads back. */
export type Verification = {
  readonly verdict: "confirmed" | "contradicted" | "inconclusive";
  readonly level: "configuration" | "effect";
  readonly detail?: string;
};

/** What still works after containment, until when (an instant, or words such as "until closed"), and why. */
export type ResidualAccess = { readonly what: string; readonly until: string; readonly why: string };

/** How a document of several authors is put back: the new content, and what could not be honoured. */
export type Merge<S extends Json> = { readonly state: S | null; readonly conflict?: string };
