import type * as EC2 from "@aws-sdk/client-ec2";
import { parseCidr } from "../../../model/index.ts";
import { ec2 } from "../keys.ts";
import type { AclEntry, AclRow, SubnetRow } from "../rows.ts";
import { aclOf, byIds, ec2Arn, ec2Page, ec2Tags, matchesFilters } from "./ec2-common.ts";
import { AwsFault } from "./fault.ts";
import { type Call, type Operation, operation } from "./operation.ts";

/** Rules per direction and address family, the final deny included. */
const MOST_RULES = 20;
const LAST_RULE_NUMBER = 32_766;

type OnEntry = Pick<
  EC2.CreateNetworkAclEntryCommandInput,
  "NetworkAclId" | "RuleNumber" | "Protocol" | "RuleAction" | "Egress" | "CidrBlock" | "Ipv6CidrBlock" | "PortRange"
>;

function describeAcl(call: Call, acl: AclRow): EC2.NetworkAcl {
  return {
    NetworkAclId: acl.id,
    VpcId: acl.vpc,
    OwnerId: call.account,
    IsDefault: acl.isDefault,
    Associations: acl.subnets.map((subnet) => ({
      NetworkAclAssociationId: associationOf(call, subnet),
      NetworkAclId: acl.id,
      SubnetId: subnet,
    })),
    Entries: [...acl.entries].sort(order).map(describeEntry),
    Tags: ec2Tags(acl.tags),
  };
}

function associationOf(call: Call, subnet: string): string {
  const row = call.tx.newest<SubnetRow>(ec2.subnet(call.account, call.region, subnet));
  return row?.association ?? `aclassoc-${subnet.slice("subnet-".length)}`;
}

/** EC2 lists outbound entries first, each direction by number. */
function order(left: AclEntry, right: AclEntry): number {
  if (left.direction !== right.direction) return left.direction === "out" ? -1 : 1;
  return left.number - right.number;
}

function describeEntry(entry: AclEntry): EC2.NetworkAclEntry {
  return {
    RuleNumber: entry.number,
    RuleAction: entry.action,
    Egress: entry.direction === "out",
    Protocol: entry.protocol,
    ...(entry.cidr === undefined ? {} : { CidrBlock: entry.cidr }),
    ...(entry.ipv6Cidr === undefined ? {} : { Ipv6CidrBlock: entry.ipv6Cidr }),
    ...(entry.ports === undefined ? {} : { PortRange: { From: entry.ports.from, To: entry.ports.to } }),
  };
}

function entryOf(input: OnEntry): AclEntry {
  const { RuleNumber = 0, Protocol = "-1", RuleAction, Egress, CidrBlock, Ipv6CidrBlock, PortRange } = input;
  if (!(Number.isInteger(RuleNumber) && RuleNumber >= 1 && RuleNumber <= LAST_RULE_NUMBER)) {
    throw new AwsFault("InvalidParameterValue", 400, `Value (${RuleNumber}) for parameter ruleNumber is invalid.`);
  }
  if ((CidrBlock === undefined) === (Ipv6CidrBlock === undefined)) {
    throw new AwsFault(
      "InvalidParameterCombination",
      400,
      "Exactly one of the parameters cidrBlock and ipv6CidrBlock must be given",
    );
  }
  if ((Protocol === "6" || Protocol === "17") && PortRange === undefined) {
    throw new AwsFault("MissingParameter", 400, "The request must contain the parameter portRange");
  }
  const common = {
    number: RuleNumber,
    direction: Egress === true ? ("out" as const) : ("in" as const),
    action: RuleAction === "allow" ? ("allow" as const) : ("deny" as const),
    protocol: Protocol,
    ...(PortRange === undefined ? {} : { ports: { from: PortRange.From ?? 0, to: PortRange.To ?? 65_535 } }),
  };
  return CidrBlock === undefined
    ? { ...common, ipv6Cidr: network(Ipv6CidrBlock, 6) }
    : { ...common, cidr: network(CidrBlock, 4) };
}

function network(text: string | undefined, family: 4 | 6): string {
  const cidr = parseCidr(text ?? "");
  if (cidr === null || cidr.family !== family)
    throw new AwsFault("InvalidParameterValue", 400, `Value (${text}) for parameter cidrBlock is invalid.`);
  return cidr.text;
}

const samePlace = (left: { number: number; direction: string }, right: { number: number; direction: string }) =>
  left.number === right.number && left.direction === right.direction;

function save(call: Call, acl: AclRow): Record<string, never> {
  call.put("network-acl", ec2.acl(call.account, call.region, acl.id), acl);
  return {};
}

/** The entry to delete or replace. A number names one entry per direction, whatever its address family. */
function present(acl: AclRow, input: OnEntry): AclEntry {
  const place = { number: input.RuleNumber ?? 0, direction: input.Egress === true ? "out" : "in" };
  const entry = acl.entries.find((candidate) => samePlace(candidate, place));
  if (entry === undefined || entry.number > LAST_RULE_NUMBER) {
    const direction = place.direction === "out" ? "egress" : "ingress";
    throw new AwsFault(
      "InvalidNetworkAclEntry.NotFound",
      400,
      `The ${direction} entry with rule number ${place.number} does not exist in ${acl.id}`,
    );
  }
  return entry;
}

