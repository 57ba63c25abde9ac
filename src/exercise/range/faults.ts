import type { JsonObject } from "../../model/index.ts";
import type { AwsService } from "../../providers/index.ts";
import type { Transaction } from "./world.ts";

/** A call that somebody else makes, e.g. to move the world between plan and apply. */
export type ForeignCall = {
  readonly service: AwsService;
  readonly operation: string;
  readonly input: JsonObject;
  readonly account?: string;
  readonly region?: string;
};

/** A request of ARM that somebody else makes. `path` is a resource id. */
export type ForeignRequest = { readonly method: "PUT" | "DELETE"; readonly path: string; readonly body?: JsonObject };

type What =
  /** Refused as a call without permission. */
  | { readonly kind: "denied" }
  | { readonly kind: "throttled" }
  /** Times out without having been acted on. */
  | { readonly kind: "lost-request" }
  /** Acted on; the answer is lost, the caller sees a time-out. */
  | { readonly kind: "lost-response" }
  /** An answer 500 without having been acted on. */
  | { readonly kind: "unavailable" }
  /** An answer 500 although it was acted on. */
  | { readonly kind: "unavailable-after" }
  /** Waits (world milliseconds); the next fault that matches is looked at too. */
  | { readonly kind: "delay"; readonly ms: number }
  /** The process is killed: before acting, in the middle of it, or after acting and before the answer. */
  | { readonly kind: "kill"; readonly moment: KillMoment }
  /** Somebody else makes these calls first; the next fault that matches is looked at too. */
  | { readonly kind: "move"; readonly calls: readonly ForeignCall[] }
  /** The same with requests of ARM, for requests of ARM. */
  | { readonly kind: "arm-move"; readonly requests: readonly ForeignRequest[] }
  /** ARM accepts the write, and the operation that it begins fails. */
  | { readonly kind: "operation-fails" };

export type KillMoment = "before" | "during" | "after";

/**
 * Something that goes wrong with calls of one operation. `operation` is `service:Operation` (`iam:PutUserPolicy`), or a REST method and
 * `azure:` (`azure:PUT`); `*` at its end stands for any rest. Faults are used up in the order in which they stand.
 */
export type Fault = What & {
  readonly operation: string;
  /** How many calls it hits; once when absent; null = until it is removed. */
  readonly times?: number | null;
  /** How many calls it lets pass first. */
  readonly skip?: number;
};

export type FaultScript = readonly Fault[];

/** Faults of this process only, beside those that the world keeps. */
export class ProcessFaults {
  #script: FaultScript;

  constructor(script: FaultScript) {
    this.#script = script;
  }

  take(operation: string): Fault | null {
    const { fault, rest } = takeFrom(this.#script, operation);
    this.#script = rest;
    return fault;
  }

  set(script: FaultScript): void {
    this.#script = script;
  }
}

/** The next fault of the world for a call, used up durably: a process that it kills does not meet it again. */
export function takeFault(tx: Transaction, operation: string): Fault | null {
  const script = worldFaults(tx);
  if (script.length === 0) return null;
  const { fault, rest } = takeFrom(script, operation);
  if (rest !== script) setFaults(tx, rest);
  return fault;
}

export function worldFaults(tx: Transaction): FaultScript {
  return (tx.setting<JsonObject[]>("faults") ?? []) as unknown as FaultScript;
}

export function setFaults(tx: Transaction, script: FaultScript): void {
  tx.set("faults", script as unknown as JsonObject[]);
}

/** Only the first fault that matches is looked at: the one behind it is for a later call. */
function takeFrom(script: FaultScript, operation: string): { fault: Fault | null; rest: FaultScript } {
  const index = script.findIndex((fault) => hits(fault.operation, operation));
  const fault = script[index];
  if (fault === undefined) return { fault: null, rest: script };
  const replace = (next: Fault[]) => [...script.slice(0, index), ...next, ...script.slice(index + 1)];
  if ((fault.skip ?? 0) > 0) return { fault: null, rest: replace([{ ...fault, skip: (fault.skip ?? 0) - 1 }]) };
  if (fault.times === null) return { fault, rest: script };
  const times = (fault.times ?? 1) - 1;
  return { fault, rest: replace(times > 0 ? [{ ...fault, times }] : []) };
}

function hits(pattern: string, operation: string): boolean {
  return pattern.endsWith("*") ? operation.startsWith(pattern.slice(0, -1)) : pattern === operation;
}
