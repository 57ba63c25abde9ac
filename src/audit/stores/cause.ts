import { StoreError } from "./store.ts";

/** The name of what S3 answered; empty for anything else. */
export function causeName(error: unknown): string {
  return error instanceof StoreError && error.cause instanceof Error ? error.cause.name : "";
}

/** The HTTP status of what S3 answered; 0 for anything else. */
export function causeStatus(error: unknown): number {
  if (!(error instanceof StoreError)) return 0;
  return (error.cause as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode ?? 0;
}
