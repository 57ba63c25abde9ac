import type { Json, JsonObject } from "../../../model/index.ts";
import type { Transaction } from "../world.ts";
import { ArmFault, groupNotFound, resourceNotFound } from "./answer.ts";

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

/** Errors: 404 for the group, or for the resource group around it. */
export function findNsg(tx: Transaction, subscription: string, group: string, name: string): NsgRow {
  const row = tx.newest<NsgRow>(nsgKey(subscription, group, name));
  if (row !== null) return settled(row, tx.now);
  refuseUnknownGroup(tx, subscription, group);
  throw resourceNotFound("Microsoft.Network/networkSecurityGroups", name, group);
}

/** Nothing else than security groups is in the resource groups of the range: one without any does not exist. */
export function refuseUnknownGroup(tx: Transaction, subscription: string, group: string): void {
  if (tx.list(nsgPrefix(subscription, group)).length === 0) throw groupNotFound(group);
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

function defaultRule(name: string, priority: number, from: string, to: string, description: string): SecurityRule {
  const ports = { protocol: "*", sourcePortRange: "*", destinationPortRange: "*" };
  const sides = { sourceAddressPrefix: from, destinationAddressPrefix: to };
  const access = name.startsWith("Allow") ? "Allow" : "Deny";
  const direction = name.endsWith("InBound") ? "Inbound" : "Outbound";
  return {
    name,
    properties: { description, ...ports, ...sides, access, priority, direction } satisfies { [key: string]: Json },
  };
}

/** What every group ends in. */
export const DEFAULT_RULES: readonly SecurityRule[] = [
  defaultRule("AllowVnetInBound", 65000, "VirtualNetwork", "VirtualNetwork", "Allow inbound traffic from all VMs in VNET"),
  defaultRule("AllowAzureLoadBalancerInBound", 65001, "AzureLoadBalancer", "*", "Allow inbound traffic from azure load balancer"),
  defaultRule("DenyAllInBound", 65500, "*", "*", "Deny all inbound traffic"),
  defaultRule(
    "AllowVnetOutBound",
    65000,
    "VirtualNetwork",
    "VirtualNetwork",
    "Allow outbound traffic from all VMs to all VMs in VNET",
  ),
  defaultRule("AllowInternetOutBound", 65001, "*", "Internet", "Allow outbound traffic from all VMs to Internet"),
  defaultRule("DenyAllOutBound", 65500, "*", "*", "Deny all outbound traffic"),
];
