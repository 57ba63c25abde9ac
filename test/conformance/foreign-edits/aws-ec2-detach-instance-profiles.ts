import type { ForeignEdit } from "../bench.ts";

export const foreignEdit: ForeignEdit = {
  what: "an administrator gives the instance the examiners' profile",
  async edit(bench, { id: InstanceId, ...place }) {
    await bench.aws("ec2", "AssociateIamInstanceProfile", { InstanceId, IamInstanceProfile: { Name: "examiners" } }, place);
  },
  kept: (state) => (state as { profile: string } | null)?.profile.endsWith("/examiners") ?? false,
};
