import type { Role } from "../model/index.ts";

type Approvals = { readonly [runbook: string]: readonly Role[] };

const BOTH: readonly Role[] = ["security", "engineering"];

/**
 * Whose approval a policy asks for. Where it names the runbook, that decides. Otherwise the most restrictive wins: all roles of
 * `standing`, which the runbook itself asks for, and of the policy's default; where neither says anything, security and engineering.
 */
export function rolesAsked(policy: Approvals, runbook: string, standing: readonly Role[] = []): Role[] {
  const named = Object.hasOwn(policy, runbook) ? policy[runbook] : undefined;
  if (named) return [...new Set(named)];
  const standard = Object.hasOwn(policy, "default") ? policy["default"] : undefined;
  const roles = [...new Set([...standing, ...(standard ?? [])])];
  return roles.length > 0 ? roles : [...BOTH];
}
