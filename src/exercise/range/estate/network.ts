import { ec2, wafv2 } from "../keys.ts";
import type { AclEntry, AclRow, GroupRow, GroupRule, InstanceRow, InterfaceRow, IpSetRow } from "../rows.ts";
import { ACCOUNT, APP_SUBNET, EDGE_ACL, EDGE_SUBNET, type EstateRow, REGION, VPC } from "./names.ts";

const CREATED = "2026-03-02T09:00:00.000Z";

/** One VPC with a public and a private subnet, three hosts of two tenants, and the walls in front of them. */
export function networkRows(): EstateRow[] {
  return [
    {
      key: ec2.vpc(ACCOUNT, REGION, VPC),
      value: { id: VPC, cidr: "10.0.0.0/16", ipv6Cidr: "2001:db8:ed9e::/56", tags: { Name: "edge" } },
    },
    { key: ec2.subnet(ACCOUNT, REGION, EDGE_SUBNET), value: { id: EDGE_SUBNET, vpc: VPC, cidr: "10.0.1.0/24", acl: EDGE_ACL } },
    { key: ec2.subnet(ACCOUNT, REGION, APP_SUBNET), value: { id: APP_SUBNET, vpc: VPC, cidr: "10.0.2.0/24", acl: "acl-0app01" } },
    {
      key: ec2.subnet(ACCOUNT, REGION, "subnet-0shop01"),
      value: { id: "subnet-0shop01", vpc: VPC, cidr: "10.0.3.0/24", acl: "acl-0app01", tags: { entrance: "shop" } },
    },
    acl(EDGE_ACL, [EDGE_SUBNET], { edge: "public" }, false),
    acl("acl-0app01", [APP_SUBNET, "subnet-0shop01"], {}, true),
    lockdownAcl(),
    ...groups(),
    ...hosts(),
    ipSet("er-block-ipv4", "6f1c2a4e-0a11-4b5e-9d55-000000000004", "IPV4", "192.0.2.66/32"),
    ipSet("er-block-ipv6", "6f1c2a4e-0a11-4b5e-9d55-000000000006", "IPV6", "2001:db8:66::/48"),
  ];
}

function groups(): EstateRow[] {
  return [
    group("sg-0web01", "web", "public web and vendor shell", [
      rule("sgr-0web01in443", "in", "tcp", 443, { ipv4: "0.0.0.0/0" }),
      rule("sgr-0web01in443v6", "in", "tcp", 443, { ipv6: "::/0" }),
      rule("sgr-0web01in22", "in", "tcp", 22, { ipv4: "203.0.113.0/24" }),
      rule("sgr-0web01out", "out", "-1", -1, { ipv4: "0.0.0.0/0" }),
      rule("sgr-0web01outv6", "out", "-1", -1, { ipv6: "::/0" }),
    ]),
    group("sg-0app01", "app", "application hosts", [
      rule("sgr-0app01in", "in", "tcp", 8080, { group: "sg-0web01" }),
      rule("sgr-0app01out", "out", "-1", -1, { ipv4: "0.0.0.0/0" }),
    ]),
  ];
}

function hosts(): EstateRow[] {
  return [
    instance("i-0acme01", "acme", ["eni-0acme01"], {
      volumes: ["vol-0acme01a", "vol-0acme01b"],
      // An earlier containment took it out of this one.
      tags: { Name: "acme01", tenant: "acme", "soc2-er:target:acme-api:0a1b2c3d4e5f6a70:10.0.1.11:8080": "deregistered" },
      attributes: { disableApiTermination: true, disableApiStop: false, instanceInitiatedShutdownBehavior: "stop" },
    }),
    networkInterface("eni-0acme01", "i-0acme01", 0, EDGE_SUBNET, "10.0.1.11", ["sg-0web01"]),
    instance("i-0acme02", "acme", ["eni-0acme02a", "eni-0acme02b"], {
      volumes: ["vol-0acme02a", "vol-0acme02b"],
      metadata: { endpoint: "enabled", tokens: "required", hopLimit: 2 },
    }),
    networkInterface("eni-0acme02a", "i-0acme02", 0, EDGE_SUBNET, "10.0.1.12", ["sg-0web01", "sg-0app01"]),
    networkInterface("eni-0acme02b", "i-0acme02", 1, APP_SUBNET, "10.0.2.12", ["sg-0app01"]),
    instance("i-0globex01", "globex", ["eni-0globex01"], { volumes: ["vol-0globex01"] }),
    networkInterface("eni-0globex01", "i-0globex01", 0, EDGE_SUBNET, "10.0.1.21", ["sg-0web01"]),
  ];
}

