import { randomUUID } from "node:crypto";
import type { HttpClient, PipelineRequest, PipelineResponse } from "@azure/core-rest-pipeline";
import type { JsonObject } from "../../../model/index.ts";
import { answerRecorded } from "../call-record.ts";
import { type Fault, type KillMoment, type ProcessFaults, takeFault } from "../faults.ts";
import type { Transaction, World } from "../world.ts";
import { type ArmAnswer, ArmFault, type ArmRequest, bodyOf, broken, forbidden, tooMany } from "./answer.ts";
import { routeOf } from "./routes.ts";

export type AzureFrontOptions = {
  readonly world: World;
  readonly faults: ProcessFaults;
  /** Ends the process without cleaning up; for crash tests. */
  readonly kill: ((moment: KillMoment) => void) | null;
};

/** Loaded by the first request: most commands have none. */
const pipeline = () => import("@azure/core-rest-pipeline");
type Pipeline = Awaited<ReturnType<typeof pipeline>>;

/** The simulated ARM: one durable transaction per request, with the faults that are due. No socket is opened. */
export function createAzureFront({ world, faults, kill }: AzureFrontOptions): HttpClient {
  const act = (who: string, request: PipelineRequest, fault: Fault | null): ArmAnswer =>
    answered(() => {
      const work = (tx: Transaction): ArmAnswer => {
        const answer = answerTo(tx, request, fault);
        if (fault?.kind === "kill" && fault.moment === "during") kill?.("during");
        return answer;
      };
      const record = { who, operation: `azure:${request.method}`, dryRun: false };
      return answerRecorded(world, record, work, (error) => (error instanceof ArmFault ? error.code : null));
    });

  async function nextFault(operation: string, sdk: Pipeline): Promise<Fault | null> {
    for (;;) {
      const fault = faults.take(operation) ?? world.transact((tx) => takeFault(tx, operation));
      if (fault?.kind === "delay") await world.clock.sleep(fault.ms);
      else if (fault?.kind === "arm-move")
        for (const { method, path, body } of fault.requests) act("somebody-else", foreign(method, path, body, sdk), null);
      else return fault;
    }
  }

  return {
    async sendRequest(request) {
      const sdk = await pipeline();
      if (request.abortSignal?.aborted) throw noAnswer(request, sdk);
      const fault = await nextFault(`azure:${request.method}`, sdk);
      if (fault?.kind === "lost-request") throw noAnswer(request, sdk);
      if (fault?.kind === "kill" && fault.moment === "before") kill?.("before");
      const answer = act("soc2-er", request, fault);
      if (fault?.kind === "kill" && fault.moment === "after") kill?.("after");
      if (fault?.kind === "lost-response") throw noAnswer(request, sdk);
      return sent(request, fault?.kind === "unavailable-after" ? broken().answer : answer, sdk);
    },
  };
}

function answerTo(tx: Transaction, request: PipelineRequest, fault: Fault | null): ArmAnswer {
  const asked = read(tx, request, fault?.kind === "operation-fails");
  const { route, names } = routeOf(asked);
  if (fault?.kind === "denied") throw forbidden(route.action, asked.path);
  if (fault?.kind === "throttled") throw tooMany(names["subscription"] ?? "");
  if (fault?.kind === "unavailable") throw broken();
  return route.answer(asked, names);
}

function read(tx: Transaction, request: PipelineRequest, fails: boolean): ArmRequest {
  const url = new URL(request.url);
  if (url.searchParams.get("api-version") === null) {
    throw new ArmFault(
      400,
      "MissingApiVersionParameter",
      "The api-version query parameter (?api-version=) is required for all requests.",
    );
  }
  return {
    tx,
    method: request.method,
    origin: url.origin,
    path: url.pathname,
    segments: url.pathname.split("/").slice(1).map(decodeURIComponent),
    query: url.searchParams,
    ifMatch: request.headers.get("if-match") ?? null,
    ifNoneMatch: request.headers.get("if-none-match") ?? null,
    body: request.method === "PUT" ? bodyOf(String(request.body ?? "")) : {},
    fails,
  };
}

function answered(work: () => ArmAnswer): ArmAnswer {
  try {
    return work();
  } catch (error) {
    if (error instanceof ArmFault) return error.answer;
    throw error;
  }
}

function sent(request: PipelineRequest, { status, headers, body }: ArmAnswer, { createHttpHeaders }: Pipeline): PipelineResponse {
  const requestId = randomUUID();
  return {
    request,
    status,
    headers: createHttpHeaders({
      ...(body === undefined ? {} : { "content-type": "application/json; charset=utf-8" }),
      "x-ms-request-id": requestId,
      "x-ms-correlation-request-id": requestId,
      ...headers,
    }),
    bodyAsText: body === undefined ? "" : JSON.stringify(body),
  };
}

function foreign(
  method: "PUT" | "DELETE",
  path: string,
  body: JsonObject | undefined,
  { createPipelineRequest }: Pipeline,
): PipelineRequest {
  const url = `https://management.azure.com${path}?api-version=2026-01-01`;
  return createPipelineRequest({ url, method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
}

/** What the SDK throws when no answer comes: nobody knows whether the request was acted on. */
function noAnswer(request: PipelineRequest, { RestError }: Pipeline): Error {
  return new RestError("socket hang up: the connection timed out", { code: "ECONNRESET", request });
}
