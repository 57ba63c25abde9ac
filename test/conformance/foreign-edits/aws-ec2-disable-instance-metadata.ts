import type { ForeignEdit } from "../bench.ts";

export const foreignEdit: ForeignEdit = {
  what: "an administrator demands tokens, and lets them travel further",
  async edit(bench, { id: InstanceId, ...place }) {
    const options = { HttpEndpoint: "disabled", HttpTokens: "required", HttpPutResponseHopLimit: 3 };
    await bench.aws("ec2", "ModifyInstanceMetadataOptions", { InstanceId, ...options }, place);
  },
  kept: (state) => (state as { HttpPutResponseHopLimit?: number } | null)?.HttpPutResponseHopLimit === 3,
};
