import { ErError, type ErrorCode } from "../model/index.ts";
import { ProviderError, type ProviderErrorKind } from "../providers/index.ts";

const CODES: Partial<Record<ProviderErrorKind, ErrorCode>> = {
  denied: "denied",
  unauthenticated: "unauthenticated",
  unreachable: "unreachable",
  unavailable: "unreachable",
  "no-answer": "unreachable",
  throttled: "unreachable",
  limit: "limit-exceeded",
};

/** A provider's refusal that reached the top, in the provider's own words; null when the error is none. */
export function fromProvider(error: unknown): ErError | null {
  if (!(error instanceof ProviderError)) return null;
  const code = CODES[error.kind] ?? "provider-error";
  const request = error.requestId === null ? "" : ` (request ${error.requestId})`;
  return new ErError(code, `${error.service} ${error.operation}: "${error.providerCode}" ${error.message}${request}`, {
    hints: ["soc2-er doctor"],
    cause: error,
  });
}
