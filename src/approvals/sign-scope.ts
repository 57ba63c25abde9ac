import {
  type Clock,
  type Digest,
  digestBytes,
  ErError,
  type GrantedScope,
  instant,
  newNonce,
  sayDuration,
} from "../model/index.ts";
import type { PersonSigner } from "../signing/index.ts";
import { type ScopeFacts, scopeStatement } from "./scope-statement.ts";
import { SKEW_MS } from "./sign.ts";

export const MAX_SCOPE_MS = 90 * 24 * 3_600_000;

export type ScopeOptions = Pick<
  ScopeFacts,
  "origin" | "runbook" | "runbookDigest" | "target" | "params" | "accounts" | "maxChanges" | "role" | "person"
> &
  Partial<Pick<ScopeFacts, "seen">> & {
    readonly signer: PersonSigner;
    readonly clock: Clock;
    /** From now to its end. */
    readonly forMs: number;
  };

/** Signs what a role allows in advance; `shown` sees the exact text first, and may throw. May ask the person for a touch. */
export async function signScope(
  { signer, clock, forMs, ...facts }: ScopeOptions,
  shown: (text: string) => Promise<void> = async () => undefined,
): Promise<GrantedScope["body"]> {
  const now = clock.now();
  if (!(forMs > 0 && forMs <= MAX_SCOPE_MS))
    throw new ErError("parameter-invalid", `a scope cannot hold for "${sayDuration(forMs)}": at most 90 days`, {
      hints: ["--expires 90d"],
    });
  // What it is dated back counts: from beginning to end it holds for 90 days at most.
  const notAfter = instant(now + Math.min(forMs, MAX_SCOPE_MS - SKEW_MS));
  const statement = scopeStatement({
    ...facts,
    key: signer.publicKey.fingerprint,
    notBefore: instant(now - SKEW_MS),
    notAfter,
    nonce: newNonce(),
    seen: facts.seen ?? null,
  });
  await shown(statement);
  const { runbook, role, person } = facts;
  const scope: Digest = digestBytes(Buffer.from(statement));
  const signature = await signer.sign("scope.soc2-er.v1", Buffer.from(statement));
  return { scope, runbook, role, person, expiresAt: notAfter, statement, signature };
}
