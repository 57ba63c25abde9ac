import type { Caller } from "./caller.ts";

type Ids = Map<string, string>;

/** The VPC, its walls and its hosts as in the range's estate, and the web firewall's sets. */
export async function seedNetwork(call: Caller, ids: Ids): Promise<void> {
  const vpc = await call<{ Vpc: { VpcId: string } }>("ec2:CreateVpc", {
    CidrBlock: "10.0.0.0/16",
    AmazonProvidedIpv6CidrBlock: true,
  });
  const VpcId = vpc.Vpc.VpcId;
  ids.set("vpc-0edge", VpcId);
  const edge = await subnet(call, ids, VpcId, "subnet-0edge01", "10.0.1.0/24");
  const app = await subnet(call, ids, VpcId, "subnet-0app01", "10.0.2.0/24");
  await acl(call, ids, VpcId, edge);
  await shop(call, ids, VpcId);
  await partners(call, ids);
  const web = await group(call, ids, VpcId, "sg-0web01", "web", [
    { IpProtocol: "tcp", FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: "0.0.0.0/0" }], Ipv6Ranges: [{ CidrIpv6: "::/0" }] },
    { IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "203.0.113.0/24" }] },
  ]);
  const hosts = await group(call, ids, VpcId, "sg-0app01", "app", [
    { IpProtocol: "tcp", FromPort: 8080, ToPort: 8080, UserIdGroupPairs: [{ GroupId: web }] },
  ]);
  await instance(call, ids, "i-0acme01", "acme", [["eni-0acme01", edge, "10.0.1.11", [web]]]);
  await instance(call, ids, "i-0acme02", "acme", [
    ["eni-0acme02a", edge, "10.0.1.12", [web, hosts]],
    ["eni-0acme02b", app, "10.0.2.12", [hosts]],
  ]);
  await instance(call, ids, "i-0globex01", "globex", [["eni-0globex01", edge, "10.0.1.21", [web]]]);
  await ipSet(call, ids, "er-block-ipv4", "6f1c2a4e-0a11-4b5e-9d55-000000000004", "IPV4", "192.0.2.66/32");
  await ipSet(call, ids, "er-block-ipv6", "6f1c2a4e-0a11-4b5e-9d55-000000000006", "IPV6", "2001:db8:66::/48");
}

async function subnet(call: Caller, ids: Ids, VpcId: string, there: string, CidrBlock: string): Promise<string> {
  const { Subnet } = await call<{ Subnet: { SubnetId: string } }>("ec2:CreateSubnet", { VpcId, CidrBlock });
  ids.set(there, Subnet.SubnetId);
  return Subnet.SubnetId;
}

/** Guards the public subnet and lets everything pass, as the VPC's default one does. */
async function acl(call: Caller, ids: Ids, VpcId: string, subnetId: string): Promise<void> {
  const { NetworkAcl } = await call<{ NetworkAcl: { NetworkAclId: string } }>("ec2:CreateNetworkAcl", {
    VpcId,
    TagSpecifications: [{ ResourceType: "network-acl", Tags: [{ Key: "edge", Value: "public" }] }],
  });
  const { NetworkAclId } = NetworkAcl;
  ids.set("acl-0edge01", NetworkAclId);
  for (const Egress of [false, true]) {
    const rule = { NetworkAclId, Egress, Protocol: "-1", RuleAction: "allow" };
    await call("ec2:CreateNetworkAclEntry", { ...rule, RuleNumber: 100, CidrBlock: "0.0.0.0/0" });
    await call("ec2:CreateNetworkAclEntry", { ...rule, RuleNumber: 101, Ipv6CidrBlock: "::/0" });
  }
  type Found = { NetworkAcls: { Associations?: { SubnetId: string; NetworkAclAssociationId: string }[] }[] };
  const { NetworkAcls } = await call<Found>("ec2:DescribeNetworkAcls");
  const associations = NetworkAcls.flatMap(({ Associations = [] }) => Associations);
  const AssociationId = associations.find(({ SubnetId }) => SubnetId === subnetId)?.NetworkAclAssociationId;
  await call("ec2:ReplaceNetworkAclAssociation", { AssociationId, NetworkAclId });
}

