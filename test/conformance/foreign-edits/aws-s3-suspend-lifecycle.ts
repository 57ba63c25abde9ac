import type { ForeignEdit } from "../bench.ts";

export const foreignEdit: ForeignEdit = {
  what: "an administrator adds a rule of their own to the bucket's lifecycle",
  async edit(bench, { id: Bucket, ...place }) {
    const answer = await bench.aws("s3", "GetBucketLifecycleConfiguration", { Bucket }, place);
    const { Rules } = answer as { Rules: object[] };
    const theirs = { ID: "admin-edit", Filter: { Prefix: "uploads/" }, Status: "Enabled", Expiration: { Days: 7 } };
    const LifecycleConfiguration = { Rules: [...Rules, theirs] };
    await bench.aws("s3", "PutBucketLifecycleConfiguration", { Bucket, LifecycleConfiguration }, place);
  },
  kept: (state) => JSON.stringify(state).includes("admin-edit"),
};
