import type { NetworkManagementClient } from "@azure/arm-network";
import type { Clock } from "../../model/index.ts";
import { ProviderError } from "../provider-error.ts";
import type { ReadScope, WriteScope } from "../scope.ts";
import { OperationFailed } from "./classify.ts";

/** Between two looks at an operation, twice as long each time; where an answer asks for more, the client waits by itself. */
const FIRST_POLL_MS = 250;
const LONGEST_POLL_MS = 1_000;
/** An operation on a security group ends within seconds; after this long only a look at the resource can tell. */
const PATIENCE_MS = 600_000;

/** What the SDK's pollers have. To `await` one makes it poll by itself, with real timers: hand it over as it is. */
export type AzureOperation<T> = {
  readonly isDone: boolean;
  readonly result: T | undefined;
  serialize(): Promise<string>;
  poll(): Promise<unknown>;
};

/**
 * Sends a write and follows it to its end, as an action's `apply` does:
 *
 *     const client = await scope.azure(subscription);
 *     await settled(scope, client.securityRules.createOrUpdate(group, nsg, rule, wanted, { requestOptions: { headers } }));
 *
 * What is still running after the first answer is made durable through `scope.progress`; another process follows it with `resumed`.
 * Errors: what the write was refused with; OperationFailed when it was accepted and failed; `no-answer` when it could not be followed.
 */
export async function settled<T>(scope: WriteScope, operation: AzureOperation<T>): Promise<T | undefined> {
  const token = await operation.serialize();
  if (!operation.isDone) await scope.progress(token);
  await follow(scope, operation);
  return operation.result;
}

/** Follows what `settled` began in another process. Resolves when it has ended, however it ended. */
export async function resumed(scope: ReadScope, client: NetworkManagementClient, token: string): Promise<void> {
  const { restorePoller } = await import("@azure/arm-network");
  try {
    // The SDK finds the operation by the request in the token; the one named here is not called.
    await follow(scope, restorePoller(client, token, client.securityRules.createOrUpdate));
  } catch (error) {
    if (!(error instanceof OperationFailed) && !isForgotten(error)) throw error;
  }
}

async function follow(
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  operation: AzureOperation<unknown>,
) {
  const began = clock.monotonic();
  let wait = FIRST_POLL_MS;
  while (!operation.isDone) {
    await operation.poll();
    if (operation.isDone) return;
    if (clock.monotonic() - began > PATIENCE_MS)
      throw stillRunning(`still running after ${PATIENCE_MS / 60_000} min`, "StillRunning");
    await clock.sleep(wait, signal).catch((error) => {
      throw stillRunning("stopped while the operation was running", "Aborted", error);
    });
    wait = Math.min(2 * wait, LONGEST_POLL_MS);
  }
}

/** The service keeps no record of an operation for longer than a day; and a resource that is gone has no write on it. */
function isForgotten(error: unknown): boolean {
  return error instanceof ProviderError && error.kind === "missing";
}

function stillRunning(message: string, providerCode: string, cause?: unknown): ProviderError {
  const facts = { service: "azure.network", operation: "GET operations", status: null, requestId: null };
  return new ProviderError("no-answer", { ...facts, providerCode, message, cause });
}
