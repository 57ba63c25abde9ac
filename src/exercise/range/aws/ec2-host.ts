import type * as EC2 from "@aws-sdk/client-ec2";
import { ec2 } from "../keys.ts";
import type { FlowRow, GroupRow, InstanceRow, InterfaceRow, VpcRow } from "../rows.ts";
import { byIds, ec2Arn, ec2Page, ec2Tags, groupOf, interfaceOf, matchesFilters } from "./ec2-common.ts";
import { describeOptions } from "./ec2-instance.ts";
import { AwsFault } from "./fault.ts";
import { type Call, type Operation, operation } from "./operation.ts";

const MOST_GROUPS = 5;
const STATE_CODES = { running: 16, stopped: 80, terminated: 48 } as const;

function interfaces(call: Call): InterfaceRow[] {
  return call.tx.list<InterfaceRow>(ec2.networkInterface(call.account, call.region, "")).map((row) => row.value);
}

function groupNames(call: Call, ids: readonly string[]): EC2.GroupIdentifier[] {
  return ids.map((id) => ({ GroupId: id, GroupName: call.tx.newest<GroupRow>(ec2.group(call.account, call.region, id))?.name }));
}

function attachment(nic: InterfaceRow) {
  return {
    AttachmentId: `eni-attach-${nic.id.slice("eni-".length)}`,
    DeviceIndex: nic.index,
    NetworkCardIndex: 0,
    Status: "attached" as const,
    AttachTime: new Date(nic.attached),
    DeleteOnTermination: nic.index === 0,
  };
}

function describeInstance(call: Call, row: InstanceRow): EC2.Instance {
  const attached = interfaces(call)
    .filter((nic) => nic.instance === row.id)
    .sort((left, right) => left.index - right.index);
  const primary = attached[0];
  return {
    InstanceId: row.id,
    InstanceType: "t3.medium",
    State: { Code: STATE_CODES[row.state], Name: row.state },
    LaunchTime: new Date(row.launched),
    VpcId: row.vpc,
    SubnetId: row.subnet,
    PrivateIpAddress: primary?.address,
    SourceDestCheck: true,
    SecurityGroups: groupNames(call, primary?.groups ?? []),
    NetworkInterfaces: attached.map((nic) => ({
      NetworkInterfaceId: nic.id,
      OwnerId: call.account,
      Status: "in-use",
      InterfaceType: "interface",
      VpcId: nic.vpc,
      SubnetId: nic.subnet,
      PrivateIpAddress: nic.address,
      PrivateIpAddresses: [{ PrivateIpAddress: nic.address, Primary: true }],
      Groups: groupNames(call, nic.groups),
      Attachment: attachment(nic),
    })),
    ...(row.profile === null ? {} : { IamInstanceProfile: { Arn: row.profile, Id: `AIPA${row.id.slice(2).toUpperCase()}` } }),
    RootDeviceType: "ebs",
    RootDeviceName: device(0),
    BlockDeviceMappings: row.volumes.map((VolumeId, index) => ({
      DeviceName: device(index),
      Ebs: { VolumeId, Status: "attached", AttachTime: new Date(row.launched), DeleteOnTermination: index === 0 },
    })),
    MetadataOptions: describeOptions(row),
    Tags: ec2Tags(row.tags),
  };
}

function device(index: number): string {
  return index === 0 ? "/dev/xvda" : `/dev/sd${"fghijklmnop"[index - 1]}`;
}

function describeInterface(call: Call, nic: InterfaceRow): EC2.NetworkInterface {
  return {
    NetworkInterfaceId: nic.id,
    OwnerId: call.account,
    Status: "in-use",
    InterfaceType: "interface",
    RequesterManaged: false,
    VpcId: nic.vpc,
    SubnetId: nic.subnet,
    PrivateIpAddress: nic.address,
    PrivateIpAddresses: [{ PrivateIpAddress: nic.address, Primary: true }],
    Groups: groupNames(call, nic.groups),
    ...(nic.instance === null
      ? {}
      : { Attachment: { ...attachment(nic), InstanceId: nic.instance, InstanceOwnerId: call.account } }),
    TagSet: ec2Tags(nic.tags),
  };
}

function instanceMatches(call: Call, row: InstanceRow, filters: EC2.Filter[] | undefined): boolean {
  return matchesFilters(filters, row.tags, {
    "instance-id": [row.id],
    "instance-state-name": [row.state],
    "vpc-id": [row.vpc],
    "subnet-id": [row.subnet],
    "iam-instance-profile.arn": [row.profile ?? undefined],
    "network-interface.network-interface-id": interfaces(call)
      .filter((nic) => nic.instance === row.id)
      .map((nic) => nic.id),
  });
}

