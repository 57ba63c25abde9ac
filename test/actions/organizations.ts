import assert from "node:assert/strict";
import { loadAction } from "../../src/actions/index.ts";
import type { Change } from "../../src/model/index.ts";
import { plan } from "../conformance/driver.ts";
import { ACCOUNT, type IamBench } from "./iam.ts";

export const action = await loadAction("aws.organizations.deny-principal");
export const [example, ofSessions = assert.fail()] = action.examples;
export const MANAGEMENT = "111122223333";
export const POLICY = "p-soc2deny";

export type Named = { account?: string; kind?: "user" | "role"; name: string };
export const selection = (principals: readonly Named[], policy = "soc2-er-deny") => ({
  kind: "aws.organization-principals",
  account: MANAGEMENT,
  policy,
  principals: principals.map((one) => ({ account: ACCOUNT, kind: "user", ...one })),
});

/** As the runbook deny-from-above asks for it, or, with the parameters of `ofSessions`, as `revoke` does. */
export function planFor(
  bench: Pick<IamBench, "scopes">,
  where: object,
  { scopes = bench.scopes(), params = example.params } = {},
): Promise<Change[]> {
  return plan(action, { ...example, selection: where, params } as never, scopes);
}

export async function organizations<T>(bench: IamBench, operation: string, input: object = {}, account = MANAGEMENT): Promise<T> {
  const call = { service: "organizations", operation, input, account, region: "global" } as const;
  return (await bench.range.transport.aws(call)).output as T;
}

export async function content(bench: IamBench): Promise<string> {
  return (await organizations<{ Policy: { Content: string } }>(bench, "DescribePolicy", { PolicyId: POLICY })).Policy.Content;
}

export function put(bench: IamBench, Content: string): Promise<unknown> {
  return organizations(bench, "UpdatePolicy", { PolicyId: POLICY, Content });
}
