import type * as EC2 from "@aws-sdk/client-ec2";
import { parseCidr } from "../../../model/index.ts";
import { ec2, elbv2, rds } from "../keys.ts";
import type { GroupRow, GroupRule, InterfaceRow, LoadBalancerRow, VpcRow } from "../rows.ts";
import type { DatabaseRow } from "../service-rows.ts";
import { byIds, ec2Arn, ec2Page, ec2Tags, groupOf, matchesFilters, newTags } from "./ec2-common.ts";
import { AwsFault } from "./fault.ts";
import { type Call, type Operation, operation } from "./operation.ts";

type Peer = Pick<GroupRule, "ipv4" | "ipv6" | "group" | "description">;

function groups(call: Call): GroupRow[] {
  return call.tx.list<GroupRow>(ec2.group(call.account, call.region, "")).map((row) => row.value);
}

function save(call: Call, group: GroupRow): void {
  call.put("security-group", ec2.group(call.account, call.region, group.id), group);
}

/** Rules in the older form: one entry per protocol and ports, with its peers. */
function permissions(call: Call, rules: readonly GroupRule[]): EC2.IpPermission[] {
  const byPorts = Map.groupBy(rules, (rule) => `${rule.protocol} ${rule.from} ${rule.to}`);
  return [...byPorts.values()].map((same) => ({
    IpProtocol: same[0]?.protocol,
    ...(same[0]?.protocol === "-1" ? {} : { FromPort: same[0]?.from, ToPort: same[0]?.to }),
    IpRanges: same.flatMap(({ ipv4, description }) => (ipv4 === undefined ? [] : [{ CidrIp: ipv4, ...described(description) }])),
    Ipv6Ranges: same.flatMap(({ ipv6, description }) =>
      ipv6 === undefined ? [] : [{ CidrIpv6: ipv6, ...described(description) }],
    ),
    UserIdGroupPairs: same.flatMap(({ group, description }) =>
      group === undefined ? [] : [{ GroupId: group, UserId: call.account, ...described(description) }],
    ),
    PrefixListIds: [],
  }));
}

function described(description: string | undefined): { Description?: string } {
  return description === undefined ? {} : { Description: description };
}

function describeGroup(call: Call, group: GroupRow): EC2.SecurityGroup {
  return {
    GroupId: group.id,
    GroupName: group.name,
    Description: group.description,
    OwnerId: call.account,
    VpcId: group.vpc,
    SecurityGroupArn: ec2Arn(call, "security-group", group.id),
    IpPermissions: permissions(
      call,
      group.rules.filter((rule) => rule.direction === "in"),
    ),
    IpPermissionsEgress: permissions(
      call,
      group.rules.filter((rule) => rule.direction === "out"),
    ),
    Tags: ec2Tags(group.tags),
  };
}

function describeRule(call: Call, group: GroupRow, rule: GroupRule): EC2.SecurityGroupRule {
  return {
    SecurityGroupRuleId: rule.id,
    GroupId: group.id,
    GroupOwnerId: call.account,
    IsEgress: rule.direction === "out",
    IpProtocol: rule.protocol,
    FromPort: rule.from,
    ToPort: rule.to,
    ...(rule.ipv4 === undefined ? {} : { CidrIpv4: rule.ipv4 }),
    ...(rule.ipv6 === undefined ? {} : { CidrIpv6: rule.ipv6 }),
    ...(rule.group === undefined ? {} : { ReferencedGroupInfo: { GroupId: rule.group, UserId: call.account } }),
    ...described(rule.description),
    Tags: [],
  };
}

/** One rule per peer, as EC2 splits what it is given. */
function newRules(call: Call, direction: "in" | "out", asked: readonly EC2.IpPermission[]): GroupRule[] {
  return asked.flatMap((permission) => {
    const protocol = permission.IpProtocol ?? "";
    const ports = protocol === "-1" ? { from: -1, to: -1 } : { from: permission.FromPort ?? -1, to: permission.ToPort ?? -1 };
    return peersIn(permission).map((peer) => ({ id: `sgr-0${call.newId(16)}`, direction, protocol, ...ports, ...peer }));
  });
}

function peersIn(permission: EC2.IpPermission): Peer[] {
  const note = (description: string | undefined) => (description === undefined ? {} : { description });
  return [
    ...(permission.IpRanges ?? []).map((range) => ({ ipv4: network(range.CidrIp, 4), ...note(range.Description) })),
    ...(permission.Ipv6Ranges ?? []).map((range) => ({ ipv6: network(range.CidrIpv6, 6), ...note(range.Description) })),
    ...(permission.UserIdGroupPairs ?? []).map((pair) => ({ group: pair.GroupId ?? "", ...note(pair.Description) })),
  ];
}

