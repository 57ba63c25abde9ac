import {
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  type IpPermission,
  RevokeSecurityGroupEgressCommand,
  type SecurityGroup,
} from "@aws-sdk/client-ec2";
import { defect, ErError, type ResourceRef } from "../../../model/index.ts";
import { orAbsent, ProviderError, type ReadScope, type WriteScope } from "../../../providers/index.ts";
import { type Ec2, ec2Of, everyPage, type Place } from "./pages.ts";

/** What a group lets pass, one line per peer, sorted. Rules are looked at and never written: a group with rules is not touched. */
export type GroupState = { readonly rules: readonly string[] };

/**
 * Marks a group that we made. EC2 lets nobody change a group's description or name afterwards, so that neither can be given to
 * another group in use, nor taken from ours.
 */
export const DESCRIPTION = "Made by soc2-er for quarantine: lets nothing in or out";
const TAGS = [{ Key: "soc2-er", Value: "quarantine" }];

export function groupRef(place: Place, vpc: string, name: string): ResourceRef {
  return { provider: "aws", type: "security-group", account: place.account, region: place.region, id: `${vpc}/${name}` };
}

/** Names are unique in a VPC, which makes them fit to name a group that does not exist yet. */
export function partsOf({ id }: { readonly id: string }): { vpc: string; name: string } {
  const at = id.indexOf("/");
  return at < 0 ? defect(`"${id}" names no security group of a VPC`) : { vpc: id.slice(0, at), name: id.slice(at + 1) };
}

/**
 * How states of network interfaces call a group: by id, which a restore has to hit, but one that we made by its VPC and name,
 * because its id is not known when the plan is made.
 */
export function callGroup(group: SecurityGroup): string {
  const { GroupId, GroupName, VpcId } = group;
  if (GroupId === undefined) return defect("a security group has no id");
  return group.Description === DESCRIPTION ? `${VpcId}/${GroupName}` : GroupId;
}

/** The group that `callGroup` called so; null = absent. */
export async function groupCalled(ec2: Ec2, called: string): Promise<SecurityGroup | null> {
  if (called.startsWith("vpc-")) return findGroup(ec2, partsOf({ id: called }));
  const answer = await orAbsent(() => ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [called] })));
  return answer?.SecurityGroups?.[0] ?? null;
}

export async function findGroup(ec2: Ec2, { vpc, name }: { vpc: string; name: string }): Promise<SecurityGroup | null> {
  const Filters = [
    { Name: "vpc-id", Values: [vpc] },
    { Name: "group-name", Values: [name] },
  ];
  const found = await everyPage(
    (from) => ec2.send(new DescribeSecurityGroupsCommand({ Filters, ...from })),
    ({ SecurityGroups }) => SecurityGroups,
  );
  // Filters take wildcards; a name is meant as it stands.
  return found.find((group) => group.GroupName === name) ?? null;
}

export function rulesOf(group: SecurityGroup): string[] {
  const lines = [
    ...(group.IpPermissions ?? []).flatMap((permission) => sayPermission("in", permission)),
    ...(group.IpPermissionsEgress ?? []).flatMap((permission) => sayPermission("out", permission)),
  ];
  return lines.sort();
}

function sayPermission(direction: "in" | "out", permission: IpPermission): string[] {
  const { IpProtocol = "-1", FromPort, ToPort } = permission;
  const ports = IpProtocol === "-1" ? "all" : `${IpProtocol} ${FromPort ?? -1}-${ToPort ?? -1}`;
  const peers = [
    ...(permission.IpRanges ?? []).map(({ CidrIp }) => CidrIp),
    ...(permission.Ipv6Ranges ?? []).map(({ CidrIpv6 }) => CidrIpv6),
    ...(permission.UserIdGroupPairs ?? []).map(({ GroupId }) => GroupId),
    ...(permission.PrefixListIds ?? []).map(({ PrefixListId }) => PrefixListId),
  ];
  return peers.map((peer) => `${direction} ${ports} ${peer ?? "?"}`);
}

