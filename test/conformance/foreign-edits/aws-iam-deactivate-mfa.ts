import type { ForeignEdit } from "../bench.ts";

/** A device that is nobody's has nothing to edit: the one edit that is left is to enroll it again. */
export const foreignEdit: ForeignEdit = {
  what: "an administrator enrolls the device again",
  async edit(bench, resource) {
    const [UserName = "", ...serial] = resource.id.split("/");
    const codes = { AuthenticationCode1: "123456", AuthenticationCode2: "654321" };
    await bench.aws("iam", "EnableMFADevice", { UserName, SerialNumber: serial.join("/"), ...codes }, resource);
  },
  kept: (state) => state !== null,
};
