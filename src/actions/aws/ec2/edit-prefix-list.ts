import { ModifyManagedPrefixListCommand } from "@aws-sdk/client-ec2";
import * as z from "zod";
import {
  type Cidr,
  contains,
  defect,
  ErError,
  type Json,
  overlaps,
  parseCidr,
  type ResourceRef,
  sameJson,
} from "../../../model/index.ts";
import { ProviderError, type ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { ec2Of, type Place } from "./pages.ts";
import { type Entry, findList, findLists, sortedEntries } from "./prefix-lists.ts";

type State = { readonly entries: readonly Entry[] };

/** Additions and removals that EC2 takes in one call. */
const MOST_EDITS = 100;
const EXAMPLE = { account: "123456789012", region: "us-east-1" };
const PARTNER: Entry = { cidr: "203.0.113.64/26", description: "partner Initech" };
const OFFICE: Entry = { cidr: "198.51.100.0/24", description: "responders" };

export const editPrefixList = defineAction<"aws.prefix-lists", Record<string, never>, State>({
  id: "aws.ec2.edit-prefix-list",
  title: "Take networks off prefix lists",
  description:
    "Takes the networks off the entrance's managed prefix lists, under EC2's lock on the list's version. Prefix lists let in: security groups and routes that refer to a list no longer let in what is taken off. Entries that lie within a given network go; an entry that is wider than a given network lets others in, too: it stays, and the plan says so. A restore puts the entries back with their descriptions.",
  containment: "source",
  blastRadius:
    "everybody in the entries that are taken off loses what any security group, route or firewall grants to the list, in every VPC and account that it is shared with; connections that are open and tracked are not cut; networks that are let in by other rules than the list's still get in",
  targets: ["aws.prefix-lists"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "ec2", operation: "DescribeManagedPrefixLists", iam: ["ec2:DescribeManagedPrefixLists"] },
      { service: "ec2", operation: "GetManagedPrefixListEntries", iam: ["ec2:GetManagedPrefixListEntries"] },
    ],
    write: [{ service: "ec2", operation: "ModifyManagedPrefixList", iam: ["ec2:ModifyManagedPrefixList"] }],
  },
  bound: {
    ms: 60_000,
    source:
      "assumed: Amazon VPC User Guide, managed prefix lists, says that resources which refer to a list take its newest version and gives no time; one minute is allowed",
  },
  examples: [
    {
      title: "A partner's network that lies within the given one",
      selection: {
        kind: "aws.prefix-lists",
        entrance: "shop",
        ...EXAMPLE,
        select: { names: ["shop-partners"] },
        cidrs: [network("203.0.113.0/24")],
      },
      params: {},
      changes: [
        {
          key: "pl-0shop01",
          resource: listRef(EXAMPLE, "pl-0shop01"),
          summary: 'take 203.0.113.64/26 off prefix list "shop-partners" (pl-0shop01) of entrance "shop"',
          before: { entries: [OFFICE, PARTNER] },
          after: { entries: [OFFICE] },
          asks: { off: ["203.0.113.0/24"] },
        },
      ],
    },
  ],

  async *plan(scope, selection) {
    const ec2 = await ec2Of(scope, selection);
    for (const { list, entries } of await findLists(ec2, selection)) {
      const off = networksFor(list.AddressFamily, selection.cidrs);
      if (off.length === 0) continue;
      const id = list.PrefixListId ?? defect("a prefix list has no id");
      const gone = entries.filter((entry) => isWithin(entry, off));
      if (gone.length > MOST_EDITS) {
        throw new ErError("limit-exceeded", `${gone.length} entries of ${id} would go; EC2 takes ${MOST_EDITS} in one call`, {
          hints: ["name narrower networks, a part of them at a time"],
        });
      }
      yield {
        key: id,
        resource: listRef(selection, id),
        summary: sayTaken(gone, off, `prefix list "${list.PrefixListName}" (${id}) of entrance "${selection.entrance}"`),
        before: { entries },
        after: { entries: entries.filter((entry) => !gone.includes(entry)) },
        reversal: { kind: "restore" },
        asks: { off: off.map(({ text }) => text) },
      };
    }
  },

  async leaves(scope, selection) {
    const lists = await findLists(await ec2Of(scope, selection), selection);
    return lists.flatMap(({ list, entries }) => {
      const off = networksFor(list.AddressFamily, selection.cidrs);
      const wider = entries.filter((entry) => !isWithin(entry, off) && off.some((one) => overlaps(one, network(entry.cidr))));
      return wider.map(({ cidr, description }) => ({
        resource: listRef(selection, list.PrefixListId ?? ""),
        reason: `entry ${cidr}${description ? ` ("${description}")` : ""} of prefix list "${list.PrefixListName}" is wider than what is taken off: it stays, and lets it in`,
      }));
    });
  },

  read,

  async apply(scope, { resource, before, after }) {
    if (before === null || after === null) return defect("a prefix list is neither made nor removed");
    const ec2 = await ec2Of(scope, resource);
    const found = await findList(ec2, resource.id);
    // The lock is taken on what was planned with, not on an edit that came in between.
    if (found === null || !sameJson({ entries: found.entries }, before)) throw changedSince(resource);
    const lacks = (state: State, { cidr }: Entry) => !state.entries.some((other) => other.cidr === cidr);
    const gone = before.entries.filter((entry) => lacks(after, entry));
    const back = after.entries.filter((entry) => lacks(before, entry));
    await ec2.send(
      new ModifyManagedPrefixListCommand({
        PrefixListId: resource.id,
        CurrentVersion: found.list.Version,
        ...(gone.length === 0 ? {} : { RemoveEntries: gone.map(({ cidr }) => ({ Cidr: cidr })) }),
        ...(back.length === 0
          ? {}
          : {
              AddEntries: back.map(({ cidr, description }) => ({
                Cidr: cidr,
                ...(description ? { Description: description } : {}),
              })),
            }),
      }),
    );
  },

  async verify(scope, { resource, after, asks }, direction) {
    const level = "configuration";
    const found = await findList(await ec2Of(scope, resource), resource.id);
    if (found === null) return { verdict: "contradicted", level, detail: "the prefix list is gone" };
    const { State: state = "", StateMessage: message } = found.list;
    if (!/-complete$/.test(state)) {
      const detail = `the prefix list is in state ${state}${message ? `: ${message}` : ""}`;
      return { verdict: "contradicted", level, detail };
    }
    if (direction === "restore") {
      if (sameJson({ entries: found.entries }, after)) return { verdict: "confirmed", level };
      return { verdict: "contradicted", level, detail: "the prefix list is not the one that was to be put back" };
    }
    const still = found.entries.filter((entry) => isWithin(entry, askedOff(asks)));
    if (still.length === 0) return { verdict: "confirmed", level };
    return { verdict: "contradicted", level, detail: `the prefix list lets in ${still.map(({ cidr }) => cidr).join(", ")}` };
  },

  effects({ resource, before, asks }) {
    const { account, region, id } = resource;
    const off = askedOff(asks);
    // Of an entry that was not there nobody can say that it was shut out.
    const gone = (before?.entries ?? []).filter((entry) => isWithin(entry, off));
    return gone.map(({ cidr }) => ({
      kind: "flow",
      provider: "aws",
      account,
      region,
      peer: cidr,
      at: id,
      direction: "in",
      established: false,
    }));
  },

  merge(base, { asks }, now, held) {
    if (now === null) return { state: null };
    const off = askedOff(asks);
    const others = held.flatMap((other) => askedOff(other.asks));
    const back = (base?.entries ?? []).filter(
      (entry) => isWithin(entry, off) && !isWithin(entry, others) && !now.entries.some(({ cidr }) => cidr === entry.cidr),
    );
    return { state: { entries: sortedEntries([...now.entries, ...back]) } };
  },

  async residual(_scope, { resource }) {
    return [
      {
        what: `connections that were open through what refers to ${resource.id}`,
        until: "until each is closed or idle for too long",
        why: "a change of a prefix list does not interrupt what security groups are tracking; a network ACL cuts it: soc2-er block ip",
      },
    ];
  },
});

