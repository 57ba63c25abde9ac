import type { Json } from "../../../model/index.ts";
import type { ContextValues } from "../../../planner/policy/index.ts";
import type { AwsService } from "../../../providers/index.ts";
import type { Control } from "../settings.ts";
import type { Transaction } from "../world.ts";
import type { Credentials } from "./authorize.ts";

/** One call being answered. */
export type Call<I = object> = {
  readonly input: I;
  readonly account: string;
  readonly region: string;
  readonly tx: Transaction;
  /** ARN of the caller's session. */
  readonly caller: string;
  readonly who: Credentials;
  /** Writes with the propagation delay of a control. */
  put(control: Control, key: string, value: Json | null): void;
  /** A fresh id of this many hex digits. */
  newId(digits: number): string;
  /** Page size: what the caller asked for, the service's own maximum, and the world's limit, whichever is least. */
  pageSize(asked: number | undefined, most: number): number;
};

/** How the simulated cloud answers one SDK operation. */
export type Operation = {
  readonly service: AwsService;
  readonly name: string;
  /** What the policy language calls it; null for what cannot be denied. */
  readonly iam: string | null;
  resource(call: Call): string;
  context(call: Call): ContextValues;
  answer(call: Call): object;
};

type Spec<I, O> = {
  readonly iam: string | null;
  readonly resource?: (call: Call<I>) => string;
  readonly context?: (call: Call<I>) => ContextValues;
  readonly answer: (call: Call<I>) => Omit<O, "$metadata">;
};

/** Declares an operation with the SDK's own types of its input and output. */
export function operation<I, O>(service: AwsService, name: string, spec: Spec<I, O>): Operation {
  // The input's type follows from service and name, which is how operations are looked up.
  const typed = (call: Call) => call as Call<I>;
  return {
    service,
    name,
    iam: spec.iam,
    resource: (call) => spec.resource?.(typed(call)) ?? "*",
    context: (call) => spec.context?.(typed(call)) ?? {},
    answer: (call) => spec.answer(typed(call)),
  };
}
