import type { ForeignEdit } from "../bench.ts";

export const foreignEdit: ForeignEdit = {
  what: "an administrator lets connections outward go on",
  async edit(bench, resource) {
    await bench.aws("ec2", "ModifyVpcBlockPublicAccessOptions", { InternetGatewayBlockMode: "block-ingress" }, resource);
    await bench.clock.sleep(5_000);
  },
  kept: (state) => (state as { mode?: string } | null)?.mode === "block-ingress",
};
