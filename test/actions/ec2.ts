import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Action } from "../../src/actions/index.ts";
import type { Change, Json, Verification } from "../../src/model/index.ts";
import type { ScopeFactory } from "../../src/providers/index.ts";
import type { Bench } from "../conformance/bench.ts";
import { type AnyExample, plan } from "../conformance/driver.ts";
import { call } from "../range/open.ts";
import { asExampleSays, type IamBench, openBench as openIamBench } from "./iam.ts";

export { ACCOUNT, names } from "./iam.ts";
export const REGION = "us-east-1";

export type Ec2Bench = Bench & {
  readonly range: IamBench["range"];
  /** Another administrator's EC2 call. */
  ec2<T = Record<string, unknown>>(operation: string, input: object): Promise<T>;
  /** Everything that exists in the world. */
  exists(): Promise<Json>;
};

export async function openBench(t: TestContext): Promise<Ec2Bench> {
  const bench = await openIamBench(t);
  return {
    ...bench,
    ec2: (operation, input) => call(bench.range, `ec2:${operation}`, input),
    exists: async () => ((await bench.dump([])) as { exists: Json }).exists,
  };
}

export async function planFor(
  bench: Bench,
  action: Action,
  selection: object,
  params: object = {},
  scopes: ScopeFactory = bench.scopes(),
): Promise<Change[]> {
  const parsed = action.params.parse(params);
  return plan(action, { title: "", selection, params: parsed, changes: [] } as unknown as AnyExample, scopes);
}

/** The changes in the form of an example: named and needed by their keys. */
export function withKeys(changes: readonly Change[], example: AnyExample): Json {
  const keys = new Map(example.changes.map(({ key }, index) => [`c${index + 1}`, key]));
  const keyOf = (id: string) => keys.get(id) ?? assert.fail(`the example has no change "${id}"`);
  return changes.map((change) => {
    const { needs: _, ...said } = asExampleSays(change) as { [name: string]: Json };
    return { ...said, key: keyOf(change.id), ...(change.needs.length > 0 ? { needs: change.needs.map(keyOf) } : {}) };
  });
}

export const plain = (value: unknown): Json => JSON.parse(JSON.stringify(value));

export async function look(bench: Bench, action: Action, change: Change): Promise<Verification> {
  return action.verify(bench.scopes().read(action.permissions.read), change, "contain");
}
