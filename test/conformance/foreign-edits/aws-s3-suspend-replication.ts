import type { ForeignEdit } from "../bench.ts";

export const foreignEdit: ForeignEdit = {
  what: "an administrator adds a rule of their own to the bucket's replication",
  async edit(bench, { id: Bucket, ...place }) {
    const answer = await bench.aws("s3", "GetBucketReplication", { Bucket }, place);
    const { ReplicationConfiguration } = answer as { ReplicationConfiguration: { Role: string; Rules: object[] } };
    const theirs = {
      ID: "admin-edit",
      Priority: 9,
      Filter: { Prefix: "uploads/" },
      Status: "Enabled",
      Destination: { Bucket: "arn:aws:s3:::acme-elsewhere" },
      DeleteMarkerReplication: { Status: "Disabled" },
    };
    const { Role, Rules } = ReplicationConfiguration;
    await bench.aws(
      "s3",
      "PutBucketReplication",
      { Bucket, ReplicationConfiguration: { Role, Rules: [...Rules, theirs] } },
      place,
    );
  },
  kept: (state) => JSON.stringify(state).includes("admin-edit"),
};
