import type { Keyring } from "../audit/index.ts";
import { digestBytes, ErError, type GrantedScope, type Instant, millis, type Plan } from "../model/index.ts";
import { isVerifiedUser, SignatureError, type SshPublicKey, verifySshSignature } from "../signing/index.ts";
import { rolesAsked } from "./asked.ts";
import type { Finding } from "./check.ts";
import { allows } from "./limits.ts";
import { parseScope, type ScopeFacts } from "./scope-statement.ts";
import { MAX_SCOPE_MS } from "./sign-scope.ts";

/** What speaks against a scope whatever the plan, now and with the keyring as it is now; empty means that it can be used. */
export function checkScope(scope: GrantedScope, keyring: Keyring, now: Instant): Finding[] {
  const facts = factsOf(scope);
  if (!("runbook" in facts)) return [facts];
  return [
    ...copyFindings(scope, facts),
    ...signerFindings(scope, facts, keyring),
    ...timeFindings(facts, now),
    ...withdrawalFindings(scope, facts, keyring),
  ];
}

/** What of a plan is outside a scope; empty means that the scope stands for its role's signature. */
export function coverFindings(scope: GrantedScope, plan: Plan): Finding[] {
  const facts = factsOf(scope);
  if (!("runbook" in facts)) return [facts];
  const { header } = plan;
  const name = nameOf(facts);
  if (facts.origin !== header.origin)
    return [{ code: "approval-other-origin", detail: `${name} is for "${facts.origin}", not for "${header.origin}"` }];
  if (facts.runbook !== header.runbook.id || header.kind !== "contain")
    return [
      { code: "scope-outside", detail: `${name} is for "${facts.runbook}", not for ${header.kind} by "${header.runbook.id}"` },
    ];
  const findings: Finding[] = [];
  if (facts.runbookDigest !== header.runbook.digest) {
    findings.push({
      code: "scope-runbook",
      detail: `${name} is for "${facts.runbook}" as it was (${facts.runbookDigest}): the runbook is another one now (${header.runbook.digest})`,
    });
  }
  if (facts.person === header.operator)
    findings.push({ code: "scope-own", detail: `${name} cannot be used by "${facts.person}", who made this plan` });
  return [...findings, ...outside(facts, plan).map((why): Finding => ({ code: "scope-outside", detail: `${name}: ${why}` }))];
}

/** Its signer, whoever holds its role, and whoever approves its runbook. */
export function mayWithdraw(person: string, facts: Pick<ScopeFacts, "person" | "role" | "runbook">, keyring: Keyring): boolean {
  const roles = [facts.role, ...rolesAsked(keyring.approvals, facts.runbook)];
  return person === facts.person || roles.some((role) => keyring.holds(person, role));
}

function outside({ target, params, accounts, maxChanges }: ScopeFacts, { header, changes }: Plan): string[] {
  const why: string[] = [];
  if (!allows(target, header.target)) why.push(`the target "${header.target}" is outside`);
  const limits = new Map(params);
  for (const [name, value] of Object.entries(header.params)) {
    const limit = limits.get(name);
    if (limit === undefined || !allows(limit, String(value))) why.push(`the parameter ${name} "${String(value)}" is outside`);
  }
  for (const [name, limit] of limits)
    if (!Object.hasOwn(header.params, name) && !allows(limit, undefined)) why.push(`the parameter ${name} is not given`);
  if (changes.length > maxChanges) why.push(`${changes.length} changes are more than ${maxChanges}`);
  const other = accounts === null ? undefined : changes.find(({ resource }) => !accounts.includes(resource.account));
  if (other !== undefined) why.push(`the account "${other.resource.account}" is outside`);
  return why;
}

function factsOf({ body }: GrantedScope): ScopeFacts | Finding {
  try {
    return parseScope(body.statement);
  } catch (error) {
    if (error instanceof ErError) return { code: error.code, detail: error.message };
    throw error;
  }
}

/** The entry repeats the statement's facts; where they differ somebody wrote the entry by hand. */
function copyFindings({ body }: GrantedScope, facts: ScopeFacts): Finding[] {
  const same =
    body.scope === digestBytes(Buffer.from(body.statement)) &&
    body.runbook === facts.runbook &&
    body.role === facts.role &&
    body.person === facts.person &&
    body.expiresAt === facts.notAfter;
  return same ? [] : [{ code: "approval-malformed", detail: `entry and signed statement of "${body.person}" differ` }];
}

function signerFindings({ body }: GrantedScope, facts: ScopeFacts, keyring: Keyring): Finding[] {
  let key: SshPublicKey;
  let flags: number | null;
  try {
    ({ key, flags } = verifySshSignature(body.signature, "scope.soc2-er.v1", Buffer.from(body.statement)));
  } catch (error) {
    if (!(error instanceof SignatureError)) throw error;
    return [{ code: "approval-signature", detail: `signature of "${facts.person}" does not hold: ${error.message}` }];
  }
  if (keyring.verification && !isVerifiedUser(flags))
    return [{ code: "approval-signature", detail: `the FIDO key of "${facts.person}" signed without PIN or finger` }];
  const name = nameOf(facts);
  if (keyring.ownerOf(key.text)?.id !== facts.person || key.fingerprint !== facts.key)
    return [{ code: "scope-revoked", detail: `${name}: the key ${key.fingerprint} is none of "${facts.person}" any more` }];
  return keyring.holds(facts.person, facts.role)
    ? []
    : [{ code: "scope-revoked", detail: `${name}: "${facts.person}" does not hold the role any more` }];
}

function timeFindings(facts: ScopeFacts, now: Instant): Finding[] {
  const [start, end, at] = [millis(facts.notBefore), millis(facts.notAfter), millis(now)];
  const name = nameOf(facts);
  if (end <= start || end - start > MAX_SCOPE_MS)
    return [
      {
        code: "approval-malformed",
        detail: `${name} holds from ${facts.notBefore} to ${facts.notAfter}: at most 90 days are allowed`,
      },
    ];
  if (at < start) return [{ code: "scope-expired", detail: `${name} is not valid before ${facts.notBefore}` }];
  return at > end ? [{ code: "scope-expired", detail: `${name} expired at ${facts.notAfter}` }] : [];
}

function withdrawalFindings({ withdrawals }: GrantedScope, facts: ScopeFacts, keyring: Keyring): Finding[] {
  const taken = withdrawals.find(({ person }) => mayWithdraw(person, facts, keyring));
  if (taken === undefined) return [];
  return [{ code: "scope-withdrawn", detail: `${nameOf(facts)} was withdrawn by "${taken.person}": ${taken.body.reason}` }];
}

function nameOf({ role, person }: Pick<ScopeFacts, "role" | "person">): string {
  return `what "${person}" signed in advance as ${role}`;
}