function acl(id: string, subnets: string[], tags: Record<string, string>, isDefault: boolean): EstateRow {
  const entries: AclEntry[] = (["in", "out"] as const).flatMap((direction) => [
    { number: 100, direction, action: "allow", protocol: "-1", cidr: "0.0.0.0/0" },
    { number: 101, direction, action: "allow", protocol: "-1", ipv6Cidr: "::/0" },
    { number: 32767, direction, action: "deny", protocol: "-1", cidr: "0.0.0.0/0" },
    { number: 32768, direction, action: "deny", protocol: "-1", ipv6Cidr: "::/0" },
  ]);
  const value: AclRow = { id, vpc: VPC, isDefault, subnets, entries, tags };
  return { key: ec2.acl(ACCOUNT, REGION, id), value };
}

/** As EC2 makes one: nothing passes. */
function lockdownAcl(): EstateRow {
  const entries: AclEntry[] = (["in", "out"] as const).flatMap((direction) => [
    { number: 32767, direction, action: "deny", protocol: "-1", cidr: "0.0.0.0/0" },
    { number: 32768, direction, action: "deny", protocol: "-1", ipv6Cidr: "::/0" },
  ]);
  const value: AclRow = { id: "acl-0lock01", vpc: VPC, isDefault: false, subnets: [], entries, tags: { Name: "lockdown" } };
  return { key: ec2.acl(ACCOUNT, REGION, value.id), value };
}

function rule(
  id: string,
  direction: "in" | "out",
  protocol: string,
  port: number,
  peer: { ipv4?: string; ipv6?: string; group?: string },
): GroupRule {
  return { id, direction, protocol, from: port, to: port, ...peer };
}

function group(id: string, name: string, description: string, rules: GroupRule[]): EstateRow {
  const value: GroupRow = { id, name, description, vpc: VPC, rules, tags: {} };
  return { key: ec2.group(ACCOUNT, REGION, id), value };
}

function instance(
  id: string,
  tenant: string,
  interfaces: string[],
  own: Pick<InstanceRow, "volumes"> & Partial<InstanceRow>,
): EstateRow {
  const value: InstanceRow = {
    id,
    vpc: VPC,
    subnet: EDGE_SUBNET,
    interfaces,
    launched: CREATED,
    profile: `arn:aws:iam::${ACCOUNT}:instance-profile/${tenant}-worker`,
    state: "running",
    tags: { Name: id.slice(3), tenant },
    attributes: { disableApiTermination: false, disableApiStop: false, instanceInitiatedShutdownBehavior: "terminate" },
    metadata: { endpoint: "enabled", tokens: "optional", hopLimit: 1 },
    ...own,
  };
  return { key: ec2.instance(ACCOUNT, REGION, id), value };
}

function networkInterface(
  id: string,
  host: string,
  index: number,
  subnet: string,
  address: string,
  groupIds: string[],
): EstateRow {
  const value: InterfaceRow = {
    id,
    instance: host,
    index,
    vpc: VPC,
    subnet,
    address,
    groups: groupIds,
    tags: {},
    attached: CREATED,
  };
  return { key: ec2.networkInterface(ACCOUNT, REGION, id), value };
}

function ipSet(name: string, id: string, version: "IPV4" | "IPV6", address: string): EstateRow {
  const value: IpSetRow = {
    id,
    name,
    scope: "REGIONAL",
    version,
    description: "addresses blocked in an emergency",
    addresses: [address],
    lockToken: "2f1d7e5a-0000-4000-8000-000000000001",
  };
  return { key: wafv2.ipSet(ACCOUNT, REGION, "REGIONAL", id), value };
}
