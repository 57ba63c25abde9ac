import type { ForeignEdit } from "../bench.ts";

export const foreignEdit: ForeignEdit = {
  what: "an administrator adds a statement of their own to the secret's policy",
  async edit(bench, resource) {
    const SecretId = resource.id;
    const { ResourcePolicy } = (await bench.aws("secretsmanager", "GetResourcePolicy", { SecretId }, resource)) as {
      ResourcePolicy: string;
    };
    const document = JSON.parse(ResourcePolicy) as { Statement: object[] };
    const theirs = {
      Sid: "AdminEdit",
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::123456789012:role/acme-worker" },
      Action: "secretsmanager:DescribeSecret",
      Resource: "*",
    };
    const edited = JSON.stringify({ ...document, Statement: [theirs, ...document.Statement] });
    await bench.aws("secretsmanager", "PutResourcePolicy", { SecretId, ResourcePolicy: edited }, resource);
  },
  kept: (state) => JSON.stringify(state).includes("AdminEdit"),
};
