import type { TokenCredential } from "@azure/identity";
import { type Clock, within } from "../../model/index.ts";

/** The Azure CLI alone may take seconds; past this time nobody is going to give a token. */
const PATIENCE_MS = 30_000;
/** A token is renewed this long before it ends. */
const RENEW_MS = 300_000;

/** No token was given: nothing left. */
export class CredentialError extends Error {
  constructor(cause: unknown) {
    super(`no credential for Azure: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = "CredentialError";
  }
}

export type AzureIdentity = {
  readonly tenant?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
};

/**
 * What this machine has: environment, workload identity, managed identity, Azure CLI, in this order. The first that gives a token
 * is kept, and so is the token: the Azure CLI starts a process for each. Errors: CredentialError.
 */
export function liveCredential(identity: AzureIdentity): TokenCredential {
  let chain: Promise<TokenCredential> | null = null;
  return kept(identity.clock, async (scopes, options) => {
    chain ??= chained(identity);
    return (await chain).getToken(scopes, options);
  });
}

type Token = Awaited<ReturnType<TokenCredential["getToken"]>>;
type Kept = { readonly asked: Promise<Token>; renewAt: number };

/** Asks once for all that wait, and again shortly before the token ends. Errors: CredentialError. */
export function kept(clock: Clock, ask: TokenCredential["getToken"]): TokenCredential {
  const tokens = new Map<string, Kept>();
  return {
    getToken(scopes, options = {}) {
      const key = JSON.stringify([scopes, options.tenantId]);
      const known = tokens.get(key);
      // A challenge (`claims`) means that the token was turned down.
      if (known && options.claims === undefined && clock.now() < known.renewAt) return known.asked;
      const asked = within(clock, PATIENCE_MS, (abortSignal) => ask(scopes, { ...options, abortSignal })).catch((error) => {
        throw new CredentialError(error);
      });
      const fresh: Kept = { asked, renewAt: Number.POSITIVE_INFINITY };
      tokens.set(key, fresh);
      const renew = (token: Token): void => {
        fresh.renewAt = (token?.expiresOnTimestamp ?? 0) - RENEW_MS;
      };
      asked.then(renew, () => renew(null));
      return asked;
    },
  };
}

/** In the order in which they are asked. */
export async function sources({ tenant, env }: Omit<AzureIdentity, "clock">): Promise<readonly TokenCredential[]> {
  const identity = await import("@azure/identity");
  const ofTenant = tenant === undefined ? {} : { tenantId: tenant };
  const clientId = env["AZURE_CLIENT_ID"];
  // The SDK refuses to make this one where the cluster did not prepare it.
  const prepared = env["AZURE_FEDERATED_TOKEN_FILE"] && clientId && (tenant ?? env["AZURE_TENANT_ID"]);
  // Without the probe a machine that has no managed identity is found out only by a time-out.
  const managed = { sendProbeRequest: true, ...(clientId ? { clientId } : {}) };
  return [
    new identity.EnvironmentCredential(),
    ...(prepared ? [new identity.WorkloadIdentityCredential(ofTenant)] : []),
    new identity.ManagedIdentityCredential(managed),
    new identity.AzureCliCredential({ ...ofTenant, processTimeoutInMs: PATIENCE_MS }),
  ];
}

async function chained(identity: AzureIdentity): Promise<TokenCredential> {
  const { ChainedTokenCredential } = await import("@azure/identity");
  return new ChainedTokenCredential(...(await sources(identity)));
}
