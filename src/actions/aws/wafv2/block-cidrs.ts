import { GetIPSetCommand, ListIPSetsCommand, type Scope, UpdateIPSetCommand } from "@aws-sdk/client-wafv2";
import * as z from "zod";
import {
  compact,
  defect,
  ErError,
  type Json,
  parseCidr,
  type ResourceRef,
  type SelectionOf,
  sameJson,
} from "../../../model/index.ts";
import { orAbsent, ProviderError, type ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { findByName } from "./by-name.ts";

/** Canonical and sorted: WAF keeps a set, in whatever order and spelling it was given. */
type State = { readonly addresses: readonly string[] };
type Place = SelectionOf<"aws.waf-ip-sets">;

const MOST_ADDRESSES = 10_000;

const EXAMPLE_SETS = {
  IPv4: "REGIONAL/er-block-ipv4/6f1c2a4e-0a11-4b5e-9d55-000000000004",
  IPv6: "REGIONAL/er-block-ipv6/6f1c2a4e-0a11-4b5e-9d55-000000000006",
};

export const blockCidrs = defineAction<"aws.waf-ip-sets", Record<string, never>, State>({
  id: "aws.wafv2.block-cidrs",
  title: "Block networks at the web application firewall",
  description:
    "Adds the networks to the entrance's IP sets, one set per address family, under WAF's optimistic lock. The sets have to stand in a Block rule of the entrance's web ACLs. Addresses of other authors stay as they are.",
  containment: "source",
  blastRadius:
    "web requests from these networks are refused at every resource whose web ACL blocks the set; whoever shares an address with the attacker (NAT, VPN exits) is refused too; hosts that are reached past the firewall and clients named only in a forwarding header are not stopped",
  targets: ["aws.waf-ip-sets"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "wafv2", operation: "ListIPSets", iam: ["wafv2:ListIPSets"] },
      { service: "wafv2", operation: "GetIPSet", iam: ["wafv2:GetIPSet"] },
    ],
    write: [{ service: "wafv2", operation: "UpdateIPSet", iam: ["wafv2:UpdateIPSet"] }],
  },
  bound: {
    ms: 300_000,
    source:
      "AWS WAF Developer Guide, temporary inconsistencies during updates: a few seconds to a number of minutes; five minutes are allowed",
  },
  examples: [
    {
      title: "A network of each family, each into its own set",
      selection: {
        kind: "aws.waf-ip-sets",
        entrance: "public",
        account: "123456789012",
        region: "us-east-1",
        scope: "REGIONAL",
        ipv4: "er-block-ipv4",
        ipv6: "er-block-ipv6",
        cidrs: [network("203.0.113.0/24"), network("2001:db8:bad::/48")],
      },
      params: {},
      changes: [
        {
          key: EXAMPLE_SETS.IPv4,
          resource: { provider: "aws", type: "waf-ip-set", account: "123456789012", region: "us-east-1", id: EXAMPLE_SETS.IPv4 },
          summary: 'block 203.0.113.0/24 at entrance "public" through IP set "er-block-ipv4"',
          before: { addresses: ["192.0.2.66/32"] },
          after: { addresses: ["192.0.2.66/32", "203.0.113.0/24"] },
          asks: { addresses: ["203.0.113.0/24"] },
        },
        {
          key: EXAMPLE_SETS.IPv6,
          resource: { provider: "aws", type: "waf-ip-set", account: "123456789012", region: "us-east-1", id: EXAMPLE_SETS.IPv6 },
          summary: 'block 2001:db8:bad::/48 at entrance "public" through IP set "er-block-ipv6"',
          before: { addresses: ["2001:db8:66::/48"] },
          after: { addresses: ["2001:db8:66::/48", "2001:db8:bad::/48"] },
          asks: { addresses: ["2001:db8:bad::/48"] },
        },
      ],
    },
  ],

  async *plan(scope, selection) {
    for (const { name, version, addresses } of wanted(selection)) {
      const resource = await findSet(scope, selection, name, version);
      const before = (await read(scope, resource)) ?? vanished(name);
      const after = { addresses: sorted([...before.addresses, ...addresses]) };
      if (after.addresses.length > MOST_ADDRESSES) {
        throw new ErError(
          "limit-exceeded",
          `IP set "${name}" would have ${after.addresses.length} addresses; WAF takes ${MOST_ADDRESSES}`,
          {
            hints: ["block wider networks in fewer entries, or remove addresses that need no block any more"],
          },
        );
      }
      yield {
        key: resource.id,
        resource,
        summary: `block ${sayAll(addresses)} at entrance "${selection.entrance}" through IP set "${name}"`,
        before,
        after,
        reversal: { kind: "restore" },
        asks: { addresses },
      };
    }
  },

  read,

  async apply(scope, { resource, before, after }) {
    if (before === null || after === null) return defect("an IP set is neither made nor removed");
    const waf = await scope.aws("wafv2", resource);
    const set = partsOf(resource);
    const answer = await waf.send(new GetIPSetCommand(set));
    // The lock is taken on what was planned with, not on an edit that came in between.
    if (!sameJson(stateOf(answer.IPSet?.Addresses), before)) throw changedSince(resource);
    const description = answer.IPSet?.Description;
    await waf.send(
      new UpdateIPSetCommand({
        ...set,
        LockToken: answer.LockToken,
        Addresses: [...after.addresses],
        ...(description ? { Description: description } : {}),
      }),
    );
  },

  async verify(scope, change, direction) {
    const now = await read(scope, change.resource);
    if (direction === "restore") {
      if (sameJson(now, change.after)) return { verdict: "confirmed", level: "configuration" };
      return { verdict: "contradicted", level: "configuration", detail: "the set is not the one that was to be put back" };
    }
    const lacking = asked(change.asks).filter((address) => !now?.addresses.includes(address));
    if (lacking.length === 0) return { verdict: "confirmed", level: "configuration" };
    return { verdict: "contradicted", level: "configuration", detail: `the set lacks ${sayAll(lacking)}` };
  },

  merge(base, change, now, held) {
    if (now === null) return { state: null };
    const stays = new Set([...(base?.addresses ?? []), ...held.flatMap((other) => asked(other.asks))]);
    const ours = new Set(asked(change.asks).filter((address) => !stays.has(address)));
    return { state: { addresses: now.addresses.filter((address) => !ours.has(address)) } };
  },

  effects(change) {
    const { account, region } = change.resource;
    const { Id } = partsOf(change.resource);
    return asked(change.asks).map((peer) => ({
      kind: "flow",
      provider: "aws",
      account,
      region,
      peer,
      at: Id,
      direction: "in",
      established: false,
    }));
  },

  async residual(_scope, change) {
    return [
      {
        what: `ways around the firewall: hosts reached directly, web ACLs without a Block rule on IP set "${partsOf(change.resource).Name}"`,
        until: "until they are closed",
        why: "WAF sees only requests to resources that its web ACLs protect",
      },
    ];
  },
});

