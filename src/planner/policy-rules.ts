import { rolesAsked } from "../approvals/index.ts";
import type { Policy } from "../config/index.ts";
import { ErError, type Role } from "../model/index.ts";
import type { Runbook } from "../runbooks/index.ts";

/** Whose approval a plan needs: what the organization's file asks for today, and what the log was founded with. */
export function requiredRoles(
  runbook: Pick<Runbook, "id" | "approvals">,
  policy: Pick<Policy, "approvals">,
  founding?: Policy["approvals"],
): Role[] {
  const asked = rolesAsked(policy.approvals, runbook.id, runbook.approvals);
  return founding === undefined ? asked : [...new Set([...asked, ...rolesAsked(founding, runbook.id, runbook.approvals)])];
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
