import type { IncomingMessage } from "node:http";
import { type Clock, within } from "../../model/index.ts";
import { openAgents } from "../../providers/index.ts";
import { ForwardError, type ForwardSink } from "./sink.ts";

/** Of one request, from the look-up of the name to the end of the answer. */
const DEADLINE_MS = 5_000;

export type WebhookOptions = {
  readonly name: string;
  readonly id: string;
  readonly url: string;
  readonly format: ForwardSink["format"];
  readonly headers: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
};

/** Posts lines. Anything but a 2xx within the deadline is a failure; redirections are not followed: they would carry secrets along. */
export function webhookSink({ name, id, url, format, headers, clock, env }: WebhookOptions): ForwardSink {
  const post = async (body: Buffer, signal: AbortSignal): Promise<void> => {
    const { request } = url.startsWith("https:") ? await import("node:https") : await import("node:http");
    const { httpAgent, httpsAgent } = await openAgents(env);
    const agent = url.startsWith("https:") ? httpsAgent : httpAgent;
    const type = format === "csv" ? "text/csv; charset=utf-8" : "application/x-ndjson";
    try {
      const status = await new Promise<number>((resolve, reject) => {
        const sent = request(
          url,
          { method: "POST", agent, signal, headers: { ...headers, "content-type": type, "content-length": body.length } },
          (answer: IncomingMessage) => {
            answer.on("error", reject).on("end", () => resolve(answer.statusCode ?? 0));
            answer.resume();
          },
        );
        sent.on("error", reject).end(body);
      });
      if (status < 200 || status > 299) throw new ForwardError(`it answered ${status}`);
    } finally {
      httpAgent.destroy();
      httpsAgent.destroy();
    }
  };
  return {
    ...{ name, id, format },
    deliver: async (lines, signal) => {
      try {
        await within(clock, DEADLINE_MS, (late) => post(Buffer.from(lines.join("")), AbortSignal.any([signal, late])));
      } catch (error) {
        if (error instanceof ForwardError) throw error;
        throw new ForwardError(reasonOf(error), { cause: error });
      }
    },
  };
}

/** Without the address, which may hold a secret. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "it could not be reached";
  if (error.name === "DeadlineError") return error.message;
  return "code" in error && typeof error.code === "string"
    ? `it could not be reached (${error.code})`
    : "it could not be reached";
}
