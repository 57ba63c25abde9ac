import { DescribeNetworkAclsCommand, type NetworkAcl, ReplaceNetworkAclAssociationCommand } from "@aws-sdk/client-ec2";
import * as z from "zod";
import { defect, ErError, type Json, type ResourceRef, type SelectionOf, sameJson } from "../../../model/index.ts";
import { ProviderError, type ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { findAcl, idOf } from "./acl-entries.ts";
import { findHostSubnets, type HostSubnet } from "./host-subnets.ts";
import { findSubnets, type LockdownAcl, lockdownAclOf, openings, sayOpenings } from "./lockdown-acl.ts";
import { type Ec2, ec2Of, type Place } from "./pages.ts";

/** By subnet: the association's id is another one after every change, and names nothing that lasts. */
type State = { readonly acl: string };
/** The lockdown ACL, and what it lets pass: rules that somebody changes later are not what was planned. */
type Asks = { readonly acl: string; readonly lets: readonly string[] };

type Where = SelectionOf<"aws.entrance-subnets" | "aws.host-subnets">;

const EXAMPLE = { account: "123456789012", region: "us-east-1" };

export const swapNetworkAcl = defineAction<"aws.entrance-subnets" | "aws.host-subnets", Record<string, never>, State>({
  id: "aws.ec2.swap-network-acl",
  title: "Cut subnets off with the lockdown network ACL",
  description:
    "Gives an entrance's subnets, or those in which only a tenant's hosts are, the lockdown network ACL of their VPC, which was made beforehand and lets nothing pass, or only the responders' networks. Open connections end at once, which no change of security groups does. A subnet that the tenant's hosts share with others is left, and said. A restore gives each subnet the network ACL back that it had. Neither network ACL is edited.",
  containment: "destination",
  blastRadius:
    "everything in these subnets is cut off at once in both directions, open connections included: hosts, load balancers, databases, NAT and VPC endpoints of every tenant, health checks, and responders too unless the lockdown ACL lets them pass; whoever outside of the subnets depends on them fails; traffic inside a subnet goes on",
  targets: ["aws.entrance-subnets", "aws.host-subnets"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "ec2", operation: "DescribeSubnets", iam: ["ec2:DescribeSubnets"] },
      { service: "ec2", operation: "DescribeNetworkAcls", iam: ["ec2:DescribeNetworkAcls"] },
      { service: "ec2", operation: "DescribeInstances", iam: ["ec2:DescribeInstances"] },
      { service: "ec2", operation: "DescribeNetworkInterfaces", iam: ["ec2:DescribeNetworkInterfaces"] },
    ],
    write: [{ service: "ec2", operation: "ReplaceNetworkAclAssociation", iam: ["ec2:ReplaceNetworkAclAssociation"] }],
  },
  bound: {
    ms: 60_000,
    source:
      "assumed: Amazon VPC User Guide, network ACLs, gives no time for a change of a subnet's network ACL; one minute is allowed, as for its rules",
  },
  examples: [
    {
      title: "A subnet of the shop",
      selection: {
        kind: "aws.entrance-subnets",
        entrance: "shop",
        ...EXAMPLE,
        select: { tag: { key: "entrance", value: "shop" } },
        lockdownAcl: "lockdown",
        responderNetworks: ["198.51.100.0/24"],
      },
      params: {},
      changes: [
        {
          key: "subnet-0shop01",
          resource: subnetRef(EXAMPLE, "subnet-0shop01"),
          summary: 'cut subnet-0shop01 of entrance "shop" off with network ACL "lockdown", which lets nothing pass',
          before: { acl: "acl-0app01" },
          after: { acl: "acl-0lock01" },
          asks: { acl: "acl-0lock01", lets: [] },
        },
      ],
    },
    {
      title: "The one of a tenant's subnets that no other host is in",
      selection: {
        kind: "aws.host-subnets",
        tenant: "acme",
        ...EXAMPLE,
        tag: { key: "tenant", value: "acme" },
        lockdownAcl: "lockdown",
        responderNetworks: ["198.51.100.0/24"],
      },
      params: {},
      changes: [
        {
          key: "subnet-0app01",
          resource: subnetRef(EXAMPLE, "subnet-0app01"),
          summary: 'cut subnet-0app01 of hosts of tenant "acme" off with network ACL "lockdown", which lets nothing pass',
          before: { acl: "acl-0app01" },
          after: { acl: "acl-0lock01" },
          asks: { acl: "acl-0lock01", lets: [] },
        },
      ],
    },
  ],

  async *plan(scope, selection) {
    const ec2 = await ec2Of(scope, selection);
    for (const { id, acl } of await findCut(ec2, selection)) {
      if ("left" in acl) continue;
      const resource = subnetRef(selection, id);
      yield {
        key: id,
        resource,
        summary: `cut ${id} of ${whose(selection)} off with network ACL "${selection.lockdownAcl}", which ${sayOpenings(acl.lets)}`,
        before: await read(scope, resource),
        after: { acl: acl.id },
        reversal: { kind: "restore" },
        asks: { acl: acl.id, lets: acl.lets },
      };
    }
  },

  async leaves(scope, selection) {
    if (selection.kind !== "aws.host-subnets") return [];
    const found = await findHostSubnets(await ec2Of(scope, selection), selection);
    return found.flatMap(({ id, acl }) =>
      "left" in acl ? [{ resource: subnetRef(selection, id), reason: `${id} is not cut off: ${acl.left}` }] : [],
    );
  },

  read,

  async apply(scope, { resource, after, asks }) {
    if (after === null) return defect("a subnet always has a network ACL");
    const ec2 = await ec2Of(scope, resource);
    const asked = asksOf(asks);
    if (asked !== null && after.acl === asked.acl) await refuseChanged(ec2, asked);
    const AssociationId = await associationOf(ec2, resource);
    await ec2.send(new ReplaceNetworkAclAssociationCommand({ AssociationId, NetworkAclId: after.acl }));
  },

  async verify(scope, { resource, after, asks }, direction) {
    const level = "configuration";
    const now = await read(scope, resource);
    if (!sameJson(now, after))
      return { verdict: "contradicted", level, detail: `it has network ACL ${now?.acl ?? "none"}, not ${after?.acl}` };
    const asked = asksOf(asks);
    if (direction === "restore" || asked === null) return { verdict: "confirmed", level };
    const lets = openings(await findAcl(await ec2Of(scope, resource), asked.acl));
    if (sameJson(lets, [...asked.lets])) return { verdict: "confirmed", level };
    return { verdict: "contradicted", level, detail: `the rules of ${asked.acl} were changed: it ${sayOpenings(lets)}` };
  },

  effects({ resource, asks }) {
    const { account, region, id } = resource;
    const but = [...new Set((asksOf(asks)?.lets ?? []).map((line) => line.split(" ").at(-1) ?? ""))];
    const flow = { kind: "flow", provider: "aws", account, region, peer: "*", but, at: id, direction: "both" } as const;
    return [
      { ...flow, established: false },
      { ...flow, established: true },
    ];
  },

  async probe(scope, { resource, before, after }) {
    if (after === null || sameJson(before, after))
      return { status: "passed", detail: "it stands already: nothing has to be written" };
    const ec2 = await ec2Of(scope, resource);
    const AssociationId = await associationOf(ec2, resource);
    await ec2.send(new ReplaceNetworkAclAssociationCommand({ AssociationId, NetworkAclId: after.acl }));
    return { status: "passed", detail: "EC2 would let the subnet's network ACL be replaced" };
  },

  async residual(_scope, { resource }) {
    return [
      {
        what: `traffic inside ${resource.id}, and name resolution and instance metadata there`,
        until: "until the hosts are quarantined or stopped",
        why: "a network ACL works at the border of its subnet, and filters neither the VPC's resolver nor the metadata service",
      },
    ];
  },
});