function modifyInterface(call: Call<EC2.ModifyNetworkInterfaceAttributeCommandInput>): Record<string, never> {
  const nic = interfaceOf(call, call.input.NetworkInterfaceId);
  const asked = call.input.Groups;
  if (asked === undefined) return {};
  if (asked.length === 0) throw new AwsFault("InvalidParameterValue", 400, "Interfaces must have at least one security group");
  if (asked.length > MOST_GROUPS)
    throw new AwsFault(
      "SecurityGroupsPerInterfaceLimitExceeded",
      400,
      "The maximum number of security groups per interface has been reached.",
    );
  const groups = asked.map((id) => groupOf(call, id));
  if (groups.some((group) => group.vpc !== nic.vpc)) {
    throw new AwsFault("InvalidParameterValue", 400, "You have specified two resources that belong to different networks.");
  }
  call.put("security-group", ec2.networkInterface(call.account, call.region, nic.id), { ...nic, groups: asked });
  if (allowsAll(groups)) untrack(call, nic.id);
  return {};
}

function allowsAll(groups: readonly GroupRow[]): boolean {
  const rules = groups.flatMap((group) => group.rules).filter((rule) => rule.protocol === "-1" && rule.ipv4 === "0.0.0.0/0");
  return ["in", "out"].every((direction) => rules.some((rule) => rule.direction === direction));
}

/** Behind a group that allows everything both ways a connection is no longer tracked: the next change of groups cuts it. */
function untrack(call: Call, nic: string): void {
  for (const { key, value } of call.tx.list<FlowRow>(ec2.flow(call.account, call.region, ""))) {
    if (value.interface === nic && value.tracked) call.put("security-group", key, { ...value, tracked: false });
  }
}

export const ec2HostOperations: Operation[] = [
  operation<EC2.DescribeInstancesCommandInput, EC2.DescribeInstancesCommandOutput>("ec2", "DescribeInstances", {
    iam: "ec2:DescribeInstances",
    answer(call) {
      const all = call.tx.list<InstanceRow>(ec2.instance(call.account, call.region, "")).map((row) => row.value);
      const wanted = byIds(all, call.input.InstanceIds, "InvalidInstanceID.NotFound", "instance ID");
      const found = wanted.filter((row) => instanceMatches(call, row, call.input.Filters));
      const { items, rest } = ec2Page(call, found);
      const Reservations = items.map((row) => ({
        ReservationId: `r-${row.id.slice(2)}`,
        OwnerId: call.account,
        Groups: [],
        Instances: [describeInstance(call, row)],
      }));
      return { Reservations, ...rest };
    },
  }),
  operation<EC2.DescribeNetworkInterfacesCommandInput, EC2.DescribeNetworkInterfacesCommandOutput>(
    "ec2",
    "DescribeNetworkInterfaces",
    {
      iam: "ec2:DescribeNetworkInterfaces",
      answer(call) {
        const wanted = byIds(
          interfaces(call),
          call.input.NetworkInterfaceIds,
          "InvalidNetworkInterfaceID.NotFound",
          "networkInterface ID",
        );
        const found = wanted.filter((nic) =>
          matchesFilters(call.input.Filters, nic.tags, {
            "network-interface-id": [nic.id],
            "attachment.instance-id": [nic.instance ?? undefined],
            "vpc-id": [nic.vpc],
            "subnet-id": [nic.subnet],
            "group-id": nic.groups,
            "private-ip-address": [nic.address],
          }),
        );
        const { items, rest } = ec2Page(call, found);
        return { NetworkInterfaces: items.map((nic) => describeInterface(call, nic)), ...rest };
      },
    },
  ),
  operation<EC2.ModifyNetworkInterfaceAttributeCommandInput, EC2.ModifyNetworkInterfaceAttributeCommandOutput>(
    "ec2",
    "ModifyNetworkInterfaceAttribute",
    {
      iam: "ec2:ModifyNetworkInterfaceAttribute",
      resource: (call) => ec2Arn(call, "network-interface", call.input.NetworkInterfaceId),
      answer: modifyInterface,
    },
  ),
  operation<EC2.DescribeVpcsCommandInput, EC2.DescribeVpcsCommandOutput>("ec2", "DescribeVpcs", {
    iam: "ec2:DescribeVpcs",
    answer(call) {
      const all = call.tx.list<VpcRow>(ec2.vpc(call.account, call.region, "")).map((row) => row.value);
      const wanted = byIds(all, call.input.VpcIds, "InvalidVpcID.NotFound", "vpc ID");
      const found = wanted.filter((vpc) =>
        matchesFilters(call.input.Filters, vpc.tags, { "vpc-id": [vpc.id], cidr: [vpc.cidr], state: ["available"] }),
      );
      const { items, rest } = ec2Page(call, found);
      return { Vpcs: items.map((vpc) => describeVpc(call.account, vpc)), ...rest };
    },
  }),
];

function describeVpc(account: string, vpc: VpcRow): EC2.Vpc {
  const associated = {
    AssociationId: `vpc-cidr-assoc-${vpc.id.slice(4)}`,
    Ipv6CidrBlock: vpc.ipv6Cidr ?? undefined,
    Ipv6CidrBlockState: { State: "associated" as const },
  };
  return {
    VpcId: vpc.id,
    OwnerId: account,
    CidrBlock: vpc.cidr,
    State: "available",
    IsDefault: false,
    InstanceTenancy: "default",
    DhcpOptionsId: "default",
    ...(vpc.ipv6Cidr === null ? {} : { Ipv6CidrBlockAssociationSet: [associated] }),
    Tags: ec2Tags(vpc.tags),
  };
}
