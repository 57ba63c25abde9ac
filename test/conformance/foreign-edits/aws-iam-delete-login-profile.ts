import type { ForeignEdit } from "../bench.ts";

/** A password that is gone has nothing to edit: the one edit that is left is a new one. */
export const foreignEdit: ForeignEdit = {
  what: "an administrator sets a new password",
  async edit(bench, resource) {
    const Password = "correct horse battery staple 1A!";
    await bench.aws("iam", "CreateLoginProfile", { UserName: resource.id, Password, PasswordResetRequired: true }, resource);
    // The emulator takes the demand for a reset only afterwards.
    await bench.aws("iam", "UpdateLoginProfile", { UserName: resource.id, PasswordResetRequired: true, Password }, resource);
  },
  kept: (state) => (state as { resetRequired?: boolean } | null)?.resetRequired === true,
};
