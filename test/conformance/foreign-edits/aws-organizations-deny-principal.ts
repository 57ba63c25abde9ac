import type { ForeignEdit } from "../bench.ts";

export const foreignEdit: ForeignEdit = {
  what: "an administrator adds a guardrail of their own to the policy",
  async edit(bench, resource) {
    const PolicyId = resource.id;
    const { Policy } = (await bench.aws("organizations", "DescribePolicy", { PolicyId }, resource)) as {
      Policy: { Content: string };
    };
    const document = JSON.parse(Policy.Content) as { Statement: object[] };
    const theirs = { Sid: "AdminEdit", Effect: "Deny", Action: "cloudtrail:StopLogging", Resource: "*" };
    const Content = JSON.stringify({ ...document, Statement: [theirs, ...document.Statement] });
    await bench.aws("organizations", "UpdatePolicy", { PolicyId, Content }, resource);
  },
  kept: (state) => JSON.stringify(state).includes("AdminEdit"),
};
