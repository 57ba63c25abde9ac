import { DescribeNetworkAclsCommand, type NetworkAcl, ReplaceNetworkAclAssociationCommand } from "@aws-sdk/client-ec2";
import * as z from "zod";
import { defect, ErError, type Json, type ResourceRef, sameJson } from "../../../model/index.ts";
import { ProviderError, type ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { findAcl, idOf } from "./acl-entries.ts";
import { findSubnets, type LockdownAcl, lockdownAclOf, openings, sayOpenings } from "./lockdown-acl.ts";
import { type Ec2, ec2Of, type Place } from "./pages.ts";

/** By subnet: the association's id is another one after every change, and names nothing that lasts. */
type State = { readonly acl: string };
/** The lockdown ACL, and what it lets pass: rules that somebody changes later are not what was planned. */
type Asks = { readonly acl: string; readonly lets: readonly string[] };

const EXAMPLE = { account: "123456789012", region: "us-east-1" };

export const swapNetworkAcl = defineAction<"aws.entrance-subnets", Record<string, never>, State>({
  id: "aws.ec2.swap-network-acl",
  title: "Cut an entrance's subnets off with the lockdown network ACL",
  description:
    "Gives the entrance's subnets the lockdown network ACL of their VPC, which was made beforehand and lets nothing pass, or only the responders' networks. A restore gives each subnet the network ACL back that it had. Neither network ACL is edited.",
  containment: "destination",
  blastRadius:
    "everything in these subnets is cut off at once in both directions, open connections included: hosts, load balancers, databases, NAT and VPC endpoints of every tenant, health checks, and responders too unless the lockdown ACL lets them pass; whoever outside of the subnets depends on them fails; traffic inside a subnet goes on",
  targets: ["aws.entrance-subnets"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "ec2", operation: "DescribeSubnets", iam: ["ec2:DescribeSubnets"] },
      { service: "ec2", operation: "DescribeNetworkAcls", iam: ["ec2:DescribeNetworkAcls"] },
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
          summary: sayCut("subnet-0shop01", "shop", "lockdown", []),
          before: { acl: "acl-0app01" },
          after: { acl: "acl-0lock01" },
          asks: { acl: "acl-0lock01", lets: [] },
        },
      ],
    },
  ],

  async *plan(scope, selection) {
    const ec2 = await ec2Of(scope, selection);
    const lockdown = new Map<string, LockdownAcl>();
    for (const { id, vpc } of await findSubnets(ec2, selection.select)) {
      const acl = lockdown.get(vpc) ?? (await lockdownAclOf(ec2, vpc, selection));
      lockdown.set(vpc, acl);
      const resource = subnetRef(selection, id);
      yield {
        key: id,
        resource,
        summary: sayCut(id, selection.entrance, selection.lockdownAcl, acl.lets),
        before: await read(scope, resource),
        after: { acl: acl.id },
        reversal: { kind: "restore" },
        asks: { acl: acl.id, lets: acl.lets },
      };
    }
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
    return [{ ...flow, established: false }];
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

function sayCut(subnet: string, entrance: string, acl: string, lets: readonly string[]): string {
  return `cut ${subnet} of entrance "${entrance}" off with network ACL "${acl}", which ${sayOpenings(lets)}`;
}

function asksOf(asks: Json | undefined): Asks | null {
  return (asks as Asks | undefined) ?? null;
}