function network(text: string | undefined, family: 4 | 6): string {
  const cidr = parseCidr(text ?? "");
  if (cidr === null || cidr.family !== family)
    throw new AwsFault("InvalidParameterValue", 400, `CIDR block ${text} is malformed`);
  return cidr.text;
}

function sameRule(left: GroupRule, right: GroupRule): boolean {
  const say = (rule: GroupRule) =>
    [rule.direction, rule.protocol, rule.from, rule.to, rule.ipv4, rule.ipv6, rule.group].join("|");
  return say(left) === say(right);
}

const egressOfANewGroup = (call: Call, vpc: VpcRow): GroupRule[] =>
  newRules(call, "out", [
    {
      IpProtocol: "-1",
      IpRanges: [{ CidrIp: "0.0.0.0/0" }],
      ...(vpc.ipv6Cidr === null ? {} : { Ipv6Ranges: [{ CidrIpv6: "::/0" }] }),
    },
  ]);

function createGroup(call: Call<EC2.CreateSecurityGroupCommandInput>) {
  const { VpcId = "", GroupName = "", Description = "", TagSpecifications } = call.input;
  const vpc = call.tx.newest<VpcRow>(ec2.vpc(call.account, call.region, VpcId));
  if (vpc === null) throw new AwsFault("InvalidVpcID.NotFound", 400, `The vpc ID '${VpcId}' does not exist`);
  if (groups(call).some((group) => group.vpc === VpcId && group.name === GroupName)) {
    throw new AwsFault("InvalidGroup.Duplicate", 400, `The security group '${GroupName}' already exists for VPC '${VpcId}'`);
  }
  const tags = newTags(TagSpecifications);
  const group: GroupRow = {
    id: `sg-0${call.newId(16)}`,
    name: GroupName,
    description: Description,
    vpc: VpcId,
    rules: egressOfANewGroup(call, vpc),
    tags,
  };
  save(call, group);
  return { GroupId: group.id, SecurityGroupArn: ec2Arn(call, "security-group", group.id), Tags: ec2Tags(tags) };
}

function revokeEgress(call: Call<EC2.RevokeSecurityGroupEgressCommandInput>) {
  const group = groupOf(call, call.input.GroupId);
  const ids = call.input.SecurityGroupRuleIds ?? [];
  const asked = newRules(call, "out", call.input.IpPermissions ?? []);
  const egress = group.rules.filter((rule) => rule.direction === "out");
  const missing = ids.find((id) => !egress.some((rule) => rule.id === id));
  if (missing !== undefined)
    throw new AwsFault("InvalidSecurityGroupRuleId.NotFound", 400, `The security group rule ID '${missing}' does not exist`);
  if (!asked.every((rule) => egress.some((present) => sameRule(rule, present)))) {
    throw new AwsFault("InvalidPermission.NotFound", 400, "The specified rule does not exist in this security group.");
  }
  const revoked = egress.filter((rule) => ids.includes(rule.id) || asked.some((other) => sameRule(rule, other)));
  save(call, { ...group, rules: group.rules.filter((rule) => !revoked.includes(rule)) });
  return {
    Return: true,
    RevokedSecurityGroupRules: revoked.map((rule) => ({ SecurityGroupRuleId: rule.id, GroupId: group.id, IsEgress: true })),
  };
}

type OnRules = Pick<
  EC2.AuthorizeSecurityGroupIngressCommandInput,
  "GroupId" | "IpPermissions" | "IpProtocol" | "CidrIp" | "FromPort" | "ToPort"
>;

const authorize = (direction: "in" | "out") => (call: Call<OnRules>) => {
  const group = groupOf(call, call.input.GroupId);
  const { IpPermissions, IpProtocol, CidrIp, FromPort, ToPort } = call.input;
  const short = CidrIp === undefined ? [] : [{ IpProtocol, FromPort, ToPort, IpRanges: [{ CidrIp }] }];
  const rules = newRules(call, direction, [...(IpPermissions ?? []), ...short]);
  if (rules.length === 0) throw new AwsFault("InvalidParameterCombination", 400, "No rule was given");
  if (rules.some((rule) => group.rules.some((present) => sameRule(rule, present)))) {
    throw new AwsFault("InvalidPermission.Duplicate", 400, "the specified rule already exists");
  }
  save(call, { ...group, rules: [...group.rules, ...rules] });
  return { Return: true, SecurityGroupRules: rules.map((rule) => describeRule(call, group, rule)) };
};

