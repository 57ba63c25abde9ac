/** What a script reads as the exit code; the table is part of the interface. */
export const EXIT = {
  ok: 0,
  defect: 1,
  usage: 2,
  declined: 3,
  denied: 4,
  stale: 5,
  partial: 6,
  unverified: 7,
  approval: 8,
  audit: 9,
  refused: 10,
  interrupted: 130,
  terminated: 143,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Every error code with the exit it means. Codes are stable: scripts and tests match on them, never on the text. */
export const ERROR_EXIT = {
  // defect or environment
  internal: EXIT.defect,
  environment: EXIT.defect,
  "node-too-old": EXIT.defect,
  unreachable: EXIT.defect,
  "provider-error": EXIT.defect,
  // usage and configuration
  usage: EXIT.usage,
  "unknown-command": EXIT.usage,
  "config-missing": EXIT.usage,
  "config-invalid": EXIT.usage,
  "config-part-missing": EXIT.usage,
  "runbook-invalid": EXIT.usage,
  "runbook-duplicate": EXIT.usage,
  "runbook-unknown": EXIT.usage,
  "action-unknown": EXIT.usage,
  "parameter-invalid": EXIT.usage,
  "unknown-tenant": EXIT.usage,
  "unknown-principal": EXIT.usage,
  "unknown-entrance": EXIT.usage,
  "unknown-incident": EXIT.usage,
  "unknown-plan": EXIT.usage,
  "unknown-approval": EXIT.usage,
  "unknown-run": EXIT.usage,
  "unknown-lease": EXIT.usage,
  "cidr-invalid": EXIT.usage,
  "no-incident": EXIT.usage,
  ambiguous: EXIT.usage,
  "key-unknown": EXIT.usage,
  // interaction
  declined: EXIT.declined,
  "no-terminal": EXIT.declined,
  interrupted: EXIT.interrupted,
  terminated: EXIT.terminated,
  // provider access
  unauthenticated: EXIT.denied,
  denied: EXIT.denied,
  // plan life
  "plan-stale": EXIT.stale,
  "plan-expired": EXIT.stale,
  "plan-applied": EXIT.stale,
  "plan-altered": EXIT.stale,
  // approval
  "approval-pending": EXIT.approval,
  "approval-other-plan": EXIT.approval,
  "approval-other-incident": EXIT.approval,
  "approval-other-origin": EXIT.approval,
  "approval-other-history": EXIT.approval,
  "approval-expired": EXIT.approval,
  "approval-self": EXIT.approval,
  "approval-role": EXIT.approval,
  "approval-unknown-key": EXIT.approval,
  "approval-signature": EXIT.approval,
  "approval-malformed": EXIT.approval,
  "approval-reused": EXIT.approval,
  "plan-differs": EXIT.approval,
  "scope-outside": EXIT.approval,
  "scope-expired": EXIT.approval,
  "scope-runbook": EXIT.approval,
  "scope-own": EXIT.approval,
  "scope-revoked": EXIT.approval,
  "scope-withdrawn": EXIT.approval,
  "scope-same-person": EXIT.approval,
  "scope-not-preapproved": EXIT.approval,
  "keyring-pending": EXIT.approval,
  "keyring-overtaken": EXIT.stale,
  "keyring-refused": EXIT.refused,
  "break-glass-not-allowed": EXIT.approval,
  "break-glass-over": EXIT.approval,
  "break-glass-unreviewed": EXIT.approval,
  "break-glass-objected": EXIT.approval,
  "sweep-outside": EXIT.approval,
  // audit
  "audit-unavailable": EXIT.audit,
  "audit-broken": EXIT.audit,
  "audit-forked": EXIT.audit,
  "store-required": EXIT.audit,
  "log-key-unusable": EXIT.audit,
  // guards
  "self-lockout": EXIT.refused,
  "too-many-changes": EXIT.refused,
  "block-too-wide": EXIT.refused,
  "empty-target": EXIT.refused,
  "no-free-slot": EXIT.refused,
  "limit-exceeded": EXIT.refused,
  "quarantine-group-open": EXIT.refused,
  "lockdown-group-open": EXIT.refused,
  "lockdown-acl-open": EXIT.refused,
  "not-as-approved": EXIT.refused,
  "read-only": EXIT.refused,
  mode: EXIT.refused,
  "lease-held": EXIT.refused,
  "incident-closed": EXIT.refused,
  rejected: EXIT.refused,
  "already-initialized": EXIT.refused,
} as const satisfies Record<string, ExitCode>;
export type ErrorCode = keyof typeof ERROR_EXIT;

/**
 * The one error that reaches a person. `message` is lower case, without a full stop, quotes the offending value;
 * each hint is a line that can be pasted or followed; `detail` is JSON for scripts.
 */
export class ErError extends Error {
  readonly code: ErrorCode;
  readonly hints: readonly string[];
  readonly detail: unknown;

  constructor(code: ErrorCode, message: string, options: { hints?: readonly string[]; cause?: unknown; detail?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ErError";
    this.code = code;
    this.hints = options.hints ?? [];
    this.detail = options.detail;
  }

  get exit(): ExitCode {
    return ERROR_EXIT[this.code];
  }
}

/** A broken promise of our own code: never the operator's fault. */
export function defect(message: string, cause?: unknown): never {
  throw new ErError("internal", message, {
    cause,
    hints: ["this is a defect in soc2-er: run the command again with --debug and report its output"],
  });
}
