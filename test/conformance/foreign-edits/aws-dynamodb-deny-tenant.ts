import type { ForeignEdit } from "../bench.ts";

export const foreignEdit: ForeignEdit = {
  what: "an administrator adds a statement of their own to the table's policy",
  async edit(bench, resource) {
    const ResourceArn = `arn:aws:dynamodb:${resource.region}:${resource.account}:table/${resource.id}`;
    const { Policy } = (await bench.aws("dynamodb", "GetResourcePolicy", { ResourceArn }, resource)) as { Policy: string };
    const document = JSON.parse(Policy) as { Statement: object[] };
    const theirs = {
      Sid: "AdminEdit",
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::123456789012:role/globex-worker" },
      Action: "dynamodb:GetItem",
      Resource: ResourceArn,
      Condition: { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["TENANT#globex"] } },
    };
    const edited = JSON.stringify({ ...document, Statement: [theirs, ...document.Statement] });
    await bench.aws("dynamodb", "PutResourcePolicy", { ResourceArn, Policy: edited }, resource);
  },
  kept: (state) => JSON.stringify(state).includes("AdminEdit"),
};