function deleteGroup(call: Call<EC2.DeleteSecurityGroupCommandInput>) {
  const group = groupOf(call, call.input.GroupId);
  const used = call.tx
    .list<InterfaceRow>(ec2.networkInterface(call.account, call.region, ""))
    .some((row) => row.value.groups.includes(group.id));
  const balances = call.tx
    .list<LoadBalancerRow>(elbv2.loadBalancer(call.account, call.region, ""))
    .some((row) => row.value.groups.includes(group.id));
  const databases = call.tx
    .list<DatabaseRow>(rds.database(call.account, call.region, ""))
    .some((row) => row.value.groups.includes(group.id));
  const named = groups(call).some((other) => other.id !== group.id && other.rules.some((rule) => rule.group === group.id));
  if (used || balances || databases || named)
    throw new AwsFault("DependencyViolation", 400, `resource ${group.id} has a dependent object`);
  call.put("security-group", ec2.group(call.account, call.region, group.id), null);
  return { Return: true, GroupId: group.id };
}

const changes: Operation[] = [
  operation<EC2.CreateSecurityGroupCommandInput, EC2.CreateSecurityGroupCommandOutput>("ec2", "CreateSecurityGroup", {
    iam: "ec2:CreateSecurityGroup",
    resource: (call) => ec2Arn(call, "security-group", undefined),
    answer: createGroup,
  }),
  operation<EC2.RevokeSecurityGroupEgressCommandInput, EC2.RevokeSecurityGroupEgressCommandOutput>(
    "ec2",
    "RevokeSecurityGroupEgress",
    {
      iam: "ec2:RevokeSecurityGroupEgress",
      resource: (call) => ec2Arn(call, "security-group", call.input.GroupId),
      answer: revokeEgress,
    },
  ),
  operation<EC2.AuthorizeSecurityGroupIngressCommandInput, EC2.AuthorizeSecurityGroupIngressCommandOutput>(
    "ec2",
    "AuthorizeSecurityGroupIngress",
    {
      iam: "ec2:AuthorizeSecurityGroupIngress",
      resource: (call) => ec2Arn(call, "security-group", call.input.GroupId),
      answer: authorize("in"),
    },
  ),
  operation<EC2.AuthorizeSecurityGroupEgressCommandInput, EC2.AuthorizeSecurityGroupEgressCommandOutput>(
    "ec2",
    "AuthorizeSecurityGroupEgress",
    {
      iam: "ec2:AuthorizeSecurityGroupEgress",
      resource: (call) => ec2Arn(call, "security-group", call.input.GroupId),
      answer: authorize("out"),
    },
  ),
  operation<EC2.DeleteSecurityGroupCommandInput, EC2.DeleteSecurityGroupCommandOutput>("ec2", "DeleteSecurityGroup", {
    iam: "ec2:DeleteSecurityGroup",
    resource: (call) => ec2Arn(call, "security-group", call.input.GroupId),
    answer: deleteGroup,
  }),
];

export const ec2GroupOperations: Operation[] = [
  ...changes,
  operation<EC2.DescribeSecurityGroupsCommandInput, EC2.DescribeSecurityGroupsCommandOutput>("ec2", "DescribeSecurityGroups", {
    iam: "ec2:DescribeSecurityGroups",
    answer(call) {
      const wanted = byIds(groups(call), call.input.GroupIds, "InvalidGroup.NotFound", "security group");
      const found = wanted
        .filter((group) => call.input.GroupNames === undefined || call.input.GroupNames.includes(group.name))
        .filter((group) =>
          matchesFilters(call.input.Filters, group.tags, {
            "group-id": [group.id],
            "group-name": [group.name],
            "vpc-id": [group.vpc],
            description: [group.description],
          }),
        );
      const { items, rest } = ec2Page(call, found);
      return { SecurityGroups: items.map((group) => describeGroup(call, group)), ...rest };
    },
  }),
  operation<EC2.DescribeSecurityGroupRulesCommandInput, EC2.DescribeSecurityGroupRulesCommandOutput>(
    "ec2",
    "DescribeSecurityGroupRules",
    {
      iam: "ec2:DescribeSecurityGroupRules",
      answer(call) {
        const all = groups(call).flatMap((group) => group.rules.map((rule) => ({ id: rule.id, group, rule })));
        const wanted = byIds(
          all,
          call.input.SecurityGroupRuleIds,
          "InvalidSecurityGroupRuleId.NotFound",
          "security group rule ID",
        );
        const found = wanted.filter(({ id, group }) =>
          matchesFilters(call.input.Filters, {}, { "group-id": [group.id], "security-group-rule-id": [id] }),
        );
        const { items, rest } = ec2Page(
          call,
          [...found].sort((left, right) => (left.id < right.id ? -1 : 1)),
        );
        return { SecurityGroupRules: items.map(({ group, rule }) => describeRule(call, group, rule)), ...rest };
      },
    },
  ),
];
