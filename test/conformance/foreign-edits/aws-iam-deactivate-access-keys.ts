import type { ForeignEdit } from "../bench.ts";

/** A key has nothing to edit but its status: the one edit that is neither ours nor undone by ours is its deletion. */
export const foreignEdit: ForeignEdit = {
  what: "an administrator deletes the key",
  async edit(bench, resource) {
    const [UserName, AccessKeyId] = resource.id.split("/");
    await bench.aws("iam", "DeleteAccessKey", { UserName, AccessKeyId }, resource);
  },
  kept: (state) => state === null,
};
