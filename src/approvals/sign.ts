import { type Clock, type Digest, ErError, type Instant, instant, newNonce, type Plan, type Role } from "../model/index.ts";
import type { PersonSigner } from "../signing/index.ts";
import { approvalStatement, type Decision, planSummary, type Seen } from "./statement.ts";

/** A signed decision. `text` is the exact statement that `signature` (armored SSHSIG) was made over. */
export type Approval<D extends Decision = "approve" | "deny"> = {
  readonly plan: Digest;
  readonly decision: D;
  readonly role: Role;
  readonly person: string;
  readonly key: string;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  readonly nonce: string;
  readonly text: string;
  readonly signature: string;
};

export const MAX_WINDOW_MS = 60 * 60_000;
/** An approval is dated back by this much, so that it holds on a machine whose clock is a little behind. */
export const SKEW_MS = 2 * 60_000;

export type SignOptions<D extends Decision> = {
  readonly signer: PersonSigner;
  readonly person: string;
  readonly role: Role;
  readonly decision: D;
  readonly clock: Clock;
  /** From not-before to not-after; at most, and by default, an hour. */
  readonly windowMs?: number;
  readonly seen?: Seen | null;
};

/** Signs one decision on one plan. May ask the person for a touch. Throws `approval-self` for the plan's own operator. */
export async function signApproval<D extends Decision>(plan: Plan, options: SignOptions<D>): Promise<Approval<D>> {
  const { signer, person, role, decision, clock, windowMs = MAX_WINDOW_MS, seen = null } = options;
  if (decision === "approve" && person === plan.header.operator) {
    throw new ErError("approval-self", `"${person}" made this plan and cannot approve it`, {
      hints: ["ask a second person to approve it"],
    });
  }
  if (!(windowMs > SKEW_MS && windowMs <= MAX_WINDOW_MS)) {
    throw new ErError("parameter-invalid", `an approval cannot hold for "${windowMs}" ms`, {
      hints: ["give it between 3 and 60 minutes"],
    });
  }
  const unsigned = unsignedApproval(plan, { key: signer.publicKey.fingerprint, person, role, decision, clock, windowMs, seen });
  return { ...unsigned, signature: await signer.sign("approval.soc2-er.v1", Buffer.from(unsigned.text)) };
}

export type Unsigned<D extends Decision = "approve" | "deny"> = Omit<Approval<D>, "signature">;

/** What the holder of the key, named by its fingerprint, would sign now, with a nonce of its own. */
export function unsignedApproval<D extends Decision>(
  plan: Plan,
  options: Omit<SignOptions<D>, "signer"> & { readonly key: string; readonly windowMs: number },
): Unsigned<D> {
  const { key, person, role, decision, clock, windowMs, seen = null } = options;
  const start = clock.now() - SKEW_MS;
  const facts = {
    ...{ plan: plan.digest, decision, role, person, key },
    ...{ notBefore: instant(start), notAfter: instant(start + windowMs), nonce: newNonce() },
  };
  const { origin, incident, runbook } = plan.header;
  const text = approvalStatement({ ...facts, origin, incident, action: runbook.id, summary: planSummary(plan), seen });
  return { ...facts, text };
}
