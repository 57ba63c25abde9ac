import { CreateNetworkAclEntryCommand, DeleteNetworkAclEntryCommand } from "@aws-sdk/client-ec2";
import * as z from "zod";
import { type Cidr, defect, parseCidr, type ResourceRef, sameJson } from "../../../model/index.ts";
import type { ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import {
  ALL_PROTOCOLS,
  type Entry,
  entriesOf,
  findAcl,
  findAcls,
  idOf,
  passesBefore,
  type Rule,
  type Slot,
  slotOf,
  slotRef,
} from "./acl-entries.ts";
import { concerned, denial, place } from "./acl-slots.ts";
import { ec2Of } from "./pages.ts";

type Params = { readonly rulesPerAcl: number };

const EXAMPLE = { account: "123456789012", region: "us-east-1" };

/**
 * One change per rule, not per ACL: EC2 makes and deletes single rules, so that each change is one call. What somebody else does
 * to other rules of the ACL is then neither in the way nor in danger, and two incidents hold their blocks apart. Every order is
 * safe: a denial in one direction alone already breaks connections, because a network ACL keeps no state.
 */
export const blockCidrs = defineAction<"aws.network-acls", Params, Rule>({
  id: "aws.ec2.block-cidrs",
  title: "Block networks at network ACLs",
  description:
    "Denies all traffic of the networks, in both directions, in the entrance's network ACLs: one rule per network and direction, on the lowest free number of the range that is reserved for it, ahead of every rule that lets the network pass. Rules of others, in that range too, stay as they are.",
  containment: "source",
  blastRadius:
    "every host in the ACLs' subnets loses all traffic with these networks at once, open connections included; whoever shares an address with the attacker (NAT, VPN exits) is cut off too; traffic inside a subnet and clients behind load balancers, proxies or a content delivery network are not stopped",
  targets: ["aws.network-acls"],
  params: z.strictObject({
    /** The account's quota of rules per direction and address family, where it was raised. */
    rulesPerAcl: z.coerce.number().int().min(1).max(40).default(20),
  }),
  permissions: {
    read: [{ service: "ec2", operation: "DescribeNetworkAcls", iam: ["ec2:DescribeNetworkAcls"] }],
    write: [
      { service: "ec2", operation: "CreateNetworkAclEntry", iam: ["ec2:CreateNetworkAclEntry"] },
      { service: "ec2", operation: "DeleteNetworkAclEntry", iam: ["ec2:DeleteNetworkAclEntry"] },
    ],
  },
  bound: {
    ms: 60_000,
    source:
      "Amazon VPC User Guide, network ACLs: changes are applied to the associated subnets automatically; no figure is given, one minute is allowed",
  },
  examples: [
    {
      title: "A network of each family, inbound and outbound",
      selection: {
        kind: "aws.network-acls",
        entrance: "public",
        ...EXAMPLE,
        select: { tag: { key: "edge", value: "public" } },
        rules: { from: 1, to: 19 },
        cidrs: [network("203.0.113.0/24"), network("2001:db8:bad::/48")],
      },
      params: { rulesPerAcl: 20 },
      changes: (["in", "out"] as const).flatMap((direction) => [
        exampleChange({ acl: "acl-0edge01", direction, number: 1 }, "203.0.113.0/24"),
        exampleChange({ acl: "acl-0edge01", direction, number: 2 }, "2001:db8:bad::/48"),
      ]),
    },
  ],

  async *plan(scope, selection, { rulesPerAcl }) {
    const ec2 = await ec2Of(scope, selection);
    for (const acl of await findAcls(ec2, selection.select)) {
      const cidrs = concerned(acl, selection.cidrs);
      for (const direction of ["in", "out"] as const) {
        for (const { cidr, number, stands } of place(acl, direction, cidrs, selection, rulesPerAcl)) {
          const slot = { acl: idOf(acl), direction, number };
          const resource = slotRef(selection, slot);
          const after = denial(cidr.text);
          yield {
            key: resource.id,
            resource,
            summary: sayBlock(slot, cidr.text, selection.entrance),
            before: stands ? after : null,
            after,
            reversal: { kind: "restore" },
          };
        }
      }
    }
  },

  read,

  // EC2 has no lock here. A number that is taken is refused when a rule is made; a deletion trusts the look right before it.
  async apply(scope, { resource, before, after }) {
    const ec2 = await ec2Of(scope, resource);
    if (after === null) await ec2.send(new DeleteNetworkAclEntryCommand(inputOf(resource)));
    else if (before === null) await ec2.send(new CreateNetworkAclEntryCommand({ ...inputOf(resource), ...sent(after) }));
    else defect("a rule of a network ACL is made or deleted, never replaced");
  },

  async verify(scope, { resource, after }, direction) {
    const { rule, entries } = await look(scope, resource);
    const { acl, number } = slotOf(resource);
    const level = "configuration";
    if (!sameJson(rule, after)) {
      const detail = `rule ${number} of ${acl} is ${rule === null ? "absent" : sayRule(rule)}`;
      return { verdict: "contradicted", level, detail };
    }
    const open = direction === "restore" || after === null ? undefined : passesBefore(entries, number, network(after.cidr));
    if (open === undefined) return { verdict: "confirmed", level };
    const detail = `rule ${open.number} of ${acl}, which is tried before rule ${number}, is ${sayRule(open.rule)}`;
    return { verdict: "contradicted", level, detail };
  },

  effects({ resource, after }) {
    if (after === null) return [];
    const { account, region } = resource;
    const { acl, direction } = slotOf(resource);
    const flow = { kind: "flow", provider: "aws", account, region, peer: after.cidr, at: acl, direction } as const;
    return [
      { ...flow, established: false },
      { ...flow, established: true },
    ];
  },

  async probe(scope, { resource, before, after }) {
    if (after === null || before !== null) return { status: "passed", detail: "it stands already: nothing has to be written" };
    const ec2 = await ec2Of(scope, resource);
    await ec2.send(new CreateNetworkAclEntryCommand({ ...inputOf(resource), ...sent(after) }));
    return { status: "passed", detail: "EC2 would let the rule be made" };
  },

  async residual(_scope, { resource, after }) {
    const { acl, direction } = slotOf(resource);
    if (after === null || direction === "out") return [];
    return [
      {
        what: "requests of blocked networks by way of a load balancer, a proxy or a content delivery network outside of the guarded subnets",
        until: "until they are blocked there, too",
        why: "a network ACL sees the address of the last sender only; a web application firewall sees the client's",
      },
      {
        what: `traffic of blocked networks with subnets that ${acl} does not guard`,
        until: "until their network ACLs are among those of the entrance",
        why: "a network ACL works at the border of its own subnets",
      },
    ];
  },
});

type Look = { readonly rule: Rule | null; readonly entries: readonly Entry[] };

async function read(scope: ReadScope, resource: ResourceRef): Promise<Rule | null> {
  return (await look(scope, resource)).rule;
}

async function look(scope: ReadScope, resource: ResourceRef): Promise<Look> {
  const { acl: id, direction, number } = slotOf(resource);
  const acl = await findAcl(await ec2Of(scope, resource), id);
  const entries = acl === null ? [] : entriesOf(acl, direction);
  return { rule: entries.find((entry) => entry.number === number)?.rule ?? null, entries };
}

function inputOf(resource: ResourceRef) {
  const { acl, direction, number } = slotOf(resource);
  return { NetworkAclId: acl, Egress: direction === "out", RuleNumber: number };
}

/** Only denials of all protocols are written. */
function sent({ cidr }: Rule) {
  const block = network(cidr).family === 4 ? { CidrBlock: cidr } : { Ipv6CidrBlock: cidr };
  return { RuleAction: "deny", Protocol: ALL_PROTOCOLS, ...block } as const;
}

function exampleChange(slot: Slot, cidr: string) {
  const resource = slotRef(EXAMPLE, slot);
  return { key: resource.id, resource, summary: sayBlock(slot, cidr, "public"), before: null, after: denial(cidr) };
}

function sayBlock({ acl, direction, number }: Slot, cidr: string, entrance: string): string {
  const way = direction === "in" ? `from ${cidr}` : `to ${cidr}`;
  return `deny all traffic ${way} at entrance "${entrance}" with rule ${number} of ${acl}`;
}

function sayRule({ action, protocol, cidr }: Rule): string {
  return `${action} ${protocol === ALL_PROTOCOLS ? "all traffic" : `protocol ${protocol}`} ${cidr}`;
}

function network(text: string): Cidr {
  return parseCidr(text) ?? defect(`"${text}" is no network`);
}
