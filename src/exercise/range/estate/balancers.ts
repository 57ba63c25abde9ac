import { ec2, elbv2 } from "../keys.ts";
import type { GroupRow, LoadBalancerRow, PrefixListRow } from "../rows.ts";
import { ACCOUNT, APP_SUBNET, EDGE_SUBNET, type EstateRow, REGION, VPC } from "./names.ts";

/** What stands in front of the shop, and the group that closes it to all but the responders. */
export function balancerRows(): EstateRow[] {
  const lockdown: GroupRow = {
    id: "sg-0lock01",
    name: "lockdown",
    description: "closes an entrance to all but the responders",
    vpc: VPC,
    rules: [
      { id: "sgr-0lock01in443", direction: "in", protocol: "tcp", from: 443, to: 443, ipv4: "198.51.100.0/24" },
      { id: "sgr-0lock01out", direction: "out", protocol: "-1", from: -1, to: -1, ipv4: "0.0.0.0/0" },
      { id: "sgr-0lock01outv6", direction: "out", protocol: "-1", from: -1, to: -1, ipv6: "::/0" },
    ],
    tags: {},
  };
  const partners: PrefixListRow = {
    id: "pl-0shop01",
    name: "shop-partners",
    family: "IPv4",
    most: 10,
    entries: [
      { cidr: "198.51.100.0/24", description: "responders" },
      { cidr: "203.0.113.64/26", description: "partner Initech" },
    ],
    version: { number: 1, since: 0 },
  };
  return [
    { key: ec2.prefixList(ACCOUNT, REGION, partners.id), value: partners },
    { key: ec2.group(ACCOUNT, REGION, lockdown.id), value: lockdown },
    balancer("app/shop/0a1b2c3d4e5f6a7b", "application", ["sg-0web01"]),
    balancer("net/shop-tcp/1a1b2c3d4e5f6a7b", "network", ["sg-0app01"]),
    balancer("net/shop-legacy/2a1b2c3d4e5f6a7b", "network", []),
  ];
}

function balancer(id: string, type: LoadBalancerRow["type"], groups: readonly string[]): EstateRow {
  const row: LoadBalancerRow = {
    id,
    name: id.split("/")[1] ?? id,
    type,
    scheme: "internet-facing",
    vpc: VPC,
    subnets: [EDGE_SUBNET, APP_SUBNET],
    groups,
    tags: { entrance: "shop" },
  };
  return { key: elbv2.loadBalancer(ACCOUNT, REGION, id), value: row };
}
