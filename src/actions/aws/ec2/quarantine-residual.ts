import { DescribeInstancesCommand, type NetworkInterface } from "@aws-sdk/client-ec2";
import type { ResidualAccess, ResourceRef } from "../../../model/index.ts";
import { orAbsent, type ReadScope } from "../../../providers/index.ts";
import { findInterface } from "./interfaces.ts";
import { type Ec2, ec2Of } from "./pages.ts";

/** What a quarantined interface, and the instance behind it, still let an attacker do. */
export async function residualOf(scope: ReadScope, resource: ResourceRef): Promise<ResidualAccess[]> {
  const ec2 = await ec2Of(scope, resource);
  const nic = await findInterface(ec2, resource.id);
  if (nic === null) return [];
  const connections = await openConnections(scope, resource, nic);
  // What concerns the instance is said once, at its first interface.
  if (nic.Attachment?.DeviceIndex !== 0) return connections;
  return [...connections, ...(await ofInstance(ec2, nic.Attachment.InstanceId))];
}

async function openConnections(
  scope: ReadScope,
  { account, region, id }: ResourceRef,
  nic: NetworkInterface,
): Promise<ResidualAccess[]> {
  const place = { kind: "flow", provider: "aws", account, region, at: id, peer: "*", direction: "both" } as const;
  const seen = (await scope.effects?.ask({ ...place, established: true })) ?? "unknown";
  if (seen === "blocked") return [];
  const idle = nic.ConnectionTrackingConfiguration?.TcpEstablishedTimeout;
  return [
    {
      what: `${seen === "open" ? "tracked connections that are open" : "connections that were open and tracked"} at ${id}${peerOf(nic)}`,
      until: `until each is closed or idle for ${idle === undefined ? "5 days (350 seconds on Nitro v6 instances)" : `${idle} seconds`}`,
      why: "a change of security groups does not interrupt what is being tracked; a network ACL cuts it, one that denies the peer (soc2-er block ip), or that of a subnet of the tenant's hosts alone (quarantine-hosts --param subnets=TENANT)",
    },
  ];
}

function peerOf({ PrivateIpAddress, Attachment }: NetworkInterface): string {
  const said = [Attachment?.InstanceId, PrivateIpAddress].filter((part) => part !== undefined);
  return said.length === 0 ? "" : ` (${said.join(", ")})`;
}

async function ofInstance(ec2: Ec2, id: string | undefined): Promise<ResidualAccess[]> {
  if (id === undefined) return [];
  const answer = await orAbsent(() => ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] })));
  const profile = answer?.Reservations?.[0]?.Instances?.[0]?.IamInstanceProfile?.Arn;
  const resolver: ResidualAccess = {
    what: `name resolution through the VPC's resolver, and the instance metadata service, from ${id}`,
    until: "until the instance is stopped",
    why: "neither is filtered by security groups or network ACLs: data can leave in DNS queries unless a DNS firewall stops them",
  };
  if (profile === undefined) return [resolver];
  const name = profile.split("/").at(-1) ?? profile;
  return [
    {
      what: `credentials of instance profile "${name}" that ${id} handed out, wherever they were taken`,
      until: "until they expire, about 6 hours after their issue",
      why: "quarantine stops the host and not its credentials: revoke the role's sessions (soc2-er revoke aws:role/…)",
    },
    resolver,
  ];
}
