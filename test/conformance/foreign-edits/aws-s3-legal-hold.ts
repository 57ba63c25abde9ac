import type { ForeignEdit } from "../bench.ts";

/** A hold has nothing to edit but that it is on: the first version of the example was held before, so that lifting it is not our way back. */
export const foreignEdit: ForeignEdit = {
  what: "an administrator lifts a hold that stood before any of ours",
  async edit(bench, { id, ...place }) {
    const [, Bucket, Key, VersionId] = /^([^/]+)\/(.*)\?versionId=(.*)$/.exec(id) ?? [];
    await bench.aws("s3", "PutObjectLegalHold", { Bucket, Key, VersionId, LegalHold: { Status: "OFF" } }, place);
  },
  kept: (state) => (state as { hold: string }).hold === "OFF",
};
