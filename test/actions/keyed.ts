import type { TestContext } from "node:test";
import type { Action } from "../../src/actions/index.ts";
import type { Change, Json } from "../../src/model/index.ts";
import { type AnyExample, plan } from "../conformance/driver.ts";
import { type RangeBench, rangeBench } from "../conformance/range-bench.ts";

export const RESPONDER = "arn:aws:iam::123456789012:role/soc2-er-responder";
const HERE = { account: "123456789012", region: "us-east-1" };

export type KeyedBench = RangeBench & {
  /** Another administrator's call. */
  admin<T = Record<string, unknown>>(name: string, input: object): Promise<T>;
};

export async function openBench(t: TestContext): Promise<KeyedBench> {
  const bench = await rangeBench(t);
  return Object.assign(bench, {
    admin: async <T>(name: string, input: object) => {
      const [service = "", operation = ""] = name.split(":");
      return (await bench.aws(service as "dynamodb", operation, input, HERE)) as T;
    },
  });
}

/** What planning a selection of our own gives, beside the examples. */
export async function planFor(bench: RangeBench, action: Action, selection: object): Promise<Change[]> {
  const asked = { ...HERE, tenant: "acme", exempt: [RESPONDER], ...selection };
  return plan(action, { title: "", selection: asked, params: {}, changes: [] } as unknown as AnyExample, bench.scopes());
}

export const policy = (...Statement: object[]): string => JSON.stringify({ Version: "2012-10-17", Statement });
export const textIn = (state: Json): string => (state as { policy: string }).policy;
