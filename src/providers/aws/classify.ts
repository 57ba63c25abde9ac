import { ProviderError, type ProviderErrorKind } from "../provider-error.ts";

type SdkFailure = {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly Code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  readonly $response?: { readonly statusCode?: number };
};

/** The services name one thing differently; names are matched before the status, which says less. */
const NAMED: readonly (readonly [ProviderErrorKind, RegExp])[] = [
  [
    "throttled",
    /^(Throttl|RequestLimitExceeded$|SlowDown$|TooManyRequests|RequestThrottled|BandwidthLimitExceeded$|EC2ThrottledException$|PriorRequestNotComplete$)/,
  ],
  [
    "unauthenticated",
    /^(InvalidClientTokenId|InvalidAccessKeyId|AuthFailure|UnrecognizedClient|ExpiredToken|SignatureDoesNotMatch|InvalidSignature|IncompleteSignature|MissingAuthenticationToken|RequestExpired|TokenRefreshRequired|CredentialsProviderError|OptInRequired)/,
  ],
  ["denied", /^(AccessDenied|UnauthorizedOperation|AllAccessDisabled|Forbidden$|403$)/],
  [
    "stale",
    /^(WAFOptimisticLock|InvalidIfMatchVersion$|PrefixListVersionMismatch$|PreconditionFailed$|ConditionalRequestConflict$)/,
  ],
  [
    "limit",
    /(LimitExceeded|LimitsExceeded|^MaxNumber|^SecurityGroupsPerInterfaceLimitExceeded$|^RulesPerSecurityGroupLimitExceeded$|^PrefixListMaxEntriesExceeded$)/,
  ],
  ["missing", /(^NoSuch|NotFound|^NonexistentItem|^WAFNonexistentItem|^AWSOrganizationsNotInUse|^404$)/],
  [
    "conflict",
    /(Conflict|AlreadyExists|\.Duplicate$|^EntityTemporarilyUnmodifiable|^DependencyViolation$|^ConcurrentModification|^OperationAborted$|^IncorrectState|^InvalidDB\w+State|^WAFAssociatedItem|^WAFDuplicateItem|^DuplicatePolicyAttachment|^PolicyNotAttached|^WAFUnavailableEntity)/,
  ],
  [
    "unavailable",
    /^(ServiceUnavailable|InternalError$|InternalFailure$|ServiceFailure|ServiceException$|Unavailable$|WAFInternalError|KMSInternalException$|InternalServerError$|InternalServiceError$|DependencyTimeout)/,
  ],
  ["unsupported", /^(NotImplemented|UnsupportedOperation|InvalidAction$)/],
];

const NO_CONNECTION = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);
const NO_ANSWER = new Set(["ECONNRESET", "EPIPE", "ETIMEDOUT", "ECONNABORTED"]);

/** What a failed AWS call means. Every error of a provider's client comes through here, and nothing else decides it. */
export function classifyAws(error: unknown, call: { readonly service: string; readonly operation: string }): ProviderError {
  const failure = (typeof error === "object" && error !== null ? error : {}) as SdkFailure;
  const status = failure.$metadata?.httpStatusCode ?? failure.$response?.statusCode ?? null;
  const providerCode = codeOf(failure, status);
  const kind = isLostLock(providerCode, call.operation) ? "stale" : kindOf(failure, providerCode, status);
  return new ProviderError(kind, {
    service: `aws.${call.service}`,
    operation: call.operation,
    providerCode,
    status,
    requestId: failure.$metadata?.requestId ?? null,
    message: wordsOf(failure.message ?? String(error)),
    cause: error,
  });
}

/** What DynamoDB says of a policy whose revision is not the expected one, Network Firewall of a token. A read means what it says. */
function isLostLock(providerCode: string, operation: string): boolean {
  if (providerCode === "InvalidTokenException") return operation === "UpdateRuleGroup";
  return providerCode === "PolicyNotFoundException" && /^(Put|Delete)ResourcePolicy$/.test(operation);
}

/** Without what the SDK's HTTP client puts before its own messages. */
function wordsOf(message: string): string {
  const own = /^@smithy\/node-http-handler - (?:\[ERROR\] )?(.*?)\.?$/s.exec(message)?.[1];
  return own ?? message;
}

/** The SDK's name says nothing where the answer had no body (HEAD) or one that it cannot read. */
function codeOf({ name, code, Code }: SdkFailure, status: number | null): string {
  if (status === null) return code ?? name ?? "";
  return (
    (name === "Unknown" || name === "UnknownError" || name === "SyntaxError" || name === "Error" ? Code : name) ?? String(status)
  );
}

function kindOf(failure: SdkFailure, providerCode: string, status: number | null): ProviderErrorKind {
  for (const [kind, pattern] of NAMED) if (pattern.test(providerCode) || pattern.test(failure.Code ?? "")) return kind;
  return status === null ? withoutAnswer(failure) : byStatus(status);
}

function byStatus(status: number): ProviderErrorKind {
  if (status === 401) return "unauthenticated";
  if (status === 403) return "denied";
  if (status === 404) return "missing";
  if (status === 409) return "conflict";
  if (status === 412) return "stale";
  if (status === 429) return "throttled";
  if (status === 501) return "unsupported";
  // A 200 whose body could not be read was acted on, as far as anybody knows.
  return status >= 500 || status < 400 ? "no-answer" : "invalid";
}

function withoutAnswer({ name, code, message }: SdkFailure): ProviderErrorKind {
  if (code !== undefined && NO_CONNECTION.has(code)) return "unreachable";
  if (name === "TimeoutError" && /establish a connection/.test(message ?? "")) return "unreachable";
  if (name === "TimeoutError" || name === "AbortError" || (code !== undefined && NO_ANSWER.has(code))) return "no-answer";
  // Before anything could leave: a missing credential, a Region that does not resolve, an input that does not serialize.
  if (name === "CredentialsProviderError" || /credential/i.test(message ?? "")) return "unauthenticated";
  return "no-answer";
}
