import type { ForeignEdit } from "../bench.ts";

type Listed = { Snapshots: { SnapshotId: string; Tags?: { Value?: string }[] }[] };

export const foreignEdit: ForeignEdit = {
  what: "an administrator deletes one snapshot of a set",
  async edit(bench, { id, ...place }) {
    const { Snapshots } = (await bench.aws("ec2", "DescribeSnapshots", { OwnerIds: ["self"] }, place)) as Listed;
    const own = Snapshots.find(({ Tags }) => Tags?.some(({ Value }) => Value === id));
    await bench.aws("ec2", "DeleteSnapshot", { SnapshotId: own?.SnapshotId }, place);
  },
  kept: (state) => (state as { volumes: string[] } | null)?.volumes.length === 1,
};
