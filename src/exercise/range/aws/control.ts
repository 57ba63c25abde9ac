import { type PolicyDocument, parsePolicy } from "../../../planner/policy/index.ts";
import { organizations } from "../keys.ts";
import type { AttachmentsRow, ControlPolicyRow, MembershipRow, UnitRow } from "../rows.ts";
import type { Transaction } from "../world.ts";

/** Service control policies that have taken effect over an account, from the root down; none over the management account. */
export function controlOver(tx: Transaction, account: string): readonly (readonly PolicyDocument[])[] {
  const membership = tx.effective<MembershipRow>(organizations.membership(account));
  if (membership === null || membership.management === account) return [];
  const { management } = membership;
  const levels = [account];
  for (let id: string | null = membership.parent; id !== null; ) {
    levels.unshift(id);
    id = tx.effective<UnitRow>(organizations.unit(management, id))?.parent ?? null;
  }
  return levels.map((level) => {
    const attached = tx.effective<AttachmentsRow>(organizations.attachments(management, level))?.policies ?? [];
    return attached.flatMap((id) => {
      const policy = tx.effective<ControlPolicyRow>(organizations.policy(management, id));
      return policy === null ? [] : [parsePolicy(policy.text)];
    });
  });
}
