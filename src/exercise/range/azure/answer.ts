import type { Json, JsonObject } from "../../../model/index.ts";
import type { Transaction } from "../world.ts";

/** A request as ARM reads it: the path's segments as they were sent, without the version of the API. */
export type ArmRequest = {
  readonly tx: Transaction;
  readonly method: string;
  readonly origin: string;
  readonly path: string;
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly ifMatch: string | null;
  readonly ifNoneMatch: string | null;
  readonly body: JsonObject;
  /** The operation that it begins is accepted and fails. */
  readonly fails: boolean;
};
export type ArmAnswer = { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: Json };

/** A refusal. The network provider explains itself in `details`, if only by an empty list; what stands before it does not. */
export class ArmFault extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: readonly { readonly code: string; readonly message: string }[] | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    more: { details?: ArmFault["details"]; headers?: ArmFault["headers"] } = {},
  ) {
    super(message);
    this.name = "ArmFault";
    this.status = status;
    this.code = code;
    this.details = more.details === undefined ? [] : more.details;
    this.headers = more.headers ?? {};
  }

  get answer(): ArmAnswer {
    const { status, code, message, details, headers } = this;
    const explained = details === null ? {} : { details: details.map((detail) => ({ ...detail })) };
    return { status, headers, body: { error: { code, message, ...explained } } };
  }
}

/** What the resource manager itself refuses, before it asks the network provider. */
function atTheGate(status: number, code: string, message: string, headers: ArmFault["headers"] = {}): ArmFault {
  return new ArmFault(status, code, message, { details: null, headers: { "x-ms-failure-cause": "gateway", ...headers } });
}

export function groupNotFound(group: string): ArmFault {
  return atTheGate(404, "ResourceGroupNotFound", `Resource group '${group}' could not be found.`);
}

export function resourceNotFound(type: string, name: string, group: string): ArmFault {
  return atTheGate(
    404,
    "ResourceNotFound",
    `The Resource '${type}/${name}' under resource group '${group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
}

export function forbidden(action: string, scope: string): ArmFault {
  return atTheGate(
    403,
    "AuthorizationFailed",
    `The client 'soc2-er' with object id '5c1e0000-0000-4000-8000-00000000e125' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  );
}

export function tooMany(subscription: string): ArmFault {
  return atTheGate(
    429,
    "SubscriptionRequestsThrottled",
    `Number of requests for subscription '${subscription}' exceeded the limit for time interval '00:05:00'. Please try again after '1' seconds.`,
    { "retry-after": "1" },
  );
}

export function broken(): ArmFault {
  return new ArmFault(500, "InternalServerError", "An error occurred.");
}

/** Errors: 400 as ARM words a body that is no JSON object. */
export function bodyOf(text: string): JsonObject {
  try {
    const body: unknown = text === "" ? {} : JSON.parse(text);
    if (typeof body === "object" && body !== null && !Array.isArray(body)) return body as JsonObject;
  } catch {
    // Told below: there is nothing more to say about it.
  }
  throw new ArmFault(400, "InvalidRequestContent", "The request content was invalid and could not be deserialized.");
}
