import type { HttpClient, Pipeline, PipelinePolicy, PipelineResponse } from "@azure/core-rest-pipeline";
import { within } from "../../model/index.ts";
import { type AzureAccess, type AzureAccount, azureAccess } from "./azure-access.ts";

/** Knows immutability and versions. */
const API = "2021-12-02";
const SAID = 200;

/** The service said no. `code` is its own. */
export class AzureRefusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message === "" ? code : `${code}: ${message}`);
    this.name = code;
    this.status = status;
    this.code = code;
  }
}

export type AzureRequest = {
  readonly method: "GET" | "HEAD" | "PUT";
  /** Below the account's endpoint, with its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** How much of the answer's body is read. */
  readonly most: number;
};

export type AzureAnswer = { readonly header: (name: string) => string | undefined; readonly body: Buffer };

/** Requests to one account's Blob service. Each is sent once and ends within the deadline. */
export class AzureRequests {
  readonly #account: AzureAccount;
  readonly #deadlineMs: number;
  readonly #access: AzureAccess;
  #connected: Promise<{ pipeline: Pipeline; client: HttpClient }> | null = null;

  constructor(account: AzureAccount, deadlineMs: number) {
    this.#account = account;
    this.#deadlineMs = deadlineMs;
    this.#access = azureAccess(account);
  }

  /** Errors: AzureRefusal, and what the network says. */
  async send({ method, path, headers = {}, body, most }: AzureRequest): Promise<AzureAnswer> {
    const { createPipelineRequest } = await import("@azure/core-rest-pipeline");
    this.#connected ??= connect(this.#access);
    const { pipeline, client } = await this.#connected;
    return within(this.#account.clock, this.#deadlineMs, async (abortSignal) => {
      const request = createPipelineRequest({
        url: `${this.#access.endpoint}/${path}`,
        method,
        abortSignal,
        allowInsecureConnection: this.#access.endpoint.startsWith("http:"),
        // All of them: of what the service did not mean to send, no more is read either.
        streamResponseStatusCodes: new Set([Number.POSITIVE_INFINITY]),
        ...(body === undefined ? {} : { body }),
      });
      request.headers.set("x-ms-version", API);
      if (body !== undefined) request.headers.set("content-length", String(body.length));
      for (const [name, value] of Object.entries(headers)) request.headers.set(name, value);
      const response = await pipeline.sendRequest(client, request);
      const content = await startOf(response, most);
      if (response.status < 200 || response.status > 299) throw refusalOf(response, content);
      return { header: (name) => response.headers.get(name), body: content };
    });
  }
}

/** The SDK's pipeline has what a company's network needs (proxies); that something is sent again is not for it to decide. */
async function connect(access: AzureAccess): Promise<{ pipeline: Pipeline; client: HttpClient }> {
  const { createDefaultHttpClient, createPipelineFromOptions } = await import("@azure/core-rest-pipeline");
  const pipeline = createPipelineFromOptions({ userAgentOptions: { userAgentPrefix: "soc2-er" } });
  for (const name of ["defaultRetryPolicy", "redirectPolicy"]) pipeline.removePolicy({ name });
  const authorized: PipelinePolicy = {
    name: "soc2ErAuthorize",
    async sendRequest(request, next) {
      await access.authorize(request);
      return next(request);
    },
  };
  // After all that adds to what is signed.
  pipeline.addPolicy(authorized, { phase: "Sign" });
  return { pipeline, client: createDefaultHttpClient() };
}

/** Leaves the stream once it has enough: an object may be larger than memory. */
async function startOf({ readableStreamBody }: PipelineResponse, most: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (readableStreamBody ?? []) as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= most) break;
  }
  return Buffer.concat(chunks).subarray(0, most);
}

/** The code is in a header, where a HEAD has it too; what is said to people is in the body. */
function refusalOf({ status, headers }: PipelineResponse, body: Buffer): AzureRefusal {
  const message = /<Message>([^<\n]*)/.exec(body.toString())?.[1] ?? "";
  return new AzureRefusal(status, headers.get("x-ms-error-code") ?? `status ${status}`, message.slice(0, SAID));
}
