import * as z from "zod";
import { type Cidr, defect, ErError, type NonEmpty, parseCidr, type ResourceRef, sameJson } from "../../../model/index.ts";
import { type Permission, ProviderError, resumed, settled } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { findGroups, type Group, groupIdOf, lookAt, partsOf, quietGroup, ruleRef, type Standing, standingIn } from "./groups.ts";
import { nameOf, place } from "./rule-slots.ts";
import {
  type Direction,
  denial,
  isIn,
  networksOf,
  passesBefore,
  priorityOf,
  type Rule,
  sayNetworks,
  sayRule,
  sent,
} from "./security-rules.ts";

const SUBSCRIPTION = "/subscriptions/{subscription}";
const NETWORK = "/providers/Microsoft.Network";
const GROUP = `${SUBSCRIPTION}/resourceGroups/{group}${NETWORK}/networkSecurityGroups/{nsg}`;
const RULE = `${GROUP}/securityRules/{rule}`;
const ACTION = "Microsoft.Network/networkSecurityGroups";

const READ: NonEmpty<Permission> = [
  { method: "GET", path: `${SUBSCRIPTION}${NETWORK}/networkSecurityGroups`, azureAction: `${ACTION}/read` },
  { method: "GET", path: GROUP, azureAction: `${ACTION}/read` },
  { method: "GET", path: RULE, azureAction: `${ACTION}/securityRules/read` },
  {
    method: "GET",
    path: `${SUBSCRIPTION}${NETWORK}/locations/{location}/operations/{operation}`,
    azureAction: "Microsoft.Network/locations/operations/read",
  },
];

const EXAMPLE = {
  subscription: "0b1f6471-1bf0-4dda-aec3-cb9272f09590",
  group: {
    id: "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/rg-edge/providers/Microsoft.Network/networkSecurityGroups/nsg-front",
    name: "nsg-front",
    location: "westeurope",
  },
};

/**
 * One change per rule, and a rule is made or deleted, never replaced: what somebody else writes to the group meanwhile is neither in
 * the way nor in danger, and two incidents hold their blocks apart. Every order is safe, for each rule denies by itself.
 */
export const denyCidrs = defineAction<"azure.nsgs", Record<string, never>, Rule>({
  id: "azure.network.deny-cidrs",
  title: "Deny networks in network security groups",
  description:
    "Denies all new connections with the networks, in both directions, in the entrance's network security groups: one rule per direction and address family, at the lowest free priority of the range that is reserved for it, ahead of every rule that may let a network pass. A denial that stands there already is held. Rules of others, in that range too, stay as they are.",
  containment: "source",
  blastRadius:
    "every host behind the groups takes and makes no new connections with these networks; whoever shares an address with the attacker (NAT, VPN exits) is cut off too, and so are your own hosts where a network is yours; connections that are open already go on, and clients behind load balancers, proxies or a content delivery network are not stopped",
  targets: ["azure.nsgs"],
  params: z.strictObject({}),
  permissions: {
    read: READ,
    write: [
      { method: "PUT", path: RULE, azureAction: `${ACTION}/securityRules/write` },
      { method: "DELETE", path: RULE, azureAction: `${ACTION}/securityRules/delete` },
    ],
  },
  bound: {
    ms: 60_000,
    source:
      "Azure Virtual Network documentation, network security groups: no figure is given; a rule was recorded as provisioned within 10 seconds, one minute is allowed",
  },
  examples: [
    {
      title: "A network of each family, inbound and outbound",
      selection: {
        kind: "azure.nsgs",
        entrance: "azure-front",
        subscription: EXAMPLE.subscription,
        select: { tag: { key: "edge", value: "public" } },
        priorities: { from: 100, to: 109 },
        cidrs: [network("203.0.113.0/24"), network("2001:db8:bad::/48")],
      },
      params: {},
      changes: (["in", "out"] as const).flatMap((direction) => [
        exampleChange(direction, 100, "203.0.113.0/24"),
        exampleChange(direction, 101, "2001:db8:bad::/48"),
      ]),
    },
  ],

  async *plan(scope, selection) {
    for (const group of await findGroups(scope, selection)) {
      for (const direction of ["in", "out"] as const) {
        for (const { name, rule, stands } of place(group, direction, selection.cidrs, selection)) {
          const resource = ruleRef(selection.subscription, group, name);
          const summary = sayDenial(group, name, rule, selection.entrance);
          yield { key: resource.id, resource, summary, before: stands ? rule : null, after: rule, reversal: { kind: "restore" } };
        }
      }
    }
  },

  async read(scope, resource) {
    return (await lookAt(scope, resource)).standing?.rule ?? null;
  },

  // Azure writes to a group one at a time. The lock of a deletion is the group's ETag, which any change to it moves; a rule is made
  // only where none of its name is.
  apply(scope, { resource, before, after }) {
    return scope.inTurn(groupIdOf(resource).toLowerCase(), async () => {
      const client = await scope.azure(resource.account);
      const at = partsOf(resource);
      const group = await quietGroup(scope, client, at);
      const now = group && standingIn(group, at.rule);
      if (!sameJson(now?.rule ?? null, before)) throw changedSince(resource, after === null ? "DELETE" : "PUT");
      if (after === null && now) {
        const lock = { "If-Match": now.etag };
        await settled(scope, client.securityRules.delete(at.group, at.nsg, at.rule, { requestOptions: { headers: lock } }));
      } else if (before === null && after !== null) {
        refuseTaken(group, after);
        const lock = { "If-None-Match": "*" };
        await settled(
          scope,
          client.securityRules.createOrUpdate(at.group, at.nsg, at.rule, sent(after), { requestOptions: { headers: lock } }),
        );
      } else defect("a security rule is made or deleted, never replaced");
    });
  },

  async settle(scope, { resource }, token) {
    await resumed(scope, await scope.azure(resource.account), token);
  },

  async verify(scope, { resource, after }, direction) {
    const { group, standing } = await lookAt(scope, resource);
    const level = "configuration";
    const contradicted = (detail: string) => ({ verdict: "contradicted", level, detail }) as const;
    const name = `rule "${partsOf(resource).rule}"`;
    if (!sameJson(standing?.rule ?? null, after)) return contradicted(`${name} is ${sayStanding(standing)}`);
    if (direction === "restore" || after === null || group === null || standing === null) return { verdict: "confirmed", level };
    if (standing.state === "failed") return contradicted(`Azure says that its last operation on ${name} failed`);
    const slot = { direction: directionOf(after), priority: priorityOf(after) };
    const open = group.rules.find(({ rule }) => passesBefore(rule, slot, peersOf(after)));
    if (open === undefined) return { verdict: "confirmed", level };
    return contradicted(
      `rule "${open.name}", which is tried before ${name}, may let them pass: ${sayRule(open.rule, slot.direction)}`,
    );
  },

  effects({ resource, after }) {
    if (after === null) return [];
    const { account, region } = resource;
    const flow = { kind: "flow", provider: "azure", account, region, at: groupIdOf(resource) } as const;
    return peersOf(after).map(({ text }) => ({ ...flow, peer: text, direction: directionOf(after), established: false }));
  },

  async residual(scope, { resource, after }) {
    if (after === null || directionOf(after) === "out") return [];
    const { nsg } = partsOf(resource);
    const flushes = (await lookAt(scope, resource)).group?.flushes ?? false;
    return [
      {
        what: `connections between blocked networks and hosts behind ${nsg} that were open before the rules`,
        until: flushes
          ? "until Azure has looked at them again, as flushConnection of the group asks"
          : "until they close, or their host is stopped or loses its public address",
        why: "a network security group decides over new connections; a change of rules does not end those that it tracks",
      },
      {
        what: "requests of blocked networks by way of a load balancer, a proxy or a content delivery network with an address of its own",
        until: "until they are blocked there, too",
        why: "a network security group sees the address of the last sender only; a web application firewall sees the client's",
      },
      {
        what: `traffic of blocked networks with subnets and network interfaces that ${nsg} does not guard`,
        until: "until their network security groups are among those of the entrance",
        why: "a network security group works where it is attached",
      },
    ];
  },
});

