import type { ForeignEdit } from "../bench.ts";

const THEIRS = "5ec7e701-f0e1-4e00-8000-0000000ed175";

export const foreignEdit: ForeignEdit = {
  what: "an administrator rotates the secret once more",
  async edit(bench, resource) {
    await bench.aws("secretsmanager", "RotateSecret", { SecretId: resource.id, ClientRequestToken: THEIRS }, resource);
    await bench.clock.sleep(10_000);
  },
  kept: (state) => (state as { current?: string } | null)?.current === THEIRS,
};
