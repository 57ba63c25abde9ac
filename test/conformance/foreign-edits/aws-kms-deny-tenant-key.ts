import type { ForeignEdit } from "../bench.ts";

export const foreignEdit: ForeignEdit = {
  what: "an administrator adds a statement of their own to the key's policy",
  async edit(bench, resource) {
    const { Policy } = (await bench.aws("kms", "GetKeyPolicy", { KeyId: resource.id, PolicyName: "default" }, resource)) as {
      Policy: string;
    };
    const document = JSON.parse(Policy) as { Statement: object[] };
    const theirs = {
      Sid: "AdminEdit",
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::123456789012:role/globex-worker" },
      Action: "kms:DescribeKey",
      Resource: "*",
    };
    const edited = JSON.stringify({ ...document, Statement: [theirs, ...document.Statement] });
    await bench.aws("kms", "PutKeyPolicy", { KeyId: resource.id, PolicyName: "default", Policy: edited }, resource);
  },
  kept: (state) => JSON.stringify(state).includes("AdminEdit"),
};