/** Without this, a priority that somebody took since would be found out only by Azure, as a conflict that may pass. */
function refuseTaken(group: Group | null, rule: Rule): void {
  const direction = directionOf(rule);
  const taken = group?.rules.find((other) => isIn(other.rule, direction) && priorityOf(other.rule) === priorityOf(rule));
  if (group === null || taken === undefined) return;
  throw new ErError(
    "no-free-slot",
    `priority ${priorityOf(rule)} of network security group "${group.name}" was taken by rule "${taken.name}" since it was planned`,
    { hints: ["plan again: another priority is chosen"] },
  );
}

function changedSince(resource: ResourceRef, method: string): ProviderError {
  return new ProviderError("stale", {
    service: "azure.network",
    operation: `${method} securityRules`,
    providerCode: "PreconditionFailed",
    status: null,
    requestId: null,
    message: `rule "${partsOf(resource).rule}" was changed since it was read`,
  });
}

/** Of a rule that a change asks for: it names networks and nothing else. */
function peersOf(rule: Rule): readonly Cidr[] {
  return networksOf(rule, directionOf(rule)) ?? defect("a denial names networks");
}

function directionOf(rule: Rule): Direction {
  return isIn(rule, "in") ? "in" : "out";
}

function sayDenial(group: Pick<Group, "name">, name: string, rule: Rule, entrance: string): string {
  const peers = sayNetworks(peersOf(rule).map(({ text }) => text));
  const way = directionOf(rule) === "in" ? `from ${peers}` : `to ${peers}`;
  return `deny new connections ${way} at entrance "${entrance}" with rule "${name}" of ${group.name}`;
}

function sayStanding(standing: Standing | null): string {
  return standing === null ? "absent" : sayRule(standing.rule, directionOf(standing.rule));
}

function exampleChange(direction: Direction, priority: number, cidr: string) {
  const name = nameOf({ direction, priority });
  const after = denial({ direction, priority }, [cidr]);
  const resource = ruleRef(EXAMPLE.subscription, EXAMPLE.group, name);
  return { key: resource.id, resource, summary: sayDenial(EXAMPLE.group, name, after, "azure-front"), before: null, after };
}

function network(text: string): Cidr {
  return parseCidr(text) ?? defect(`"${text}" is no network`);
}