async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  const found = await findList(await ec2Of(scope, resource), resource.id);
  return found === null ? null : { entries: found.entries };
}

function networksFor(family: string | undefined, cidrs: readonly Cidr[]): readonly Cidr[] {
  return cidrs.filter((cidr) => cidr.family === (family === "IPv6" ? 6 : 4));
}

function isWithin({ cidr }: Entry, networks: readonly Cidr[]): boolean {
  const entry = network(cidr);
  return networks.some((one) => contains(one, entry));
}

function askedOff(asks: Json | undefined): readonly Cidr[] {
  return ((asks as { off?: readonly string[] } | undefined)?.off ?? []).map(network);
}

function sayTaken(gone: readonly Entry[], off: readonly Cidr[], list: string): string {
  const say = (all: readonly string[]) =>
    all.length <= 3 ? all.join(", ") : `${all.slice(0, 3).join(", ")} and ${all.length - 3} more`;
  if (gone.length === 0) return `keep ${say(off.map(({ text }) => text))} off ${list}`;
  return `take ${say(gone.map(({ cidr }) => cidr))} off ${list}`;
}

function listRef({ account, region }: Place, id: string): ResourceRef {
  return { provider: "aws", type: "prefix-list", account, region, id };
}

function changedSince({ id }: ResourceRef): ProviderError {
  const facts = { service: "aws.ec2", operation: "ModifyManagedPrefixList", status: null, requestId: null };
  return new ProviderError("stale", {
    ...facts,
    providerCode: "PrefixListVersionMismatch",
    message: `prefix list "${id}" was changed since it was read`,
  });
}

function network(text: string): Cidr {
  return parseCidr(text) ?? defect(`"${text}" is no network`);
}
