import { type Change, canonicalize, type Json, type Plan, resourceKey, sameJson } from "../model/index.ts";

/** How a plan differs from the one that somebody else's machine makes of the same request. */
export type Comparison = {
  /** What only the plan has, or has otherwise: it would do what the other machine would not. */
  readonly beyond: readonly string[];
  /** What only the other machine finds: the plan would leave it. */
  readonly lacking: readonly string[];
  /** Changes in accounts that the other machine could not look at. */
  readonly unseen: number;
  /** Why it could not, by account. */
  readonly unreached: readonly string[];
};

const MEMBERS = ["step", "summary", "before", "after", "asks", "reversal", "bound", "conflict"] as const;

/** Ids and order of changes are no difference: they follow from what else is in the plan. */
export function comparePlans(plan: Plan, own: Plan): Comparison {
  const lost = (own.header.unreached ?? []).filter(({ part }) => part === undefined);
  const unreached = new Set(lost.map(({ account }) => account));
  const mine = new Map(own.changes.map((change) => [keyOf(change), change]));
  const theirs = new Set(plan.changes.map(keyOf));
  const seen = plan.changes.filter(({ resource }) => !unreached.has(resource.account ?? ""));
  const changes = seen.flatMap((change) => {
    const other = mine.get(keyOf(change));
    if (other === undefined) return [`${say(change)}: nothing here asks for it`];
    const members = MEMBERS.filter((name) => !sameJson((change[name] ?? null) as Json, (other[name] ?? null) as Json));
    return members.length === 0 ? [] : [`${say(change)}: another ${members.join(", ")}`];
  });
  return {
    beyond: [...powers(plan, own), ...changes],
    lacking: own.changes.filter((change) => !theirs.has(keyOf(change))).map(say),
    unseen: plan.changes.length - seen.length,
    unreached: lost.map(({ account, cause, reason }) => `${account} ${cause}: ${reason}`),
  };
}

/** What the plan lets be done, or asks to be approved by fewer for. */
function powers({ header }: Plan, { header: own }: Plan): string[] {
  const fewer = own.required.filter((role) => !header.required.includes(role));
  const sweep = canonicalize((header.sweep ?? null) as Json) !== canonicalize((own.sweep ?? null) as Json);
  return [
    ...(fewer.length === 0 ? [] : [`it does not ask for ${fewer.join(" and ")}, whose approval is asked for here`]),
    ...(sweep && header.sweep !== undefined ? ["another sweep may follow it"] : []),
    ...(header.preapproved === true && own.preapproved !== true ? ["all its approvals may be given in advance"] : []),
  ];
}

/** Several leases on one thing are lifted one after the other. */
function keyOf({ action, resource, undoes = "" }: Change): string {
  return `${action} ${resourceKey(resource)} ${undoes}`;
}

function say({ id, action, resource }: Change): string {
  return `${id} ${action} on ${resource.id}`;
}