/**
 * Null = absent. A group of ours that still has the outbound rules it was born with and that nobody uses counts as absent: it
 * was left by a creation that was cut short, and `makeGroup` completes it.
 */
export async function readGroup(scope: ReadScope, resource: ResourceRef): Promise<GroupState | null> {
  const ec2 = await ec2Of(scope, resource);
  const group = await findGroup(ec2, partsOf(resource));
  if (group === null) return null;
  const rules = rulesOf(group);
  return isBegun(group, rules) && !(await isUsed(ec2, group)) ? null : { rules };
}

const BORN_WITH = ["out all 0.0.0.0/0", "out all ::/0"];

function isBegun(group: SecurityGroup, rules: readonly string[]): boolean {
  return group.Description === DESCRIPTION && rules.length > 0 && rules.every((rule) => BORN_WITH.includes(rule));
}

async function isUsed(ec2: Ec2, group: SecurityGroup): Promise<boolean> {
  const Filters = [{ Name: "group-id", Values: [group.GroupId ?? ""] }];
  const users = await everyPage(
    (from) => ec2.send(new DescribeNetworkInterfacesCommand({ Filters, ...from })),
    ({ NetworkInterfaces }) => NetworkInterfaces,
  );
  return users.length > 0;
}

/**
 * Two calls, because EC2 makes no group without outbound rules. Nothing uses the group between them, and an interface is moved
 * into it only once it is seen without rules.
 */
export async function makeGroup(scope: WriteScope, resource: ResourceRef): Promise<void> {
  const ec2 = await ec2Of(scope, resource);
  const { vpc, name } = partsOf(resource);
  if ((await findGroup(ec2, partsOf(resource))) === null) {
    await ec2.send(
      new CreateSecurityGroupCommand({
        GroupName: name,
        Description: DESCRIPTION,
        VpcId: vpc,
        TagSpecifications: [{ ResourceType: "security-group", Tags: TAGS }],
      }),
    );
  }
  const group = await findGroup(ec2, partsOf(resource));
  const egress = group?.IpPermissionsEgress ?? [];
  // A new group may not be visible yet; looking again and completing it is the engine's.
  if (group?.GroupId === undefined || group.Description !== DESCRIPTION || egress.length === 0)
    throw notAsRead("RevokeSecurityGroupEgress", resource.id);
  await ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId: group.GroupId, IpPermissions: egress }));
}

/** EC2 refuses it while an interface uses the group. */
export async function removeGroup(scope: WriteScope, resource: ResourceRef): Promise<void> {
  const ec2 = await ec2Of(scope, resource);
  const group = await findGroup(ec2, partsOf(resource));
  if (group?.GroupId === undefined) throw notAsRead("DeleteSecurityGroup", resource.id);
  await ec2.send(new DeleteSecurityGroupCommand({ GroupId: group.GroupId }));
}

export function notAsRead(operation: string, id: string): ProviderError {
  return new ProviderError("conflict", {
    service: "aws.ec2",
    operation,
    providerCode: "",
    status: null,
    requestId: null,
    message: `security group "${id}" is not there as it was read just now`,
  });
}

/** Errors: `quarantine-group-open`. */
export function refuseOpen(group: SecurityGroup, { region }: Place): void {
  const rules = rulesOf(group);
  if (rules.length === 0) return;
  const more = rules.length > 3 ? `; and ${rules.length - 3} more` : "";
  throw new ErError(
    "quarantine-group-open",
    `quarantine group "${group.GroupName}" (${group.GroupId}) lets traffic pass: ${rules.slice(0, 3).join("; ")}${more}`,
    {
      hints: [
        `aws ec2 describe-security-group-rules --region ${region} --filters Name=group-id,Values=${group.GroupId}`,
        "remove its rules, or name a group without rules",
      ],
      detail: { group: group.GroupId ?? "", rules },
    },
  );
}
