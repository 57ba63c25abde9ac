import type { Json, JsonObject } from "../../../model/index.ts";
import type { Transaction } from "../world.ts";
import { ArmFault } from "./answer.ts";

/** A rule as somebody wrote it; what ARM adds to `properties` is added when it is read. */
export type SecurityRule = { readonly name: string; readonly properties: JsonObject };

/** What runs on a group: until `ends` (world milliseconds) nothing else may be written to it. */
export type Running = {
  readonly id: string;
  readonly kind: "put" | "delete";
  readonly rule: string;
  readonly ends: number;
  /** The group's ETag once it has ended. */
  readonly etag: string;
  /** The rules that an operation which fails leaves; null when it succeeds. */
  readonly failsTo: readonly SecurityRule[] | null;
};

export type NsgRow = {
  readonly subscription: string;
  readonly group: string;
  readonly name: string;
  readonly location: string;
  readonly guid: string;
  readonly etag: string;
  readonly tags: { readonly [key: string]: string };
  readonly rules: readonly SecurityRule[];
  readonly running: Running | null;
};

/** ARM compares names without case. */
export function nsgKey(subscription: string, group: string, name: string): string {
  return `${nsgPrefix(subscription, group)}${name.toLowerCase()}`;
}

/** Of all groups of a resource group, or of a subscription. */
export function nsgPrefix(subscription: string, group?: string): string {
  const all = `azure/${subscription.toLowerCase()}/network/nsg/`;
  return group === undefined ? all : `${all}${group.toLowerCase()}/`;
}

export function nsgId({ subscription, group, name }: Pick<NsgRow, "subscription" | "group" | "name">): string {
  return `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Network/networkSecurityGroups/${name}`;
}

/** The group as it is at `now`: an operation whose time is over has ended, though nobody wrote that down. */
export function settled(row: NsgRow, now: number): NsgRow {
  const { running } = row;
  if (running === null || running.ends > now) return row;
  return { ...row, rules: running.failsTo ?? outcome(row, running), etag: running.etag, running: null };
}

function outcome({ rules }: NsgRow, { kind, rule }: Running): readonly SecurityRule[] {
  return kind === "delete" ? rules.filter(({ name }) => name !== rule) : rules;
}

/** Errors: 404 in the words for a top-level resource. */
export function findNsg(tx: Transaction, subscription: string, group: string, name: string): NsgRow {
  const row = tx.newest<NsgRow>(nsgKey(subscription, group, name));
  if (row !== null) return settled(row, tx.now);
  throw new ArmFault(
    404,
    "ResourceNotFound",
    `The Resource 'Microsoft.Network/networkSecurityGroups/${name}' under resource group '${group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
}

export function findRule(row: NsgRow, name: string): SecurityRule | null {
  return row.rules.find((rule) => rule.name.toLowerCase() === name.toLowerCase()) ?? null;
}

export function ruleNotFound(row: NsgRow, name: string): ArmFault {
  return new ArmFault(404, "NotFound", `Resource ${nsgId(row)}/securityRules/${name} not found.`);
}

/** A rule as ARM shows it: it carries its group's ETag, and every list and single form of a side. */
export function showRule(row: NsgRow, rule: SecurityRule): JsonObject {
  const busy = row.running?.rule === rule.name ? row.running.kind : null;
  const provisioningState = busy === null ? "Succeeded" : busy === "put" ? "Updating" : "Deleting";
  return ruleShape(row, "securityRules", rule, provisioningState);
}

export function showNsg(row: NsgRow): JsonObject {
  const { name, location, tags, etag, guid } = row;
  return {
    name,
    id: nsgId(row),
    etag,
    type: "Microsoft.Network/networkSecurityGroups",
    location,
    tags,
    properties: {
      provisioningState: row.running === null ? "Succeeded" : "Updating",
      resourceGuid: guid,
      securityRules: row.rules.map((rule) => showRule(row, rule)),
      defaultSecurityRules: DEFAULT_RULES.map((rule) => ruleShape(row, "defaultSecurityRules", rule, "Succeeded")),
    },
  };
}

function ruleShape(row: NsgRow, kind: string, { name, properties }: SecurityRule, provisioningState: string): JsonObject {
  return {
    name,
    id: `${nsgId(row)}/${kind}/${name}`,
    etag: row.etag,
    type: `Microsoft.Network/networkSecurityGroups/${kind}`,
    properties: { provisioningState, ...properties, ...emptyLists(properties) },
  };
}

function emptyLists(properties: JsonObject): JsonObject {
  const lists = ["sourcePortRanges", "destinationPortRanges", "sourceAddressPrefixes", "destinationAddressPrefixes"];
  return Object.fromEntries(lists.map((list) => [list, properties[list] ?? []]));
}

function defaultRule(name: string, direction: string, priority: number, access: string, from: string, to: string): SecurityRule {
  const ports = { protocol: "*", sourcePortRange: "*", destinationPortRange: "*" };
  const sides = { sourceAddressPrefix: from, destinationAddressPrefix: to };
  return { name, properties: { ...ports, ...sides, access, priority, direction } satisfies { [key: string]: Json } };
}

/** What every group ends in. */
export const DEFAULT_RULES: readonly SecurityRule[] = [
  defaultRule("AllowVnetInBound", "Inbound", 65000, "Allow", "VirtualNetwork", "VirtualNetwork"),
  defaultRule("AllowAzureLoadBalancerInBound", "Inbound", 65001, "Allow", "AzureLoadBalancer", "*"),
  defaultRule("DenyAllInBound", "Inbound", 65500, "Deny", "*", "*"),
  defaultRule("AllowVnetOutBound", "Outbound", 65000, "Allow", "VirtualNetwork", "VirtualNetwork"),
  defaultRule("AllowInternetOutBound", "Outbound", 65001, "Allow", "*", "Internet"),
  defaultRule("DenyAllOutBound", "Outbound", 65500, "Deny", "*", "*"),
];
