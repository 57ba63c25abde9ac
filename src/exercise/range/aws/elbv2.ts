import type * as ELB from "@aws-sdk/client-elastic-load-balancing-v2";
import { ec2, elbv2 } from "../keys.ts";
import type { GroupRow, LoadBalancerRow } from "../rows.ts";
import { ruleTags } from "./elbv2-rules.ts";
import { AwsFault } from "./fault.ts";
import { type Call, type Operation, operation } from "./operation.ts";
import { page } from "./paging.ts";

/** Of a network interface, which is what a load balancer has in each subnet. */
const MOST_GROUPS = 5;
const MOST_DESCRIBED = 20;
const PAGE = 400;

function balancers(call: Call): readonly LoadBalancerRow[] {
  return call.tx.list<LoadBalancerRow>(elbv2.loadBalancer(call.account, call.region, "")).map((row) => row.value);
}

function arnOf(call: Call, { id }: LoadBalancerRow): string {
  return `arn:aws:elasticloadbalancing:${call.region}:${call.account}:loadbalancer/${id}`;
}

function describe(call: Call, row: LoadBalancerRow): ELB.LoadBalancer {
  return {
    LoadBalancerArn: arnOf(call, row),
    LoadBalancerName: row.name,
    DNSName: `${row.name}.elb.${call.region}.amazonaws.com`,
    Scheme: row.scheme,
    VpcId: row.vpc,
    State: { Code: "active" },
    Type: row.type,
    AvailabilityZones: row.subnets.map((SubnetId) => ({ SubnetId, LoadBalancerAddresses: [] })),
    IpAddressType: "dualstack",
    ...(row.groups.length === 0 ? {} : { SecurityGroups: [...row.groups] }),
    ...(row.type === "network" && row.groups.length > 0 ? { EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: "on" } : {}),
  };
}

const notFound = () =>
  new AwsFault("LoadBalancerNotFoundException", 400, "One or more load balancers not found", "LoadBalancerNotFound");
const invalid = (text: string) => new AwsFault("InvalidConfigurationRequestException", 400, text, "InvalidConfigurationRequest");

function described(call: Call<ELB.DescribeLoadBalancersCommandInput>) {
  const { LoadBalancerArns: arns = [], Names: names = [], Marker, PageSize } = call.input;
  const all = balancers(call);
  const asked = arns.length > 0 || names.length > 0;
  const found = all.filter((row) => !asked || arns.includes(arnOf(call, row)) || names.includes(row.name));
  if (asked && found.length < new Set([...arns, ...names]).size) throw notFound();
  const { items, next } = page(found, ({ id }) => id, call.pageSize(PageSize, PAGE), Marker);
  return { LoadBalancers: items.map((row) => describe(call, row)), ...(next === undefined ? {} : { NextMarker: next }) };
}

function tagsOf(call: Call<ELB.DescribeTagsCommandInput>) {
  const arns = call.input.ResourceArns ?? [];
  if (arns.length > MOST_DESCRIBED) throw new AwsFault("ValidationError", 400, "Up to 20 resources can be described at once");
  return {
    TagDescriptions: arns.map((arn) => {
      const tags = arn.includes(":listener-rule/")
        ? ruleTags(call, arn)
        : balancers(call).find((one) => arnOf(call, one) === arn)?.tags;
      if (tags === undefined) throw notFound();
      return { ResourceArn: arn, Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
    }),
  };
}

function setGroups(call: Call<ELB.SetSecurityGroupsCommandInput>) {
  const { LoadBalancerArn, SecurityGroups: groups = [] } = call.input;
  const row = balancers(call).find((one) => arnOf(call, one) === LoadBalancerArn);
  if (row === undefined) throw notFound();
  if (row.groups.length === 0) throw invalid("Security groups cannot be set: the load balancer was created without any");
  if (groups.length === 0 || groups.length > MOST_GROUPS) throw invalid(`1 to ${MOST_GROUPS} security groups are needed`);
  for (const id of groups) {
    const group = call.tx.newest<GroupRow>(ec2.group(call.account, call.region, id));
    if (group?.vpc === row.vpc) continue;
    throw new AwsFault("InvalidSecurityGroupException", 400, `Invalid security group '${id}'`, "InvalidSecurityGroup");
  }
  call.put("security-group", elbv2.loadBalancer(call.account, call.region, row.id), {
    ...row,
    groups: [...new Set(groups)].sort(),
  });
  return { SecurityGroupIds: [...groups] };
}

export const elbOperations: Operation[] = [
  operation<ELB.DescribeLoadBalancersCommandInput, ELB.DescribeLoadBalancersCommandOutput>("elbv2", "DescribeLoadBalancers", {
    iam: "elasticloadbalancing:DescribeLoadBalancers",
    answer: described,
  }),
  operation<ELB.DescribeTagsCommandInput, ELB.DescribeTagsCommandOutput>("elbv2", "DescribeTags", {
    iam: "elasticloadbalancing:DescribeTags",
    answer: tagsOf,
  }),
  operation<ELB.SetSecurityGroupsCommandInput, ELB.SetSecurityGroupsCommandOutput>("elbv2", "SetSecurityGroups", {
    iam: "elasticloadbalancing:SetSecurityGroups",
    resource: (call) => call.input.LoadBalancerArn ?? "*",
    answer: setGroups,
  }),
];
