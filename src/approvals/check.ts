import type { Keyring } from "../audit/index.ts";
import { type Digest, ErError, type ErrorCode, type Instant, millis, type Plan } from "../model/index.ts";
import { isVerifiedUser, SignatureError, type SshPublicKey, verifySshSignature } from "../signing/index.ts";
import { MAX_WINDOW_MS } from "./sign.ts";
import { type ApprovalFacts, parseStatement, planSummary } from "./statement.ts";

export type Finding = { readonly code: ErrorCode; readonly detail: string };

/**
 * What the log already holds at the place where an approval is judged: the statement behind each nonce used before, and the batches
 * that approvers say they had seen.
 */
export type LogPosition = {
  readonly nonces?: ReadonlyMap<string, string>;
  readonly batches?: ReadonlyMap<number, Digest>;
};

/**
 * Everything that speaks against an approval; empty means that it counts. A denial is judged more lightly than an approval:
 * it holds without a time window, and the plan's own operator and holders of roles that were not asked may deny too.
 */
export function checkApproval(
  approval: { readonly statement: string; readonly signature: string },
  plan: Plan,
  keyring: Keyring,
  now: Instant,
  position?: LogPosition,
): Finding[] {
  let facts: ApprovalFacts;
  try {
    facts = parseStatement(approval.statement);
  } catch (error) {
    if (!(error instanceof ErError)) throw error;
    return [{ code: error.code, detail: error.message }];
  }
  if (facts.decision !== "approve" && facts.decision !== "deny")
    return [{ code: "approval-malformed", detail: `"${facts.decision}" by "${facts.person}" is no decision on a plan` }];
  const findings = [...subjectFindings(facts, plan), ...signerFindings(facts, approval, keyring)];
  if (facts.decision === "approve") findings.push(...authorityFindings(facts, plan), ...windowFindings(facts, now));
  findings.push(...historyFindings(facts, position?.batches));
  const earlier = position?.nonces?.get(facts.nonce);
  if (earlier !== undefined && earlier !== approval.statement) {
    findings.push({
      code: "approval-reused",
      detail: `nonce "${facts.nonce}" of the approval by "${facts.person}" was used before`,
    });
  }
  return findings;
}

/** Who was shown another log decided on something else. A batch that this machine lacks yet says nothing. */
function historyFindings({ person, seen }: ApprovalFacts, batches: LogPosition["batches"]): Finding[] {
  const here = seen === null ? undefined : batches?.get(seen.batch);
  if (seen === null || here === undefined || here === seen.digest) return [];
  const detail = `"${person}" decided on another history of the log: batch ${seen.batch} was "${seen.digest}" there and is "${here}" here`;
  return [{ code: "approval-other-history", detail }];
}

function subjectFindings(facts: ApprovalFacts, plan: Plan): Finding[] {
  const { header } = plan;
  const findings: Finding[] = [];
  if (facts.origin !== header.origin)
    findings.push({ code: "approval-other-origin", detail: `approval is for "${facts.origin}", not for "${header.origin}"` });
  if (facts.incident !== header.incident) {
    findings.push({
      code: "approval-other-incident",
      detail: `approval is for incident "${facts.incident}", not for "${header.incident}"`,
    });
  }
  if (facts.plan !== plan.digest)
    findings.push({ code: "approval-other-plan", detail: `approval is for plan "${facts.plan}", not for "${plan.digest}"` });
  else if (facts.action !== header.runbook.id || facts.summary !== planSummary(plan)) {
    findings.push({
      code: "approval-other-plan",
      detail: `approval describes "${facts.action}: ${facts.summary}", which is not what the plan does`,
    });
  }
  return findings;
}

/** The signature, whose key it is, and whether they hold the role. */
export function signerFindings(
  facts: ApprovalFacts,
  approval: { readonly statement: string; readonly signature: string },
  keyring: Keyring,
): Finding[] {
  let key: SshPublicKey;
  let flags: number | null;
  try {
    ({ key, flags } = verifySshSignature(approval.signature, "approval.soc2-er.v1", Buffer.from(approval.statement)));
  } catch (error) {
    if (!(error instanceof SignatureError)) throw error;
    return [{ code: "approval-signature", detail: `signature of "${facts.person}" does not hold: ${error.message}` }];
  }
  if (keyring.verification && !isVerifiedUser(flags))
    return [{ code: "approval-signature", detail: `the FIDO key of "${facts.person}" signed without PIN or finger` }];
  const owner = keyring.ownerOf(key.text);
  if (owner === null || owner.id !== facts.person || key.fingerprint !== facts.key) {
    return [{ code: "approval-unknown-key", detail: `key ${key.fingerprint} is not one of "${facts.person}" in the keyring` }];
  }
  return keyring.holds(facts.person, facts.role)
    ? []
    : [{ code: "approval-role", detail: `"${facts.person}" does not hold the role "${facts.role}"` }];
}

function authorityFindings(facts: ApprovalFacts, plan: Plan): Finding[] {
  const findings: Finding[] = [];
  if (facts.person === plan.header.operator)
    findings.push({ code: "approval-self", detail: `"${facts.person}" made this plan and cannot approve it` });
  if (!plan.header.required.includes(facts.role)) {
    findings.push({
      code: "approval-role",
      detail: `this plan does not ask for the role "${facts.role}" (it asks for ${plan.header.required.join(", ") || "none"})`,
    });
  }
  return findings;
}

/** It holds for an hour at most, and then. */
export function windowFindings(facts: ApprovalFacts, now: Instant): Finding[] {
  const [start, end, at] = [millis(facts.notBefore), millis(facts.notAfter), millis(now)];
  if (end <= start || end - start > MAX_WINDOW_MS) {
    return [
      {
        code: "approval-malformed",
        detail: `approval by "${facts.person}" holds from ${facts.notBefore} to ${facts.notAfter}: at most an hour is allowed`,
      },
    ];
  }
  if (at < start)
    return [{ code: "approval-expired", detail: `approval by "${facts.person}" is not valid before ${facts.notBefore}` }];
  return at > end ? [{ code: "approval-expired", detail: `approval by "${facts.person}" expired at ${facts.notAfter}` }] : [];
}
