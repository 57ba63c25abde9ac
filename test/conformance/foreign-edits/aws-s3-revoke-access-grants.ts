import type { ForeignEdit } from "../bench.ts";

export const foreignEdit: ForeignEdit = {
  what: "an administrator grants the examiners' role the tenant's prefix",
  async edit(bench, { id, ...place }) {
    const input = {
      AccountId: place.account,
      AccessGrantsLocationId: "default",
      AccessGrantsLocationConfiguration: { S3SubPrefix: `${id}*` },
      Grantee: { GranteeType: "IAM", GranteeIdentifier: `arn:aws:iam::${place.account}:role/examiners` },
      Permission: "READ",
    };
    await bench.aws("s3control", "CreateAccessGrant", input, place);
  },
  kept: (state) => JSON.stringify(state).includes("role/examiners"),
};
