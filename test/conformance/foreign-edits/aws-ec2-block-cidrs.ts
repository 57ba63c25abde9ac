import type { ForeignEdit } from "../bench.ts";

export const foreignEdit: ForeignEdit = {
  what: "an administrator narrows the denial to a network of their own choice, on the number that we took",
  async edit(bench, resource) {
    const [NetworkAclId, direction, number] = resource.id.split("/");
    const rule = { NetworkAclId, RuleNumber: Number(number), Egress: direction === "out", Protocol: "-1", RuleAction: "deny" };
    await bench.aws("ec2", "ReplaceNetworkAclEntry", { ...rule, CidrBlock: "203.0.113.128/25" }, resource);
  },
  kept: (state) => JSON.stringify(state).includes("203.0.113.128/25"),
};