function createEntry(call: Call<OnEntry>): Record<string, never> {
  const acl = aclOf(call, call.input.NetworkAclId);
  const entry = entryOf(call.input);
  if (acl.entries.some((other) => samePlace(other, entry))) {
    throw new AwsFault(
      "NetworkAclEntryAlreadyExists",
      400,
      `The network acl entry identified by ${entry.number} already exists.`,
    );
  }
  const family = (one: AclEntry) => (one.cidr === undefined ? 6 : 4);
  const peers = acl.entries.filter((other) => other.direction === entry.direction && family(other) === family(entry));
  if (peers.length >= MOST_RULES) {
    throw new AwsFault(
      "NetworkAclEntryLimitExceeded",
      400,
      `The maximum number of network acl entries has been reached for ${acl.id}`,
    );
  }
  return save(call, { ...acl, entries: [...acl.entries, entry] });
}

function replaceEntry(call: Call<OnEntry>): Record<string, never> {
  const acl = aclOf(call, call.input.NetworkAclId);
  const old = present(acl, call.input);
  const entry = entryOf(call.input);
  return save(call, { ...acl, entries: acl.entries.map((other) => (other === old ? entry : other)) });
}

function subnets(call: Call): SubnetRow[] {
  return call.tx.list<SubnetRow>(ec2.subnet(call.account, call.region, "")).map((row) => row.value);
}

/** The new association has a new id. */
function replaceAssociation(call: Call<EC2.ReplaceNetworkAclAssociationCommandInput>) {
  const { AssociationId, NetworkAclId } = call.input;
  const subnet = subnets(call).find(({ id }) => associationOf(call, id) === AssociationId);
  if (subnet === undefined) {
    throw new AwsFault("InvalidAssociationID.NotFound", 400, `The association ID '${AssociationId}' does not exist`);
  }
  const to = aclOf(call, NetworkAclId);
  if (to.vpc !== subnet.vpc) throw new AwsFault("InvalidParameterValue", 400, `${to.id} and ${subnet.id} are in different VPCs`);
  const from = aclOf(call, subnet.acl);
  save(call, { ...from, subnets: from.subnets.filter((id) => id !== subnet.id) });
  const now = aclOf(call, to.id);
  save(call, { ...now, subnets: [...now.subnets, subnet.id].sort() });
  const association = `aclassoc-0${call.newId(16)}`;
  call.put("network-acl", ec2.subnet(call.account, call.region, subnet.id), { ...subnet, acl: to.id, association });
  return { NewAssociationId: association };
}

const onAcl = (call: Call<OnEntry>) => ec2Arn(call, "network-acl", call.input.NetworkAclId);

export const ec2AclOperations: Operation[] = [
  operation<EC2.DescribeNetworkAclsCommandInput, EC2.DescribeNetworkAclsCommandOutput>("ec2", "DescribeNetworkAcls", {
    iam: "ec2:DescribeNetworkAcls",
    answer(call) {
      const all = call.tx.list<AclRow>(ec2.acl(call.account, call.region, "")).map((row) => row.value);
      const wanted = byIds(all, call.input.NetworkAclIds, "InvalidNetworkAclID.NotFound", "networkAcl ID");
      const found = wanted.filter((acl) =>
        matchesFilters(call.input.Filters, acl.tags, {
          "network-acl-id": [acl.id],
          "vpc-id": [acl.vpc],
          default: [String(acl.isDefault)],
          "association.subnet-id": acl.subnets,
        }),
      );
      const { items, rest } = ec2Page(call, found);
      return { NetworkAcls: items.map((acl) => describeAcl(call, acl)), ...rest };
    },
  }),
  operation<EC2.DescribeSubnetsCommandInput, EC2.DescribeSubnetsCommandOutput>("ec2", "DescribeSubnets", {
    iam: "ec2:DescribeSubnets",
    answer(call) {
      const wanted = byIds(subnets(call), call.input.SubnetIds, "InvalidSubnetID.NotFound", "subnet ID");
      const found = wanted.filter(({ id, vpc, tags = {} }) =>
        matchesFilters(call.input.Filters, tags, { "subnet-id": [id], "vpc-id": [vpc] }),
      );
      const { items, rest } = ec2Page(call, found);
      const described = items.map(({ id, vpc, cidr, tags = {} }) => ({
        SubnetId: id,
        VpcId: vpc,
        CidrBlock: cidr,
        Tags: ec2Tags(tags),
      }));
      return { Subnets: described, ...rest };
    },
  }),
  operation<EC2.ReplaceNetworkAclAssociationCommandInput, EC2.ReplaceNetworkAclAssociationCommandOutput>(
    "ec2",
    "ReplaceNetworkAclAssociation",
    {
      iam: "ec2:ReplaceNetworkAclAssociation",
      resource: (call) => ec2Arn(call, "network-acl", call.input.NetworkAclId),
      answer: replaceAssociation,
    },
  ),
  operation<EC2.CreateNetworkAclEntryCommandInput, EC2.CreateNetworkAclEntryCommandOutput>("ec2", "CreateNetworkAclEntry", {
    iam: "ec2:CreateNetworkAclEntry",
    resource: onAcl,
    answer: createEntry,
  }),
  operation<EC2.ReplaceNetworkAclEntryCommandInput, EC2.ReplaceNetworkAclEntryCommandOutput>("ec2", "ReplaceNetworkAclEntry", {
    iam: "ec2:ReplaceNetworkAclEntry",
    resource: onAcl,
    answer: replaceEntry,
  }),
  operation<EC2.DeleteNetworkAclEntryCommandInput, EC2.DeleteNetworkAclEntryCommandOutput>("ec2", "DeleteNetworkAclEntry", {
    iam: "ec2:DeleteNetworkAclEntry",
    resource: (call) => ec2Arn(call, "network-acl", call.input.NetworkAclId),
    answer(call) {
      const acl = aclOf(call, call.input.NetworkAclId);
      const old = present(acl, call.input as OnEntry);
      return save(call, { ...acl, entries: acl.entries.filter((entry) => entry !== old) });
    },
  }),
];
