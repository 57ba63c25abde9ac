import type { ForeignEdit } from "../bench.ts";

export const foreignEdit: ForeignEdit = {
  what: "an administrator detaches the instance from its group",
  async edit(bench, { id, ...place }) {
    const input = { AutoScalingGroupName: "acme-web", InstanceIds: [id], ShouldDecrementDesiredCapacity: false };
    await bench.aws("autoscaling", "DetachInstances", input, place);
  },
  kept: (state) => state === null,
};
