import type { AuditReader } from "../audit/index.ts";
import type { Digest } from "../model/index.ts";

/** The batches of this machine that statements say their signers had seen; one that it lacks is not in there. */
export async function batchesSeen(
  log: Pick<AuditReader, "batch">,
  statements: readonly string[],
): Promise<ReadonlyMap<number, Digest>> {
  const found = new Map<number, Digest>();
  for (const statement of statements) {
    const number = /^seen: (0|[1-9][0-9]{0,11}) /m.exec(statement)?.[1];
    const digest = number === undefined ? null : await log.batch(Number(number));
    if (digest !== null) found.set(Number(number), digest);
  }
  return found;
}
