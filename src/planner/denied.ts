import type { Action } from "../actions/index.ts";
import type { Change, Denied, DeniedPrincipal, Loss, NamedPrincipal, Selection, UnjudgedPrincipal } from "../model/index.ts";
import { type Finding, findingsByPolicy, judgeClaim } from "./denied-by-policy.ts";
import type { Protection } from "./self-lockout.ts";

type Gathered = Omit<DeniedPrincipal, "loses"> & { readonly loses: Loss[] };

/**
 * Who is denied something once the changes are in place, by what the actions say and by the policies that the changes edit, as far as
 * they can be judged. Reads nothing. Null where no principal is concerned.
 */
export function deniedBy(
  changes: readonly Change[],
  actions: ReadonlyMap<string, Action>,
  selectionOf: (change: Change) => Selection | null,
  protection: Protection,
): Denied | null {
  const denied = new Map<string, Gathered>();
  const kept = new Map<string, NamedPrincipal>();
  const unjudged: UnjudgedPrincipal[] = [];
  for (const change of changes) {
    const selection = selectionOf(change);
    if (selection === null) continue;
    const claims = actions.get(change.action)?.denies?.(change, selection) ?? [];
    const findings = [...claims.map((claim) => judgeClaim(claim, change.id)), ...findingsByPolicy(change, selection, protection)];
    for (const finding of findings) sort(finding, denied, kept, unjudged);
  }
  if (denied.size + kept.size + unjudged.length === 0) return null;
  const touched = new Set([...denied.values(), ...unjudged].map(nameOf));
  return {
    principals: [...denied.values()],
    kept: [...kept].flatMap(([name, party]) => (touched.has(name) ? [] : [party])),
    unjudged,
  };
}

function sort(
  finding: Finding,
  denied: Map<string, Gathered>,
  kept: Map<string, NamedPrincipal>,
  unjudged: UnjudgedPrincipal[],
): void {
  const { principal, account, what, by } = finding;
  if (finding.verdict === "kept") kept.set(nameOf(finding), { principal, account });
  else if (finding.verdict === "unknown") unjudged.push({ principal, account, what, by, why: finding.why });
  else {
    const { but, shown } = finding;
    const key = `${nameOf(finding)}\n${but?.join("\n") ?? ""}`;
    const gathered = denied.get(key) ?? { principal, account, ...(but === undefined ? {} : { but }), loses: [] };
    gathered.loses.push({ what, by, shown });
    denied.set(key, gathered);
  }
}

function nameOf({ principal, account }: NamedPrincipal): string {
  return `${principal}\n${account}`;
}
