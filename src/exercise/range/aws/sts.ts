import type * as STS from "@aws-sdk/client-sts";
import { iam } from "../keys.ts";
import type { RoleRow } from "../rows.ts";
import { type Operation, operation } from "./operation.ts";

export const stsOperations: Operation[] = [
  operation<STS.GetCallerIdentityCommandInput, STS.GetCallerIdentityCommandOutput>("sts", "GetCallerIdentity", {
    // No policy can deny this call.
    iam: null,
    answer(call) {
      const [, role = "", session = ""] = /:assumed-role\/([^/]+)\/(.+)$/.exec(call.caller) ?? [];
      const id = call.tx.newest<RoleRow>(iam.role(call.account, role))?.id ?? "AROA";
      return { Account: call.account, Arn: call.caller, UserId: `${id}:${session}` };
    },
  }),
];
