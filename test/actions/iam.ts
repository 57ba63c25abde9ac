import type { TestContext } from "node:test";
import type { Action } from "../../src/actions/index.ts";
import type { RangeWorld } from "../../src/exercise/range/index.ts";
import type { Change, Json } from "../../src/model/index.ts";
import { type ScopeFactory, simulatedProviders } from "../../src/providers/index.ts";
import type { Bench } from "../conformance/bench.ts";
import { type AnyExample, plan } from "../conformance/driver.ts";
import { call, fresh, type handClock } from "../range/open.ts";

export const ACCOUNT = "123456789012";

export type IamBench = Bench & {
  readonly range: RangeWorld & { readonly wall: ReturnType<typeof handClock> };
  /** Another administrator's IAM call. */
  iam<T = Record<string, unknown>>(operation: string, input: object): Promise<T>;
};

/** A world of its own with nothing behind it but the embedded estate. */
export async function openBench(t: TestContext): Promise<IamBench> {
  const range = await fresh(t);
  const providers = simulatedProviders(range.transport, { userAgent: { version: "0.0.0" } });
  t.after(() => providers.close());
  const scopes = (): ScopeFactory => providers.scopes({ signal: new AbortController().signal });
  return {
    range,
    clock: range.clock,
    scopes,
    dump: async () => range.show(),
    aws: async (service, operation, input) => call(range, `${service}:${operation}`, input),
    azure: async () => null,
    setFaults: (script) => range.setFaults(script),
    iam: (operation, input) => call(range, `iam:${operation}`, input),
  };
}

/** What planning a selection of our own gives, beside the examples. */
export async function planFor(bench: IamBench, action: Action, selection: object, scopes = bench.scopes()): Promise<Change[]> {
  return plan(action, { title: "", selection, params: {}, changes: [] } as unknown as AnyExample, scopes);
}

/** As an example has them. */
export function asExampleSays({
  id: _,
  step: _step,
  action: _action,
  bound: _bound,
  reversal: _reversal,
  ...change
}: Change): Json {
  return JSON.parse(JSON.stringify(change));
}

export const names = (scopes: ScopeFactory): string[] => scopes.requests.map(({ operation }) => operation);
