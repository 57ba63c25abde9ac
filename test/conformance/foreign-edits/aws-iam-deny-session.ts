import type { ForeignEdit } from "../bench.ts";

export const foreignEdit: ForeignEdit = {
  what: "an administrator lets the session read billing again, in the policy that denies it everything",
  async edit(bench, resource) {
    const [RoleName, PolicyName] = resource.id.split("/");
    const PolicyDocument =
      '{"Version":"2012-10-17","Statement":[{"Sid":"AdminEdit","Effect":"Deny","NotAction":"aws-portal:View*","Resource":"*","Condition":{"StringLike":{"aws:userid":"*:i-0acme01"}}}]}';
    await bench.aws("iam", "PutRolePolicy", { RoleName, PolicyName, PolicyDocument }, resource);
  },
  kept: (state) => JSON.stringify(state).includes("AdminEdit"),
};
