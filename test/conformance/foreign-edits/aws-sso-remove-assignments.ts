import type { ForeignEdit } from "../bench.ts";

/** An assignment is there or not: the one edit that is neither ours nor undone by ours is the deletion of its user. */
export const foreignEdit: ForeignEdit = {
  what: "an administrator deletes the user",
  async edit(bench, resource) {
    const [, IdentityStoreId, , , UserId] = resource.id.split("/");
    await bench.aws("identitystore", "DeleteUser", { IdentityStoreId, UserId }, resource);
  },
  kept: (state) => state === null,
};
