import type { ForeignEdit } from "../bench.ts";

/** A protection has nothing to edit but that it is on: the first of the example stood before, so that lifting it is not our way back. */
export const foreignEdit: ForeignEdit = {
  what: "an administrator lifts a protection that stood before any of ours",
  async edit(bench, { id, ...place }) {
    const [InstanceId] = id.split("/");
    await bench.aws("ec2", "ModifyInstanceAttribute", { InstanceId, DisableApiTermination: { Value: false } }, place);
  },
  kept: (state) => (state as { value: string } | null)?.value === "false",
};