/** The networks by set. CIDRs of a family without a set are the planner's to report, unless none has one. */
function wanted({ entrance, ipv4, ipv6, cidrs }: Place): { name: string; version: string; addresses: string[] }[] {
  const all = cidrs.find(({ bits }) => bits === 0);
  if (all !== undefined) throw new ErError("block-too-wide", `WAF does not take "${all.text}" into an IP set`);
  const families = [
    { name: ipv4, version: "IPV4", addresses: sorted(cidrs.filter(({ family }) => family === 4).map(({ text }) => text)) },
    { name: ipv6, version: "IPV6", addresses: sorted(cidrs.filter(({ family }) => family === 6).map(({ text }) => text)) },
  ].filter(({ addresses }) => addresses.length > 0);
  const served = families.flatMap(({ name, ...set }) => (name === undefined ? [] : [{ name, ...set }]));
  if (families.length > 0 && served.length === 0) {
    throw new ErError(
      "config-part-missing",
      `entrance "${entrance}" has no IP set for the address family of "${sayAll(cidrs.map(({ text }) => text))}"`,
      {
        hints: ["name a set for each family under `edge: waf-ip-sets:` in soc2-er.yaml"],
      },
    );
  }
  return served;
}

async function findSet(
  scope: ReadScope,
  { entrance, account, region, scope: setScope }: Place,
  name: string,
  version: string,
): Promise<ResourceRef> {
  // CloudFront's sets live in us-east-1, wherever the entrance is.
  const place = { account, region: setScope === "CLOUDFRONT" ? "us-east-1" : region };
  const waf = await scope.aws("wafv2", place);
  const { Id = defect("an IP set has no id") } = await findByName(
    name,
    `IP set "${name}" of entrance "${entrance}"`,
    place,
    (from) => waf.send(new ListIPSetsCommand(compact({ Scope: setScope, NextMarker: from }))),
    ({ IPSets }) => IPSets,
    [
      `aws wafv2 create-ip-set --scope ${setScope} --region ${place.region} --name ${name} --ip-address-version ${version} --addresses`,
    ],
  );
  return { provider: "aws", type: "waf-ip-set", ...place, id: `${setScope}/${name}/${Id}` };
}

async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  const waf = await scope.aws("wafv2", resource);
  const answer = await orAbsent(() => waf.send(new GetIPSetCommand(partsOf(resource))));
  return answer === null ? null : stateOf(answer.IPSet?.Addresses);
}

function stateOf(addresses: readonly string[] | undefined): State {
  return { addresses: sorted((addresses ?? []).map((address) => parseCidr(address)?.text ?? address)) };
}

function partsOf({ id }: ResourceRef): { Scope: Scope; Name: string; Id: string } {
  const [scope, name, setId] = id.split("/");
  if (scope === undefined || name === undefined || setId === undefined) return defect(`"${id}" names no IP set`);
  return { Scope: scope as Scope, Name: name, Id: setId };
}

function sorted(addresses: readonly string[]): string[] {
  return [...new Set(addresses)].sort();
}

function asked(asks: Json | undefined): readonly string[] {
  return (asks as { addresses?: readonly string[] } | undefined)?.addresses ?? [];
}

function sayAll(addresses: readonly string[]): string {
  return addresses.length <= 3 ? addresses.join(", ") : `${addresses.slice(0, 3).join(", ")} and ${addresses.length - 3} more`;
}

function vanished(name: string): never {
  throw new ErError("config-part-missing", `IP set "${name}" disappeared while it was looked at`);
}

function changedSince({ id }: ResourceRef): ProviderError {
  return new ProviderError("stale", {
    service: "aws.wafv2",
    operation: "UpdateIPSet",
    providerCode: "WAFOptimisticLockException",
    status: null,
    requestId: null,
    message: `IP set "${id}" was changed since it was read`,
  });
}

function network(text: string): Place["cidrs"][number] {
  return parseCidr(text) ?? defect(`"${text}" is no network`);
}
