import type { ForeignEdit } from "../bench.ts";

export const foreignEdit: ForeignEdit = {
  what: "an administrator adds a statement to the policy that denies older sessions",
  async edit(bench, resource) {
    const [RoleName, PolicyName] = resource.id.split("/");
    const PolicyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        { Sid: "AdminEdit", Effect: "Deny", Action: "s3:DeleteObject", Resource: "*" },
        {
          Effect: "Deny",
          Action: "*",
          Resource: "*",
          Condition: { DateLessThan: { "aws:TokenIssueTime": "2026-11-26T12:00:00Z" } },
        },
      ],
    });
    await bench.aws("iam", "PutRolePolicy", { RoleName, PolicyName, PolicyDocument }, resource);
  },
  kept: (state) => JSON.stringify(state).includes("AdminEdit"),
};
