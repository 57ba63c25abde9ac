import type { ForeignEdit } from "../bench.ts";

/** Of the family of the set: WAF takes no other. */
const ADDRESSES = ["198.51.100.7/32", "2001:db8:5e1f::/64"] as const;

export const foreignEdit: ForeignEdit = {
  what: "an administrator blocks an address of their own in the same set",
  async edit(bench, resource) {
    const [Scope, Name, Id] = resource.id.split("/");
    const answer = await bench.aws("wafv2", "GetIPSet", { Scope, Name, Id }, resource);
    const { IPSet, LockToken } = answer as { IPSet: { Addresses: string[]; IPAddressVersion: string }; LockToken: string };
    const theirs = ADDRESSES[IPSet.IPAddressVersion === "IPV4" ? 0 : 1];
    await bench.aws("wafv2", "UpdateIPSet", { Scope, Name, Id, LockToken, Addresses: [...IPSet.Addresses, theirs] }, resource);
  },
  kept: (state) => ADDRESSES.some((address) => JSON.stringify(state).includes(address)),
};
