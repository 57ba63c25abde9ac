import type { ForeignEdit } from "../bench.ts";

export const foreignEdit: ForeignEdit = {
  what: "an administrator turns one setting of the block off, for a policy of their own",
  async edit(bench, { id: Bucket, ...place }) {
    const PublicAccessBlockConfiguration = {
      BlockPublicAcls: true,
      IgnorePublicAcls: false,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: true,
    };
    await bench.aws("s3", "PutPublicAccessBlock", { Bucket, PublicAccessBlockConfiguration }, place);
  },
  kept: (state) => (state as { IgnorePublicAcls: boolean } | null)?.IgnorePublicAcls !== true,
};
