import type { Readable } from "node:stream";
import { type Clock, within } from "../../model/index.ts";

type Answer = { readonly response: { body?: unknown } };
type Next = (args: object) => Promise<Answer>;
type Stack = {
  add(middleware: never, options: { readonly step: "deserialize"; readonly name: string; readonly priority: "low" }): void;
};

/**
 * The SDK's own time limit ends with the answer's headers; this one covers the body, which may stop halfway or never end. Nothing
 * that we ask for is large: the whole of it is read before the SDK looks at it. Errors of a call: DeadlineError.
 */
export function boundAnswers(client: { readonly middlewareStack: unknown }, clock: Clock, deadlineMs: number): void {
  const whole = (next: Next) => async (args: object) => {
    const answer = await next(args);
    const { body } = answer.response;
    if (isStream(body))
      answer.response.body = await within(clock, deadlineMs, () => read(body)).catch((error) => giveUp(body, error));
    return answer;
  };
  (client.middlewareStack as Stack).add(whole as never, { step: "deserialize", name: "soc2ErWholeAnswer", priority: "low" });
}

function isStream(body: unknown): body is Readable {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body && "destroy" in body;
}

/** A stream again, because that is what the SDK takes. */
async function read(body: Readable): Promise<Readable> {
  const { Readable } = await import("node:stream");
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return Readable.from(parts.length === 0 ? [] : [Buffer.concat(parts)], { objectMode: false });
}

function giveUp(body: Readable, error: unknown): never {
  body.destroy();
  throw error;
}
