import type { ForeignEdit } from "../bench.ts";

/** A target has nothing to edit but that it is registered: the first of the example was out before, so that this is not our way back. */
export const foreignEdit: ForeignEdit = {
  what: "an administrator registers a target that was taken out before",
  async edit(bench, { id, ...place }) {
    const [, TargetGroupArn, Id, port] = /^[^/]+\/(.+)\/([^/]+):(\d+)$/.exec(id) ?? [];
    await bench.aws("elbv2", "RegisterTargets", { TargetGroupArn, Targets: [{ Id, Port: Number(port) }] }, place);
  },
  kept: (state) => state !== null,
};
