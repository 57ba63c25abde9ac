import type { JsonObject } from "../../../model/index.ts";
import { AZURE_LOCATION, EDGE_NSG, EDGE_NSG_GROUP, type EstateRow, SUBSCRIPTION } from "../estate/names.ts";
import { type NsgRow, nsgKey, type SecurityRule } from "./nsg.ts";

/** The Azure part of the embedded estate: an entrance that is open to the world, and a group behind it that is none. */
export function azureRows(): readonly EstateRow[] {
  return [
    group({
      group: EDGE_NSG_GROUP,
      name: EDGE_NSG,
      guid: "3b0f5c1e-0000-4000-8000-0000000000a1",
      tags: { edge: "public", owner: "platform" },
      rules: [
        rule("allow-https", "Inbound", 200, { destinationPortRange: "443", sourceAddressPrefix: "*" }, "public web"),
        rule("allow-vendor-ssh", "Inbound", 210, { destinationPortRange: "22", sourceAddressPrefix: "203.0.113.0/24" }, "vendor"),
        rule(
          "deny-legacy",
          "Inbound",
          220,
          { destinationPortRange: "8080", sourceAddressPrefix: "*", access: "Deny" },
          "retired",
        ),
      ],
    }),
    group({
      group: "rg-app",
      name: "nsg-app",
      guid: "3b0f5c1e-0000-4000-8000-0000000000a2",
      tags: { owner: "platform" },
      rules: [
        rule(
          "allow-front",
          "Inbound",
          200,
          { destinationPortRange: "8080", sourceAddressPrefix: "10.20.1.0/24" },
          "from the front",
        ),
      ],
    }),
  ];
}

function rule(name: string, direction: string, priority: number, more: JsonObject, description: string): SecurityRule {
  const all = { protocol: "Tcp", sourcePortRange: "*", destinationAddressPrefix: "*", access: "Allow" };
  return { name, properties: { description, ...all, priority, direction, ...more } };
}

function group(facts: Pick<NsgRow, "group" | "name" | "guid" | "tags" | "rules">): EstateRow {
  const place = { subscription: SUBSCRIPTION, location: AZURE_LOCATION };
  const value: NsgRow = { ...place, ...facts, etag: `W/"${facts.guid}"`, running: null };
  return { key: nsgKey(SUBSCRIPTION, facts.group, facts.name), value };
}
