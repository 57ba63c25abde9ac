import type { CallRecord, Transaction, World } from "./world.ts";

/**
 * Answers a call in one transaction and records it there; a refusal, which leaves nothing else behind, is recorded in one of its
 * own. `codeOf` says what a thrown refusal is called; null is for what is no answer at all, and is not recorded.
 */
export function answerRecorded<T>(
  world: World,
  call: Pick<CallRecord, "who" | "operation" | "dryRun">,
  work: (tx: Transaction) => T,
  codeOf: (error: unknown) => string | null,
  trailOf: (answer: T, tx: Transaction) => CallRecord["trail"] | null = () => null,
): T {
  try {
    return world.transact((tx) => {
      const answer = work(tx);
      const trail = trailOf(answer, tx);
      tx.record({ ...call, answer: "ok", ...(trail ? { trail } : {}) });
      return answer;
    });
  } catch (error) {
    const code = codeOf(error);
    if (code !== null) world.transact((tx) => tx.record({ ...call, answer: code }));
    throw error;
  }
}
