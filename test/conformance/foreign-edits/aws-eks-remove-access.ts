import { accessOf } from "../../../src/actions/aws/eks/clusters.ts";
import type { ForeignEdit } from "../bench.ts";

/** What was taken away can only be given again, and then otherwise. */
export const foreignEdit: ForeignEdit = {
  what: "an administrator gives the principal an entry with the policy on one namespace",
  async edit(bench, resource) {
    const { cluster: clusterName, principal: principalArn, policy: policyArn } = accessOf(resource);
    await bench.aws("eks", "CreateAccessEntry", { clusterName, principalArn }, resource);
    const accessScope = { type: "namespace", namespaces: ["audit"] };
    await bench.aws("eks", "AssociateAccessPolicy", { clusterName, principalArn, policyArn, accessScope }, resource);
  },
  kept: (state) => JSON.stringify(state)?.includes('["audit"]') === true,
};
