import { UpdateRuleGroupCommand } from "@aws-sdk/client-network-firewall";
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
import { ProviderError, type ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { describe, dropped, partsOf, resourceOf, room, type State, sorted, stateOf, withNetworks } from "./rule-group.ts";

type Place = SelectionOf<"aws.network-firewall">;

const EXAMPLE = "er-block-networks/SOC2_ER_BLOCK";

export const blockNetworks = defineAction<"aws.network-firewall", Record<string, never>, State>({
  id: "aws.network-firewall.block-cidrs",
  title: "Block networks at the network firewall",
  description:
    "Adds the networks, of both families, to an IP set variable of a stateful rule group that was made beforehand, under the group's update token. The group's own rules, which drop what comes from the variable's networks and what goes to them, stay as they are, and so do networks of other authors. No rule is added: the group's capacity is not touched.",
  containment: "source",
  blastRadius:
    "everything between these networks and what lies behind every firewall whose policy has the rule group; whoever shares an address with the attacker (NAT, VPN exits) is refused too; traffic that no route leads through a firewall, and connections that were open before, are not stopped",
  targets: ["aws.network-firewall"],
  params: z.strictObject({}),
  permissions: {
    read: [{ service: "networkfirewall", operation: "DescribeRuleGroup", iam: ["network-firewall:DescribeRuleGroup"] }],
    write: [{ service: "networkfirewall", operation: "UpdateRuleGroup", iam: ["network-firewall:UpdateRuleGroup"] }],
  },
  bound: {
    ms: 60_000,
    source:
      "AWS Network Firewall Developer Guide, how changes are propagated: within seconds, with a brief period of inconsistency; a minute is assumed",
  },
  examples: [
    {
      title: "A network of each family into one variable",
      selection: {
        kind: "aws.network-firewall",
        entrance: "public",
        account: "123456789012",
        region: "us-east-1",
        ruleGroup: "er-block-networks",
        variable: "SOC2_ER_BLOCK",
        cidrs: [network("203.0.113.0/24"), network("2001:db8:bad::/48")],
      },
      params: {},
      changes: [
        {
          key: EXAMPLE,
          resource: {
            provider: "aws",
            type: "network-firewall-variable",
            account: "123456789012",
            region: "us-east-1",
            id: EXAMPLE,
          },
          summary: 'block 2001:db8:bad::/48, 203.0.113.0/24 at entrance "public" through rule group "er-block-networks"',
          before: { networks: ["192.0.2.66/32"] },
          after: { networks: ["192.0.2.66/32", "2001:db8:bad::/48", "203.0.113.0/24"] },
          asks: { networks: ["2001:db8:bad::/48", "203.0.113.0/24"] },
        },
      ],
    },
  ],

  async *plan(scope, selection) {
    const resource = resourceOf(selection, selection.ruleGroup, selection.variable);
    const found = await describe(scope, resource);
    const group = found?.RuleGroup;
    const before = stateOf(group, selection.variable);
    if (group === undefined || before === null) throw lacking(selection, group !== undefined);
    if (!dropped(group, selection.variable).has("from")) throw blocksNothing(selection);
    const networks = sorted(selection.cidrs.map(({ text }) => text));
    const after = { networks: sorted([...before.networks, ...networks]) };
    refuseTooLong(-room(withNetworks(group, selection.variable, after.networks), selection.variable), selection);
    yield {
      key: resource.id,
      resource,
      summary: `block ${sayAll(networks)} at entrance "${selection.entrance}" through rule group "${selection.ruleGroup}"`,
      before,
      after,
      reversal: { kind: "restore" },
      asks: { networks },
    };
  },

  read,

  async apply(scope, { resource, before, after }) {
    if (before === null || after === null) return defect("a variable of a rule group is neither made nor removed");
    const { group, variable } = partsOf(resource);
    const found = await describe(scope, resource);
    const now = found?.RuleGroup;
    // The token is taken on what was planned with, not on an edit that came in between.
    if (now === undefined || !sameJson(stateOf(now, variable), before)) throw changedSince(resource);
    const { Description, EncryptionConfiguration, SourceMetadata, SummaryConfiguration } = found?.RuleGroupResponse ?? {};
    const firewall = await scope.aws("networkfirewall", resource);
    await firewall.send(
      new UpdateRuleGroupCommand({
        RuleGroupName: group,
        Type: "STATEFUL",
        UpdateToken: found?.UpdateToken,
        RuleGroup: withNetworks(now, variable, after.networks),
        ...compact({ Description, EncryptionConfiguration, SourceMetadata, SummaryConfiguration }),
      }),
    );
  },

  async verify(scope, change, direction) {
    const { variable } = partsOf(change.resource);
    const group = (await describe(scope, change.resource))?.RuleGroup;
    const now = stateOf(group, variable);
    if (direction === "restore") {
      if (sameJson(now, change.after)) return { verdict: "confirmed", level: "configuration" };
      return { verdict: "contradicted", level: "configuration", detail: "the variable is not the one that was to be put back" };
    }
    const missing = asked(change.asks).filter((text) => !now?.networks.includes(text));
    if (missing.length > 0)
      return { verdict: "contradicted", level: "configuration", detail: `the variable lacks ${sayAll(missing)}` };
    if (dropped(group, variable).has("from")) return { verdict: "confirmed", level: "configuration" };
    return {
      verdict: "contradicted",
      level: "configuration",
      detail: "no rule of the group drops the variable's networks any more",
    };
  },

  merge(base, change, now, held) {
    if (now === null) return { state: null };
    const stays = new Set([...(base?.networks ?? []), ...held.flatMap((other) => asked(other.asks))]);
    const ours = new Set(asked(change.asks).filter((text) => !stays.has(text)));
    const networks = now.networks.filter((text) => !ours.has(text));
    // Suricata takes no rule whose variable stands for nothing.
    if (networks.length === 0) return { state: now, conflict: "the variable would be left without any network" };
    return { state: { networks } };
  },

  effects(change) {
    const { account, region } = change.resource;
    const { group } = partsOf(change.resource);
    return asked(change.asks).map((peer) => ({
      kind: "flow",
      provider: "aws",
      account,
      region,
      peer,
      at: group,
      direction: "in",
      established: false,
    }));
  },

  async residual(scope, change) {
    const { group, variable } = partsOf(change.resource);
    const ways = dropped((await describe(scope, change.resource))?.RuleGroup, variable);
    return [
      {
        what: "connections with these networks that were open before",
        until: "until they end, or until the firewall's flows are flushed",
        why: "changes of stateful rules reach new flows only",
      },
      {
        what: `ways around the firewall: networks whose routes do not lead through one, firewalls whose policy lacks rule group "${group}" or passes the traffic before it`,
        until: "until they are closed",
        why: "a firewall sees only what is routed through it, and its policy says in which order its rules are tried",
      },
      ...(ways.has("to")
        ? []
        : [
            {
              what: `connections from inside to these networks: no rule of "${group}" drops what goes to $${variable}`,
              until: "until such a rule stands there",
              why: "the rule group's own rules say which direction they drop",
            },
          ]),
    ];
  },
});

async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  return stateOf((await describe(scope, resource))?.RuleGroup, partsOf(resource).variable);
}

