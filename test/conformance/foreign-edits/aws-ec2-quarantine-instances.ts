import type { ForeignEdit } from "../bench.ts";

/** The first planned change is the quarantine group itself: the edit that a rollback must not swallow is a rule in it. */
export const foreignEdit: ForeignEdit = {
  what: "an administrator lets the examiners' network into the quarantine group, or puts the network interface into a group of theirs",
  async edit(bench, resource) {
    const ask = <T>(operation: string, input: object) => bench.aws("ec2", operation, input, resource) as Promise<T>;
    if (resource.type === "security-group") {
      const [vpc = "", name = ""] = resource.id.split("/");
      const Filters = [
        { Name: "vpc-id", Values: [vpc] },
        { Name: "group-name", Values: [name] },
      ];
      const { SecurityGroups } = await ask<{ SecurityGroups: { GroupId: string }[] }>("DescribeSecurityGroups", { Filters });
      const IpPermissions = [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "198.51.100.0/24" }] }];
      await ask("AuthorizeSecurityGroupIngress", { GroupId: SecurityGroups[0]?.GroupId, IpPermissions });
      return;
    }
    const { NetworkInterfaces } = await ask<{ NetworkInterfaces: { VpcId: string; Groups: { GroupId: string }[] }[] }>(
      "DescribeNetworkInterfaces",
      { NetworkInterfaceIds: [resource.id] },
    );
    const [nic] = NetworkInterfaces;
    const { GroupId } = await ask<{ GroupId: string }>("CreateSecurityGroup", {
      GroupName: "admin-edit",
      Description: "examiners",
      VpcId: nic?.VpcId,
    });
    const Groups = [...(nic?.Groups ?? []).map((group) => group.GroupId), GroupId];
    await ask("ModifyNetworkInterfaceAttribute", { NetworkInterfaceId: resource.id, Groups });
  },
  kept: (state) => {
    const { rules, groups } = (state ?? {}) as { rules?: string[]; groups?: string[] };
    // The group that is neither one of the estate's nor the quarantine's, which has no id there.
    return rules?.includes("in tcp 22-22 198.51.100.0/24") ?? groups?.some((group) => /^sg-0[0-9a-f]{16}$/.test(group)) ?? false;
  },
};
