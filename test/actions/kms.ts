import assert from "node:assert/strict";
import type { KeyMetadata } from "@aws-sdk/client-kms";
import type { Action } from "../../src/actions/index.ts";
import type { Change, EffectAnswer, Json } from "../../src/model/index.ts";
import type { ReadScope } from "../../src/providers/index.ts";
import { call } from "../range/open.ts";
import { ACCOUNT, type IamBench } from "./iam.ts";

export const ACME_KEY = "5d0c61be-0ac3-4e00-8d4a-00000000ac3e";
export const GLOBEX_KEY = "5d0c61be-0910-4be0-8d4a-0000910be000";
export const RESPONDER = `arn:aws:iam::${ACCOUNT}:role/soc2-er-responder`;

export const keyOf = (tenant: string, more: object = {}) => ({
  kind: "aws.kms-key" as const,
  tenant,
  account: ACCOUNT,
  region: "us-east-1",
  alias: `alias/${tenant}-data`,
  exempt: [RESPONDER],
  ...more,
});

export async function policyOf({ range }: IamBench, tenant = "acme"): Promise<string> {
  return (await call<{ Policy: string }>(range, "kms:GetKeyPolicy", { KeyId: `alias/${tenant}-data` })).Policy;
}

/** Whether a fresh session of a role could do this with the key now. */
export function mayUse(bench: IamBench, role: string, operation: string, key: string): Promise<EffectAnswer> {
  const issuedBefore = new Date(bench.clock.now() + 60_000).toISOString();
  const resource = `arn:aws:kms:us-east-1:${ACCOUNT}:key/${key}`;
  return bench.range.transport.effects.ask({
    kind: "aws-call",
    account: ACCOUNT,
    as: { role, issuedBefore },
    operation,
    resource,
  });
}

/** A cloud that knows nothing but one key. */
export function knowing(metadata: Partial<KeyMetadata>, policy = "{}"): ReadScope {
  const client = { send: async () => ({ KeyMetadata: { KeyId: ACME_KEY, ...metadata }, Policy: policy }) };
  return { aws: async () => client } as unknown as ReadScope;
}

export async function proposed(action: Action, scope: ReadScope, selection = keyOf("acme")): Promise<Json[]> {
  const found: Json[] = [];
  for await (const { before, after } of action.plan(scope, selection, {})) found.push({ before, after });
  return found;
}

/** The first change of the action's first example, in a plan. */
export function changeOf(action: Action): Change {
  const [change] = action.examples[0].changes;
  assert.ok(change);
  const { needs: _, key: _key, ...rest } = change;
  return { ...rest, id: "c001", step: "keys", action: action.id, needs: [], reversal: { kind: "restore" }, bound: action.bound };
}