function lacking({ entrance, account, region, ruleGroup, variable }: Place, exists: boolean): ErError {
  const what = exists ? `has no IP set variable "${variable}"` : `does not exist in ${account} ${region}`;
  return new ErError("config-part-missing", `rule group "${ruleGroup}" of entrance "${entrance}" ${what}`, {
    hints: [
      `make a stateful rule group "${ruleGroup}" whose IP set variable ${variable} holds a placeholder such as 192.0.2.66/32`,
      ...rulesFor(variable),
    ],
  });
}

function blocksNothing({ entrance, ruleGroup, variable }: Place): ErError {
  return new ErError(
    "config-part-missing",
    `no rule of rule group "${ruleGroup}" of entrance "${entrance}" drops what comes from $${variable}: it would block nothing`,
    { hints: rulesFor(variable) },
  );
}

function rulesFor(variable: string): string[] {
  return [
    `its rules: drop ip $${variable} any -> any any (sid:1; rev:1;)`,
    `and:       drop ip any any -> $${variable} any (sid:2; rev:1;)`,
  ];
}

function refuseTooLong(excess: number, { ruleGroup, variable }: Place): void {
  if (excess <= 0) return;
  throw new ErError(
    "limit-exceeded",
    `a rule of "${ruleGroup}" would be ${excess} characters too long with all networks of $${variable}; the firewall takes 8192`,
    { hints: ["block wider networks in fewer entries, or remove networks that need no block any more"] },
  );
}

function asked(asks: Json | undefined): readonly string[] {
  return (asks as { networks?: readonly string[] } | undefined)?.networks ?? [];
}

function sayAll(networks: readonly string[]): string {
  return networks.length <= 3 ? networks.join(", ") : `${networks.slice(0, 3).join(", ")} and ${networks.length - 3} more`;
}

function changedSince({ id }: ResourceRef): ProviderError {
  return new ProviderError("stale", {
    service: "aws.networkfirewall",
    operation: "UpdateRuleGroup",
    providerCode: "InvalidTokenException",
    status: null,
    requestId: null,
    message: `"${id}" was changed since it was read`,
  });
}

function network(text: string): Place["cidrs"][number] {
  return parseCidr(text) ?? defect(`"${text}" is no network`);
}
