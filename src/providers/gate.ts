import { AsyncLocalStorage } from "node:async_hooks";
import { type Clock, defect, ErError, instant, type Receipt } from "../model/index.ts";
import type { AwsPermission, AwsService, AzurePermission } from "./permission.ts";
import type { ScopeGrant } from "./scope.ts";

/** One call as the guard saw it: for --debug, tests, and "a dry run wrote nothing". Kept whether or not it left. */
export type RequestRecord = {
  /** `aws.s3` or `azure.network` */
  readonly service: string;
  readonly operation: string;
  readonly write: boolean;
  /** Sent with the provider's own dry-run flag, which changes nothing. */
  readonly dryRun: boolean;
  readonly account: string;
  readonly region: string;
  readonly requestId: string | null;
  readonly ok: boolean;
};

export type CallName =
  | {
      readonly kind: "aws";
      readonly service: AwsService;
      readonly operation: string;
      readonly account: string;
      readonly region: string;
    }
  | { readonly kind: "azure"; readonly method: string; readonly path: string; readonly subscription: string };

/** What the guard rules of a call: whether it changes something, and whether it may leave only with the dry-run flag. */
export type Admission = { readonly write: boolean; readonly dryRun: boolean };

/**
 * The guard of one scope. Every client asks it before each call and tells it of each answer; it knows nothing of SDKs.
 * It is the only judge of reads and writes: what a scope was not opened for never leaves.
 */
export class Gate {
  readonly kind: "read" | "write" | "probe";
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly receipts: Receipt[] = [];
  readonly #grant: ScopeGrant;
  readonly #requests: RequestRecord[] | null;

  constructor(
    kind: "read" | "write" | "probe",
    grant: ScopeGrant,
    shared: { readonly clock: Clock; readonly signal: AbortSignal; readonly requests: RequestRecord[] | null },
  ) {
    this.kind = kind;
    this.#grant = grant;
    this.clock = shared.clock;
    this.signal = shared.signal;
    this.#requests = shared.requests;
  }

  /** Errors: `read-only` for an operation that the scope was not opened for. */
  admit(call: CallName): Admission {
    if (this.#grant.read.some((permission) => matches(permission, call))) return { write: false, dryRun: false };
    const declared = this.#grant.write.some((permission) => matches(permission, call));
    if (declared && this.kind === "write") return { write: true, dryRun: false };
    // Only EC2 honors a dry-run flag; elsewhere a probe has nothing that it could send.
    if (declared && this.kind === "probe" && call.kind === "aws" && call.service === "ec2") return { write: true, dryRun: true };
    throw new ErError(
      "read-only",
      `refused before it left: "${describe(call)}" is not what this ${this.kind} scope was opened for`,
      {
        hints: ["declare the operation in the action's permissions, if it belongs there"],
        detail: call,
      },
    );
  }

  /** After an answer or a failure; an answered mutating call leaves a receipt. */
  record(call: CallName, admission: Admission, answer: { readonly ok: boolean; readonly requestId: string | null }): void {
    const { ok, requestId } = answer;
    const place =
      call.kind === "aws" ? { account: call.account, region: call.region } : { account: call.subscription, region: "global" };
    this.#requests?.push({ service: serviceOf(call), operation: operationOf(call), ...admission, ...place, requestId, ok });
    if (ok && admission.write && !admission.dryRun)
      this.receipts.push({ operation: describe(call), requestId: requestId ?? "", at: instant(this.clock.now()) });
  }
}

export function serviceOf(call: CallName): string {
  return call.kind === "aws" ? `aws.${call.service}` : "azure.network";
}

/** `PutBucketPolicy`, or for Azure the method and the kind of resource: `PUT securityRules`. */
export function operationOf(call: CallName): string {
  if (call.kind === "aws") return call.operation;
  const segments = call.path.split("/").filter((segment) => segment !== "");
  const named =
    segments.lastIndexOf("Microsoft.Network") >= 0 ? segments.slice(segments.lastIndexOf("Microsoft.Network") + 1) : segments;
  const kinds = named.filter((_, index) => index % 2 === 0);
  return `${call.method} ${kinds.at(-1) ?? call.path}`;
}

function describe(call: CallName): string {
  return `${serviceOf(call)} ${operationOf(call)}`;
}

function matches(permission: AwsPermission | AzurePermission, call: CallName): boolean {
  if (call.kind === "aws")
    return "service" in permission && permission.service === call.service && permission.operation === call.operation;
  return "method" in permission && permission.method === call.method && samePath(permission.path, call.path);
}

/** Azure paths compare without case; `{name}` stands for one segment. */
function samePath(pattern: string, path: string): boolean {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return false;
  return wanted.every((segment, index) => {
    const other = given[index] ?? "";
    return segment.startsWith("{") ? other !== "" : segment.toLowerCase() === other.toLowerCase();
  });
}

const current = new AsyncLocalStorage<Gate>();

/** Runs a client's call under a scope's guard. A client that is used outside of one refuses everything. */
export function under<T>(gate: Gate, work: () => Promise<T>): Promise<T> {
  return current.run(gate, work);
}

export function currentGate(): Gate {
  return current.getStore() ?? defect("a cloud client was called outside of a scope");
}
