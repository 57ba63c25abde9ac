import type { Outcome, Receipt } from "../model/index.ts";
import { ErError } from "../model/index.ts";
import { certainlyNotDone, ProviderError } from "../providers/index.ts";

/** What a failed call amounts to. Our own refusals (a guard, a limit) are refusals too; anything else is a defect and is thrown on. */
export function outcomeOf(error: unknown, receipts: readonly Receipt[]): Outcome {
  if (error instanceof ProviderError) {
    const why = `${error.kind}: ${error.providerCode || error.message}`;
    // A receipt from an earlier call of the same change means that something was done: only a look can tell what.
    if (certainlyNotDone(error) && receipts.length === 0) return { status: "refused", why, receipts };
    return { status: "unknown", why, receipts };
  }
  if (error instanceof ErError && error.code !== "internal" && error.code !== "read-only") {
    return { status: receipts.length === 0 ? "refused" : "unknown", why: `${error.code}: ${error.message}`, receipts };
  }
  throw error;
}

/** True when the containment (or the restored state) may be in place. */
export function mayHold(outcome: Outcome): boolean {
  return outcome.status === "applied" || outcome.status === "unchanged" || outcome.status === "unknown";
}
