import type { ForeignEdit } from "../bench.ts";

/** Whether a user is enabled is all that there is to edit: the one edit that is neither ours nor undone by ours is its deletion. */
export const foreignEdit: ForeignEdit = {
  what: "an administrator deletes the user",
  async edit(bench, resource) {
    const [UserPoolId, Username] = resource.id.split("/");
    await bench.aws("cognito", "AdminDeleteUser", { UserPoolId, Username }, resource);
  },
  kept: (state) => state === null,
};
