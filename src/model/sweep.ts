import type { ActionId } from "./change.ts";
import type { Digest } from "./digest.ts";
import type { JsonObject } from "./json.ts";
import type { ResourceRef } from "./resource.ts";

/**
 * How something is an attacker's: a principal of the plan `itself` (its credentials and our denials), what one of them `created`,
 * `changed` or `assumed` by the provider's own record, or what merely `appeared` in its account since the plan was made.
 */
export const SWEEP_RELATIONS = ["itself", "created", "changed", "assumed", "appeared"] as const;
export type SweepRelation = (typeof SWEEP_RELATIONS)[number];

/** `name` of an access key is its id. */
export type SweepSubject = {
  readonly kind: "user" | "role" | "access-key";
  readonly account: string;
  readonly name: string;
};

/** A step of the runbook that a sweep may repeat, with all that binding it needs. */
export type SweepStep = {
  readonly step: string;
  readonly action: ActionId;
  readonly with: JsonObject;
  readonly needs: readonly string[];
};

/** What a second look may contain without another approval: part of the plan, under its digest. */
export type SweepClause = {
  readonly seeds: readonly SweepSubject[];
  readonly steps: readonly SweepStep[];
  readonly relations: readonly SweepRelation[];
  /** Most resources, none of them the seeds' own, that all sweeps of the plan together may change, however often. */
  readonly atMost: number;
  /** Counted from the opening of the run. */
  readonly forMs: number;
};

/** Something that a look found, whose it is and how that is known. `by` is the seed, null where nobody can tell; `did`: what was contained of it. */
export type SweepFinding = {
  readonly subject: SweepSubject;
  readonly relation: SweepRelation;
  readonly by: SweepSubject | null;
  readonly evidence: string;
  readonly did?: readonly string[];
};

/** What was found and not touched. `never`: containing it would cut off the response. */
export type SweepLeft = SweepFinding & { readonly why: string; readonly never?: true };

/** How a sweep ended: nothing new was found after propagation; its time was over; nobody could look; it was interrupted. */
export const SWEEP_ENDS = ["quiet", "time", "blind", "interrupted"] as const;
export type SweepEnd = (typeof SWEEP_ENDS)[number];

export type SweepSummary = {
  readonly looks: number;
  readonly ended: SweepEnd;
  /** What was contained beyond the plan. */
  readonly found: readonly SweepFinding[];
  /** The runs in which it was. */
  readonly runs: readonly string[];
  readonly left: readonly SweepLeft[];
  /** What could not be asked, and why. */
  readonly unseen: readonly string[];
  /** The plan over what was left; null where nothing was, or nothing of it can be planned. */
  readonly followUp: Digest | null;
};

export function saySubject({ kind, account, name }: SweepSubject): string {
  return `${kind === "access-key" ? "access key" : kind} "${name}" in ${account}`;
}

/** The same for the same subject. */
export function subjectKey({ kind, account, name }: SweepSubject): string {
  return `${kind} ${account} ${name}`;
}

export function isSameSubject(left: SweepSubject, right: SweepSubject): boolean {
  return subjectKey(left) === subjectKey(right);
}

/** Whether a resource is a principal's own: it carries the name first; a key stands behind its user's. */
export function isOfSubject({ type, account, id }: ResourceRef, { kind, account: own, name }: SweepSubject): boolean {
  if (kind === "access-key") return account === own && id.endsWith(`/${name}`);
  return principalKey({ type, account, id }) === subjectKey({ kind, account: own, name });
}

/** The key of the user or role whose resource it is. */
export function principalKey({ type, account, id }: Pick<ResourceRef, "type" | "account" | "id">): string {
  return subjectKey({
    kind: type.startsWith("iam-role") ? "role" : "user",
    account: account ?? "",
    name: id.split("/")[0] ?? "",
  });
}
