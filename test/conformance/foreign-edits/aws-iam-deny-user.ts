import type { ForeignEdit } from "../bench.ts";

export const foreignEdit: ForeignEdit = {
  what: "an administrator lets the user back in to read billing, in the policy that denies everything",
  async edit(bench, resource) {
    const [UserName, PolicyName] = resource.id.split("/");
    const PolicyDocument =
      '{"Version":"2012-10-17","Statement":[{"Sid":"AdminEdit","Effect":"Deny","NotAction":"aws-portal:View*","Resource":"*"}]}';
    await bench.aws("iam", "PutUserPolicy", { UserName, PolicyName, PolicyDocument }, resource);
  },
  kept: (state) => JSON.stringify(state).includes("AdminEdit"),
};
