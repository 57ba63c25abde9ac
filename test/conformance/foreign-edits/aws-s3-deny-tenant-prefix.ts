import type { ForeignEdit } from "../bench.ts";

export const foreignEdit: ForeignEdit = {
  what: "an administrator adds a statement of their own to the bucket's policy",
  async edit(bench, resource) {
    const { Policy } = (await bench.aws("s3", "GetBucketPolicy", { Bucket: resource.id }, resource)) as { Policy: string };
    const document = JSON.parse(Policy) as { Statement: object[] };
    const theirs = {
      Sid: "AdminEdit",
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::123456789012:role/globex-worker" },
      Action: "s3:GetObjectTagging",
      Resource: `arn:aws:s3:::${resource.id}/tenants/globex/*`,
    };
    const edited = JSON.stringify({ ...document, Statement: [theirs, ...document.Statement] });
    await bench.aws("s3", "PutBucketPolicy", { Bucket: resource.id, Policy: edited }, resource);
  },
  kept: (state) => JSON.stringify(state).includes("AdminEdit"),
};
