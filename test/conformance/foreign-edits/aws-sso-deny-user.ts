import type { ForeignEdit } from "../bench.ts";

/** The user is denied or not: the one edit that is neither ours nor undone by ours is the deletion of the permission set. */
export const foreignEdit: ForeignEdit = {
  what: "an administrator deletes the permission set with its assignment",
  async edit(bench, resource) {
    const [instance, set, PrincipalId] = resource.id.split("/");
    const at = {
      InstanceArn: `arn:aws:sso:::instance/${instance}`,
      PermissionSetArn: `arn:aws:sso:::permissionSet/${instance}/${set}`,
    };
    const assignment = { ...at, TargetId: resource.account, TargetType: "AWS_ACCOUNT", PrincipalType: "USER", PrincipalId };
    await bench.aws("ssoadmin", "DeleteAccountAssignment", assignment, resource);
    await bench.aws("ssoadmin", "DeletePermissionSet", at, resource);
  },
  kept: (state) => state === null,
};
