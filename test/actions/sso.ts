import type { Action } from "../../src/actions/index.ts";
import type { Change } from "../../src/model/index.ts";
import { type KeyedBench, planFor } from "./keyed.ts";

export const JANE = "a4d8b4e8-7001-70aa-8000-00000000a4e1";
export const PLATFORM = "a4d8b4e8-7001-70bb-8000-0000000600b1";
export const EVERYONE = "a4d8b4e8-7001-70bb-8000-0000000600b2";
export const STORE = "d-9067e2a1c4";
export const INSTANCE = "ssoins-7223b05f3d8a0a11";
export const INSTANCE_ARN = `arn:aws:sso:::instance/${INSTANCE}`;
export const setArn = (id: string): string => `arn:aws:sso:::permissionSet/${INSTANCE}/${id}`;
export const ADMIN = "ps-7223aa01b2c3d401";
export const READER = "ps-7223aa01b2c3d402";

export function planForUser(bench: KeyedBench, action: Action, name = "jane", id = JANE): Promise<Change[]> {
  return planFor(bench, action, { kind: "aws.sso-user", instance: INSTANCE, store: STORE, name, id });
}
