import { createHttpHeaders, type HttpClient, type PipelineRequest } from "@azure/core-rest-pipeline";
import type { Clock } from "../../src/model/index.ts";
import { type Permission, type ScopeFactory, simulatedProviders, type WriteScope } from "../../src/providers/index.ts";
import { handClock } from "../range/open.ts";

export const SUBSCRIPTION = "00000000-0000-0000-0000-000000000000";
export const GROUP_PATH =
  "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/networkSecurityGroups/{nsg}";
export const RULE_PATH = `${GROUP_PATH}/securityRules/{rule}`;

const ACTION = "Microsoft.Network/networkSecurityGroups";
export const READ: readonly Permission[] = [
  { method: "GET", path: GROUP_PATH, azureAction: `${ACTION}/read` },
  { method: "GET", path: RULE_PATH, azureAction: `${ACTION}/securityRules/read` },
];
export const WRITE: readonly Permission[] = [
  { method: "PUT", path: RULE_PATH, azureAction: `${ACTION}/securityRules/write` },
  { method: "DELETE", path: RULE_PATH, azureAction: `${ACTION}/securityRules/delete` },
];

export const DENY = {
  protocol: "*",
  access: "Deny",
  priority: 100,
  direction: "Inbound",
  sourceAddressPrefix: "203.0.113.7",
  sourcePortRange: "*",
  destinationAddressPrefix: "*",
  destinationPortRange: "*",
};

export type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
};
export type Asked = {
  readonly method: string;
  readonly url: URL;
  readonly headers: Record<string, string>;
  readonly body: unknown;
};

/** Answers in order; a function may throw what a connection throws. Once it runs out, it fails. */
export function double(answers: readonly (Answer | ((request: PipelineRequest) => Answer))[]): {
  readonly client: HttpClient;
  readonly asked: Asked[];
} {
  const left = [...answers];
  const asked: Asked[] = [];
  const client: HttpClient = {
    async sendRequest(request) {
      const { method, url, headers, body } = request;
      asked.push({
        method,
        url: new URL(url),
        headers: headers.toJSON(),
        body: typeof body === "string" ? JSON.parse(body) : null,
      });
      const next = left.shift();
      if (next === undefined) throw new Error(`not expected: ${method} ${url}`);
      const answer = typeof next === "function" ? next(request) : next;
      return {
        request,
        status: answer.status,
        headers: createHttpHeaders(answer.headers),
        bodyAsText: typeof answer.body === "string" ? answer.body : answer.body === undefined ? "" : JSON.stringify(answer.body),
      };
    },
  };
  return { client, asked };
}

export type Opened = {
  readonly scopes: ScopeFactory;
  readonly scope: WriteScope;
  readonly asked: Asked[];
  readonly tokens: string[];
  readonly clock: Clock & { advance(ms: number): void };
  readonly stop: AbortController;
};

export function opened(answers: Parameters<typeof double>[0]): Opened {
  const { client, asked } = double(answers);
  return { ...openedOver(client), asked };
}

export function openedOver(client: HttpClient): Omit<Opened, "asked"> {
  const clock = handClock();
  const stop = new AbortController();
  const tokens: string[] = [];
  const nothing = async (): Promise<never> => {
    throw new Error("nobody asks here");
  };
  const transport = { name: "double", clock, effects: { ask: nothing } as never, aws: nothing, azure: client };
  const scopes = simulatedProviders(transport, { userAgent: { version: "1.2.3" } }).scopes({
    signal: stop.signal,
    incident: "INC-7",
    run: "R-1",
  });
  const scope = scopes.write({ read: READ, write: WRITE }, async (token) => {
    tokens.push(token);
  });
  return { scopes, scope, tokens, clock, stop };
}

export function armError(status: number, code: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { "x-ms-request-id": `r-${code}`, ...headers }, body: { error: { code, message: `said ${code}` } } };
}
