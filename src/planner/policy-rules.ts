import type { Policy } from "../config/index.ts";
import { ErError, type Role } from "../model/index.ts";
import type { Runbook } from "../runbooks/index.ts";

const BOTH: readonly Role[] = ["security", "engineering"];

/**
 * Whose approval a plan needs. A policy that names the runbook decides. Otherwise the most restrictive wins: all roles that the
 * runbook or the policy's default asks for, and where neither says anything, security and engineering.
 */
export function requiredRoles(runbook: Pick<Runbook, "id" | "approvals">, policy: Pick<Policy, "approvals">): Role[] {
  const named = Object.hasOwn(policy.approvals, runbook.id) ? policy.approvals[runbook.id] : undefined;
  if (named) return [...new Set(named)];
  const standard = Object.hasOwn(policy.approvals, "default") ? policy.approvals["default"] : undefined;
  const roles = [...new Set([...(runbook.approvals ?? []), ...(standard ?? [])])];
  return roles.length > 0 ? roles : [...BOTH];
}

/**
 * The most changes a plan may have. The operator's explicit ceiling decides, even above the policy's: the approvers see the number.
 * Without one, a runbook may only lower what policy allows.
 */
export function ceilingOf(runbook: Pick<Runbook, "maxChanges">, policy: Pick<Policy, "maxChanges">, explicit?: number): number {
  return explicit ?? Math.min(runbook.maxChanges ?? policy.maxChanges, policy.maxChanges);
}

export function refuseAbove(ceiling: number, count: number): void {
  if (count <= ceiling) return;
  throw new ErError("too-many-changes", `the plan has ${count} changes, more than the ${ceiling} that are allowed`, {
    hints: ["narrow the target with --account or --region", `allow it explicitly: --max-changes ${count}`],
    detail: { changes: count, ceiling },
  });
}