/** A subnet that has the VPC's default network ACL, and the one that cuts it off: a new one lets nothing pass. */
async function shop(call: Caller, ids: Ids, VpcId: string): Promise<void> {
  const tagged = (ResourceType: string, Key: string, Value: string) => [{ ResourceType, Tags: [{ Key, Value }] }];
  const { Subnet } = await call<{ Subnet: { SubnetId: string } }>("ec2:CreateSubnet", {
    VpcId,
    CidrBlock: "10.0.3.0/24",
    TagSpecifications: tagged("subnet", "entrance", "shop"),
  });
  ids.set("subnet-0shop01", Subnet.SubnetId);
  const made = { VpcId, TagSpecifications: tagged("network-acl", "Name", "lockdown") };
  const { NetworkAcl } = await call<{ NetworkAcl: { NetworkAclId: string } }>("ec2:CreateNetworkAcl", made);
  ids.set("acl-0lock01", NetworkAcl.NetworkAclId);
  const Filters = [{ Name: "association.subnet-id", Values: [Subnet.SubnetId] }];
  const { NetworkAcls } = await call<{ NetworkAcls: { NetworkAclId: string }[] }>("ec2:DescribeNetworkAcls", { Filters });
  ids.set("acl-0app01", NetworkAcls[0]?.NetworkAclId ?? "");
}

async function partners(call: Caller, ids: Ids): Promise<void> {
  const { PrefixList } = await call<{ PrefixList: { PrefixListId: string } }>("ec2:CreateManagedPrefixList", {
    PrefixListName: "shop-partners",
    AddressFamily: "IPv4",
    MaxEntries: 10,
    Entries: [{ Cidr: "198.51.100.0/24", Description: "responders" }],
  });
  const { PrefixListId } = PrefixList;
  const AddEntries = [{ Cidr: "203.0.113.64/26", Description: "partner Initech" }];
  await call("ec2:ModifyManagedPrefixList", { PrefixListId, CurrentVersion: 1, AddEntries });
  ids.set("pl-0shop01", PrefixListId);
}

async function group(call: Caller, ids: Ids, VpcId: string, there: string, name: string, IpPermissions: object[]) {
  const input = { GroupName: name, Description: name, VpcId };
  const { GroupId } = await call<{ GroupId: string }>("ec2:CreateSecurityGroup", input);
  await call("ec2:AuthorizeSecurityGroupIngress", { GroupId, IpPermissions });
  ids.set(there, GroupId);
  return GroupId;
}

type Interface = readonly [there: string, subnet: string, address: string, groups: string[]];

/** Launched with network interfaces of their own: moto swaps the groups of others wrongly. */
async function instance(call: Caller, ids: Ids, there: string, tenant: string, interfaces: Interface[]): Promise<void> {
  type Launched = {
    Instances: { InstanceId: string; NetworkInterfaces: { NetworkInterfaceId: string; PrivateIpAddress: string }[] }[];
  };
  const { Instances } = await call<Launched>("ec2:RunInstances", {
    ImageId: "ami-12c6146b",
    MinCount: 1,
    MaxCount: 1,
    NetworkInterfaces: interfaces.map(([, SubnetId, PrivateIpAddress, Groups], DeviceIndex) => ({
      DeviceIndex,
      SubnetId,
      PrivateIpAddress,
      Groups,
    })),
    TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "tenant", Value: tenant }] }],
    BlockDeviceMappings: ["/dev/xvda", "/dev/sdf"].map((DeviceName) => ({ DeviceName, Ebs: { VolumeSize: 8 } })),
  });
  const [made] = Instances;
  if (made === undefined) throw new Error(`instance "${there}" was not launched`);
  ids.set(there, made.InstanceId);
  for (const [id, , address] of interfaces) {
    const found = made.NetworkInterfaces.find(({ PrivateIpAddress }) => PrivateIpAddress === address);
    if (found === undefined) throw new Error(`instance "${there}" has no interface ${address}`);
    ids.set(id, found.NetworkInterfaceId);
  }
}

async function ipSet(call: Caller, ids: Ids, Name: string, there: string, IPAddressVersion: string, address: string) {
  const input = { Name, Scope: "REGIONAL", IPAddressVersion, Addresses: [address], Description: "blocked in an emergency" };
  const { Summary } = await call<{ Summary: { Id: string } }>("wafv2:CreateIPSet", input);
  ids.set(there, Summary.Id);
}
