import type { HttpClient } from "@azure/core-rest-pipeline";
import { type Clock, within } from "../../model/index.ts";

/** The SDK's own time limit ends with the answer's headers; this one covers the body. */
export function bounded(client: HttpClient, clock: Clock, ms: number): HttpClient {
  return {
    async sendRequest(request) {
      const given = request.abortSignal as AbortSignal | undefined;
      try {
        return await within(clock, ms, (late) => {
          request.abortSignal = given ? AbortSignal.any([given, late]) : late;
          return client.sendRequest(request);
        });
      } finally {
        if (given) request.abortSignal = given;
        else delete request.abortSignal;
      }
    },
  };
}
