import { DescribeNetworkAclsCommand, DescribeSubnetsCommand, type NetworkAcl } from "@aws-sdk/client-ec2";
import { contains, defect, ErError, parseCidr, type SelectionOf, type TagOrIds } from "../../../model/index.ts";
import { ALL_PROTOCOLS, entriesOf, idOf } from "./acl-entries.ts";
import { type Ec2, everyPage } from "./pages.ts";

type Place = Pick<SelectionOf<"aws.entrance-subnets">, "region" | "lockdownAcl" | "responderNetworks">;
export type LockdownAcl = { readonly id: string; readonly lets: readonly string[] };
export type Subnet = { readonly id: string; readonly vpc: string };

/** By id, in one order. Errors: what is missing among ids is the provider's to say. */
export async function findSubnets(ec2: Ec2, select: TagOrIds): Promise<Subnet[]> {
  const asked =
    "ids" in select
      ? { SubnetIds: [...select.ids] }
      : { Filters: [{ Name: `tag:${select.tag.key}`, Values: [select.tag.value] }] };
  const found = await everyPage(
    (from) => ec2.send(new DescribeSubnetsCommand({ ...asked, ...from })),
    ({ Subnets }) => Subnets,
  );
  // Filters take wildcards; a tag is meant as it stands.
  return found
    .filter(({ Tags }) => "ids" in select || Tags?.some(({ Key, Value }) => Key === select.tag.key && Value === select.tag.value))
    .map(({ SubnetId, VpcId }) => ({ id: SubnetId ?? defect("a subnet has no id"), vpc: VpcId ?? defect("a subnet has no VPC") }))
    .toSorted((left, right) => (left.id < right.id ? -1 : 1));
}

/** What a network ACL lets pass, one line per rule; whatever a denial before it keeps out is not taken off. */
export function openings(acl: NetworkAcl | null): string[] {
  if (acl === null) return [];
  return (["in", "out"] as const).flatMap((direction) =>
    entriesOf(acl, direction)
      .filter(({ rule }) => rule.action === "allow")
      .map(({ rule: { protocol, ports, cidr } }) => {
        const what = protocol === ALL_PROTOCOLS ? "all" : `protocol ${protocol}`;
        return `${direction} ${what}${ports ? ` ${ports.from}-${ports.to}` : ""} ${cidr}`;
      }),
  );
}

export function sayOpenings(lets: readonly string[]): string {
  if (lets.length === 0) return "lets nothing pass";
  return `lets pass ${lets.slice(0, 4).join(", ")}${lets.length > 4 ? ` and ${lets.length - 4} more` : ""}`;
}

/** The VPC's network ACL of this name. Errors: those that `lookForLockdownAcl` returns. */
export async function lockdownAclOf(ec2: Ec2, vpc: string, place: Place): Promise<LockdownAcl> {
  const found = await lookForLockdownAcl(ec2, vpc, place);
  if (found instanceof ErError) throw found;
  return found;
}

/** Or why it cannot be used: `config-part-missing`, `lockdown-acl-open`, `ambiguous`. */
export async function lookForLockdownAcl(ec2: Ec2, vpc: string, place: Place): Promise<LockdownAcl | ErError> {
  const name = place.lockdownAcl;
  const Filters = [
    { Name: "vpc-id", Values: [vpc] },
    { Name: "tag:Name", Values: [name] },
  ];
  const found = await everyPage(
    (from) => ec2.send(new DescribeNetworkAclsCommand({ Filters, ...from })),
    ({ NetworkAcls }) => NetworkAcls,
  );
  const named = found.filter(({ Tags }) => Tags?.some(({ Key, Value }) => Key === "Name" && Value === name));
  const [acl, ...others] = named;
  if (acl === undefined) {
    return new ErError("config-part-missing", `${vpc} has no network ACL tagged Name=${name} to cut subnets off with`, {
      hints: [
        `aws ec2 create-network-acl --region ${place.region} --vpc-id ${vpc} --tag-specifications 'ResourceType=network-acl,Tags=[{Key=Name,Value=${name}}]'`,
        "a new one lets nothing pass; let at most the responders' networks through it, in both directions",
      ],
    });
  }
  if (others.length > 0)
    return new ErError("ambiguous", `${vpc} has ${named.length} network ACLs tagged Name=${name}: ${named.map(idOf).join(", ")}`);
  const lets = openings(acl);
  return openToOthers(acl, lets, place) ?? { id: idOf(acl), lets };
}

function openToOthers(acl: NetworkAcl, lets: readonly string[], { responderNetworks, lockdownAcl }: Place): ErError | null {
  const own = responderNetworks.flatMap((text) => parseCidr(text) ?? []);
  const isOwn = (line: string) => {
    const network = parseCidr(line.split(" ").at(-1) ?? "");
    return network !== null && own.some((one) => contains(one, network));
  };
  if (lets.every(isOwn)) return null;
  return new ErError(
    "lockdown-acl-open",
    `network ACL "${lockdownAcl}" (${idOf(acl)}) lets others pass than the responders: it ${sayOpenings(lets)}`,
    { hints: ["let at most responder-networks pass"], detail: { acl: idOf(acl), lets: [...lets] } },
  );
}
