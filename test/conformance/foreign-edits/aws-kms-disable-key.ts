import type { ForeignEdit } from "../bench.ts";

export const foreignEdit: ForeignEdit = {
  what: "an administrator schedules the key's deletion",
  async edit(bench, resource) {
    await bench.aws("kms", "ScheduleKeyDeletion", { KeyId: resource.id, PendingWindowInDays: 30 }, resource);
  },
  kept: (state) => (state as { state?: string } | null)?.state === "PendingDeletion",
};
