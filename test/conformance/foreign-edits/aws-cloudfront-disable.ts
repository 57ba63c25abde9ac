import type { ForeignEdit } from "../bench.ts";

const THEIRS = "edited meanwhile";

export const foreignEdit: ForeignEdit = {
  what: "an administrator edits another part of the distribution's configuration",
  async edit(bench, resource) {
    const Id = resource.id;
    const answer = await bench.aws("cloudfront", "GetDistributionConfig", { Id }, resource);
    const { ETag, DistributionConfig } = answer as { ETag: string; DistributionConfig: object };
    const edited = { ...DistributionConfig, Comment: THEIRS };
    await bench.aws("cloudfront", "UpdateDistribution", { Id, IfMatch: ETag, DistributionConfig: edited }, resource);
  },
  kept: (state) => JSON.stringify(state).includes(THEIRS),
};
