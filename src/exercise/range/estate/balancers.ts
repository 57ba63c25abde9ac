import { ec2, elbv2 } from "../keys.ts";
import type { GroupRow, InternetBlockRow, LoadBalancerRow, PrefixListRow } from "../rows.ts";
import type { ListenerRow } from "../service-rows.ts";
import { ACCOUNT, APP_SUBNET, EDGE_SUBNET, type EstateRow, REGION, VPC } from "./names.ts";

const TARGETS = `arn:aws:elasticloadbalancing:${REGION}:${ACCOUNT}:targetgroup`;
const TO_WEB = { Type: "forward", TargetGroupArn: `${TARGETS}/acme-web/0a1b2c3d4e5f6a71` };
/** One for another tenant alone, and one for everybody. */
const RULES: ListenerRow["rules"] = [
  {
    id: "9a1b2c3d4e5f6a90",
    priority: 1,
    conditions: [{ Field: "host-header", HostHeaderConfig: { Values: ["globex.shop.example"] } }],
    actions: [TO_WEB],
    tags: {},
  },
  {
    id: "9a1b2c3d4e5f6a91",
    priority: 10,
    conditions: [{ Field: "path-pattern", PathPatternConfig: { Values: ["/api/*"] } }],
    actions: [{ Type: "forward", TargetGroupArn: `${TARGETS}/acme-api/0a1b2c3d4e5f6a70` }],
    tags: {},
  },
];

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
  const unblocked: InternetBlockRow = { mode: "off" };
  return [
    { key: ec2.internetBlock(ACCOUNT, REGION), value: unblocked },
    { key: ec2.prefixList(ACCOUNT, REGION, partners.id), value: partners },
    { key: ec2.group(ACCOUNT, REGION, lockdown.id), value: lockdown },
    balancer("app/shop/0a1b2c3d4e5f6a7b", "application", ["sg-0web01"]),
    balancer("net/shop-tcp/1a1b2c3d4e5f6a7b", "network", ["sg-0app01"]),
    balancer("net/shop-legacy/2a1b2c3d4e5f6a7b", "network", []),
    listener({ id: "app/shop/0a1b2c3d4e5f6a7b/8a1b2c3d4e5f6a80", protocol: "HTTP", port: 80, otherwise: TO_WEB, rules: [] }),
    listener({ id: "app/shop/0a1b2c3d4e5f6a7b/8a1b2c3d4e5f6a81", protocol: "HTTPS", port: 443, otherwise: TO_WEB, rules: RULES }),
    listener({ id: "net/shop-tcp/1a1b2c3d4e5f6a7b/8a1b2c3d4e5f6a82", protocol: "TCP", port: 443, otherwise: TO_WEB, rules: [] }),
  ];
}

function listener(value: ListenerRow): EstateRow {
  return { key: elbv2.listener(ACCOUNT, REGION, value.id), value };
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
