/**
 * What a failed call means, decided in one place by status and a set of names.
 * `missing` the resource is absent · `stale` an optimistic lock did not match · `conflict` another operation is running or the
 * name is taken · `throttled` and `unavailable` are answers · `unreachable` no connection was made · `no-answer` the request may
 * have been acted on (time-out, reset, 5xx on a write) · `no-dry-run` a probe was not sent: nobody vouches that it would change nothing.
 */
export type ProviderErrorKind =
  | "denied"
  | "unauthenticated"
  | "missing"
  | "stale"
  | "conflict"
  | "invalid"
  | "limit"
  | "throttled"
  | "unavailable"
  | "unreachable"
  | "no-answer"
  | "unsupported"
  | "no-dry-run";

export class ProviderError extends Error {
  readonly kind: ProviderErrorKind;
  /** `aws.s3` or `azure.network` */
  readonly service: string;
  readonly operation: string;
  /** The provider's own code, e.g. `NoSuchBucketPolicy`. */
  readonly providerCode: string;
  readonly status: number | null;
  readonly requestId: string | null;

  constructor(
    kind: ProviderErrorKind,
    facts: {
      service: string;
      operation: string;
      providerCode: string;
      status: number | null;
      requestId: string | null;
      message: string;
      cause?: unknown;
    },
  ) {
    super(facts.message, { cause: facts.cause });
    this.name = "ProviderError";
    this.kind = kind;
    this.service = facts.service;
    this.operation = facts.operation;
    this.providerCode = facts.providerCode;
    this.status = facts.status;
    this.requestId = facts.requestId;
  }
}

/** True when the provider certainly did not act on the call. */
export function certainlyNotDone(error: ProviderError): boolean {
  return error.kind !== "no-answer" && error.kind !== "unavailable";
}

/** Runs a read whose expected absence (`NoSuchBucketPolicy`, 404) is a state and not an error: null. */
export async function orAbsent<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ProviderError && error.kind === "missing") return null;
    throw error;
  }
}
