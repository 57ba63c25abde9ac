import { ProviderError, type ProviderErrorKind } from "../provider-error.ts";

export type AzureCallName = { readonly service: string; readonly operation: string };

/** An answer that is not a success: its status, its `error.code` and its words. */
export type AzureRefusal = {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly requestId: string | null;
};

/** A write that was accepted and then failed. What it left behind is known only to who looks. */
export class OperationFailed extends ProviderError {}

/** Codes are matched before the status, which says less: 429 is also what a group answers while another write runs on it. */
const NAMED: readonly (readonly [ProviderErrorKind, RegExp])[] = [
  [
    "conflict",
    /^(RetryableError|AnotherOperationInProgress$|CanceledAndSuperseded|ReferencedResourceNotProvisioned$|SecurityRuleConflict$|ScopeLocked$|InUse|.*(Conflict|AlreadyExists)$)/,
  ],
  ["throttled", /^(SubscriptionRequestsThrottled|TooManyRequests|OperationNotAllowedThrottled|Throttl)/],
  ["unauthenticated", /^(ExpiredAuthenticationToken|InvalidAuthenticationToken|AuthenticationFailed)/],
  ["denied", /^(AuthorizationFailed|LinkedAuthorizationFailed|RequestDisallowedByPolicy|Forbidden$)/],
  ["stale", /^PreconditionFailed/],
  ["limit", /(LimitReached|LimitExceeded|QuotaExceeded|CountExceeded|MaxSecurityRules)/],
  ["missing", /NotFound$/],
];

const NO_CONNECTION = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/** What a refused Azure call means. */
export function classifyAnswer({ status, code, message, requestId }: AzureRefusal, call: AzureCallName): ProviderError {
  const kind = byCode(code) ?? byStatus(status);
  return new ProviderError(kind, { ...call, providerCode: code, status, requestId, message });
}

/** What it means that an accepted operation ended without success. */
export function classifyOperation({ status, code, message, requestId }: AzureRefusal, call: AzureCallName): OperationFailed {
  const kind = byCode(code) ?? "unavailable";
  return new OperationFailed(kind, { ...call, providerCode: code, status, requestId, message });
}

/** What it means that a call ended without an answer. */
export function classifyFailure(error: unknown, call: AzureCallName): ProviderError {
  const { name = "", code = "", message = String(error) } = (error ?? {}) as { name?: string; code?: string; message?: string };
  const kind = name === "CredentialError" ? "unauthenticated" : NO_CONNECTION.has(code) ? "unreachable" : "no-answer";
  return new ProviderError(kind, {
    ...call,
    providerCode: code || name,
    status: null,
    requestId: null,
    message,
    cause: error,
  });
}

function byCode(code: string): ProviderErrorKind | null {
  for (const [kind, pattern] of NAMED) if (pattern.test(code)) return kind;
  return null;
}

function byStatus(status: number): ProviderErrorKind {
  if (status === 401) return "unauthenticated";
  if (status === 403) return "denied";
  if (status === 404) return "missing";
  if (status === 409) return "conflict";
  if (status === 412) return "stale";
  if (status === 429) return "throttled";
  if (status === 503) return "unavailable";
  // A redirect is not followed; what was asked was not done there.
  if (status === 501 || (status >= 300 && status < 400)) return "unsupported";
  // A success that could not be read was acted on, as far as anybody knows.
  return status >= 500 || status === 408 || status < 300 ? "no-answer" : "invalid";
}