/** Errors of an entrance's: those of `lockdownAclOf`. Half an entrance is no containment; of a tenant's subnets each counts. */
async function findCut(ec2: Ec2, selection: Where): Promise<readonly HostSubnet[]> {
  if (selection.kind === "aws.host-subnets") return findHostSubnets(ec2, selection);
  const subnets = await findSubnets(ec2, selection.select);
  const acls = new Map<string, LockdownAcl>();
  for (const vpc of new Set(subnets.map((subnet) => subnet.vpc))) acls.set(vpc, await lockdownAclOf(ec2, vpc, selection));
  return subnets.map((subnet) => ({ ...subnet, acl: acls.get(subnet.vpc) ?? defect("a VPC's network ACL was not looked for") }));
}

function whose(selection: Where): string {
  return selection.kind === "aws.host-subnets" ? `hosts of tenant "${selection.tenant}"` : `entrance "${selection.entrance}"`;
}

async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  const acl = await aclOf(await ec2Of(scope, resource), resource.id);
  return acl === null ? null : { acl: idOf(acl) };
}

/** Null when there is no such subnet: every subnet has one. */
async function aclOf(ec2: Ec2, subnet: string): Promise<NetworkAcl | null> {
  const Filters = [{ Name: "association.subnet-id", Values: [subnet] }];
  const { NetworkAcls } = await ec2.send(new DescribeNetworkAclsCommand({ Filters }));
  return NetworkAcls?.[0] ?? null;
}

async function associationOf(ec2: Ec2, { id }: ResourceRef): Promise<string> {
  const acl = await aclOf(ec2, id);
  const found = acl?.Associations?.find(({ SubnetId }) => SubnetId === id)?.NetworkAclAssociationId;
  if (found !== undefined) return found;
  const facts = {
    service: "aws.ec2",
    operation: "ReplaceNetworkAclAssociation",
    providerCode: "",
    status: null,
    requestId: null,
  };
  throw new ProviderError("missing", { ...facts, message: `${id} is not there as it was read just now` });
}

/** Between plan and application somebody may have let others through. Errors: `not-as-approved`. */
async function refuseChanged(ec2: Ec2, { acl, lets }: Asks): Promise<void> {
  const now = openings(await findAcl(ec2, acl));
  if (sameJson(now, [...lets])) return;
  throw new ErError("not-as-approved", `the rules of ${acl} were changed since the plan was made: it ${sayOpenings(now)}`, {
    hints: ["make a new plan"],
  });
}

function subnetRef({ account, region }: Place, id: string): ResourceRef {
  return { provider: "aws", type: "subnet", account, region, id };
}

function asksOf(asks: Json | undefined): Asks | null {
  return (asks as Asks | undefined) ?? null;
}
