import { ErError } from "../model/index.ts";
import type { AuditWriter } from "./types.ts";

/** Of real time: a backlog of hours is handed over within it, and a store that gives no answer ends it earlier. */
const PATIENCE_MS = 30_000;

/**
 * Before and after writing down what grants power, and before doing it. Where no store is configured there is nobody to ask.
 * Errors: `store-required` when the store that decides the order does not have all that this session wrote.
 */
export async function requireStore(log: AuditWriter, deed: string): Promise<void> {
  if ((await log.acknowledged(PATIENCE_MS)) !== "missing") return;
  const [deciding] = (await log.remote()).stores;
  const why = deciding?.reason ?? `it does not have everything after ${PATIENCE_MS / 1_000} s`;
  throw new ErError(
    "store-required",
    `${deed} waits for the audit log's store, and "${deciding?.name}" cannot be reached: ${why}`,
    {
      hints: ["soc2-er audit sync   # then the same command again", "soc2-er doctor"],
    },
  );
}
