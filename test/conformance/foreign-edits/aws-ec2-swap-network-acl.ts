import type { ForeignEdit } from "../bench.ts";

/** The ACL of another subnet, which is neither the lockdown's nor the one it had. */
export const foreignEdit: ForeignEdit = {
  what: "an administrator gives the subnet another network ACL, with which it works again",
  async edit(bench, resource) {
    type Acl = { NetworkAclId: string; Associations: { SubnetId: string; NetworkAclAssociationId: string }[]; Tags?: object[] };
    const { NetworkAcls } = (await bench.aws("ec2", "DescribeNetworkAcls", {}, resource)) as { NetworkAcls: Acl[] };
    const own = NetworkAcls.flatMap(({ Associations }) => Associations).find(({ SubnetId }) => SubnetId === resource.id);
    const edge = NetworkAcls.find(({ Tags }) => JSON.stringify(Tags ?? []).includes('"edge"'));
    kept = edge?.NetworkAclId ?? "";
    const AssociationId = own?.NetworkAclAssociationId;
    await bench.aws("ec2", "ReplaceNetworkAclAssociation", { AssociationId, NetworkAclId: kept }, resource);
  },
  kept: (state) => (state as { acl?: string } | null)?.acl === kept,
};

let kept = "not yet";
