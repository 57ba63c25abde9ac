import type { PipelinePolicy, PipelineRequest, PipelineResponse, SendRequest } from "@azure/core-rest-pipeline";
import { type Admission, type CallName, type Gate, operationOf, serviceOf } from "../gate.ts";
import type { Lane } from "../lane.ts";
import { ProviderError } from "../provider-error.ts";
import { errorOf, failedOperation, retryAfterMs } from "./answer.ts";
import { type AzureCallName, classifyAnswer, classifyFailure, classifyOperation } from "./classify.ts";

export const ARM = "management.azure.com";

/** Where the service lets a long-running operation be watched. Nothing can be changed there. */
const OPERATION = /^\/subscriptions\/[^/]+\/providers\/[^/]+\/locations\/[^/]+\/operation(s|results|status(es)?)\/[^/]+$/i;

type AzureCall = CallName & { readonly kind: "azure" };

/** Reads and writes have limits of their own: a read that is throttled must not keep a containment waiting. */
export type AzureLanes = { readonly reads: Lane; readonly writes: Lane };

/**
 * The outermost policy of a client's pipeline: it asks the scope, waits for its turn in the lane, sends, records. What comes out
 * is an answer of success, or a ProviderError. A poll waits, by the scope's clock, as long as the answer before it asked.
 */
export function guard(gate: Gate, subscription: string, lanes: AzureLanes): PipelinePolicy {
  const notBefore = new Map<string, number>();
  return {
    name: "soc2ErGuard",
    async sendRequest(request, next) {
      const url = new URL(request.url);
      const call: AzureCall = { kind: "azure", method: request.method, path: url.pathname, subscription };
      const name = { service: serviceOf(call), operation: operationOf(call) };
      if (!isOurs(url, subscription)) throw elsewhere(url, name);
      const polls = request.method === "GET" && OPERATION.test(url.pathname);
      const admission = polls ? { write: false, dryRun: false } : gate.admit(call);
      request.abortSignal = request.abortSignal
        ? AbortSignal.any([gate.signal, request.abortSignal as AbortSignal])
        : gate.signal;
      if (polls) await pause(gate, (notBefore.get(url.pathname) ?? 0) - gate.clock.monotonic());
      const response = await (admission.write ? lanes.writes : lanes.reads).run({
        write: admission.write,
        urgent: gate.kind === "write",
        signal: gate.signal,
        name,
        attempt: () => attempt({ gate, call, admission, name }, request, next),
      });
      notBefore.set(pollPath(response, url), gate.clock.monotonic() + (retryAfterMs(response, gate.clock) ?? 0));
      const failed = polls ? failedOperation(response) : null;
      if (failed) throw classifyOperation({ ...failed, status: response.status, requestId: requestIdOf(response) }, name);
      return response;
    },
  };
}

type Attempt = {
  readonly gate: Gate;
  readonly call: AzureCall;
  readonly admission: Admission;
  readonly name: AzureCallName;
};

async function attempt(
  { gate, call, admission, name }: Attempt,
  request: PipelineRequest,
  next: SendRequest,
): Promise<PipelineResponse> {
  let response: PipelineResponse;
  try {
    response = await next(request);
  } catch (error) {
    gate.record(call, admission, { ok: false, requestId: null });
    throw error instanceof ProviderError ? error : classifyFailure(error, name);
  }
  const requestId = requestIdOf(response);
  const { status } = response;
  const ok = status >= 200 && status < 300;
  gate.record(call, admission, { ok, requestId });
  const error = errorOf(response);
  if (ok && error.readable) return response;
  const failure = classifyAnswer({ status, requestId, ...error }, name);
  if (failure.kind === "throttled") await pause(gate, retryAfterMs(response, gate.clock) ?? 0);
  throw failure;
}

function requestIdOf({ headers }: PipelineResponse): string | null {
  return headers.get("x-ms-request-id") ?? headers.get("x-ms-arm-service-request-id") ?? null;
}

/** A stop cuts the pause short; the lane then sends nothing more. */
async function pause({ clock, signal }: Gate, ms: number): Promise<void> {
  if (ms > 0) await clock.sleep(ms, signal).catch(() => undefined);
}

function isOurs(url: URL, subscription: string): boolean {
  const here = url.host === ARM || url.host.endsWith(`.${ARM}`);
  return (
    url.protocol === "https:" && here && url.pathname.toLowerCase().startsWith(`/subscriptions/${subscription.toLowerCase()}/`)
  );
}

/** Only a link of the service's own answers (a next page, an operation) can lead there; our token must not follow. */
function elsewhere(url: URL, name: AzureCallName): ProviderError {
  return new ProviderError("unsupported", {
    ...name,
    providerCode: "LeadsElsewhere",
    status: null,
    requestId: null,
    message: `refused before it left: "${url.origin}${url.pathname}" is outside of this subscription`,
  });
}

function pollPath({ headers }: PipelineResponse, asked: URL): string {
  const link = headers.get("azure-asyncoperation") ?? headers.get("location");
  return link !== undefined && URL.canParse(link) ? new URL(link).pathname : asked.pathname;
}
