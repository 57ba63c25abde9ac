import { SHOP_CONFIG } from "../../src/exercise/range/estate/distributions.ts";
import { EDGE_BODY, EMERGENCY_BODY, LOCKDOWN_BODY, SHOP_BODY } from "../../src/exercise/range/estate/web-acls.ts";
import type { JsonObject } from "../../src/model/index.ts";
import type { Caller } from "./caller.ts";

type Ids = Map<string, string>;
type Made = { readonly Summary: { readonly Id: string; readonly ARN: string } };

/** Web ACLs of both scopes with what they refer to, as in the range's estate. */
export async function seedWebAcls(call: Caller, ids: Ids): Promise<void> {
  const set = { Name: "er-responders", IPAddressVersion: "IPV4", Addresses: ["198.51.100.0/24"] };
  await make(call, ids, "IPSet", "REGIONAL", "6f1c2a4e-0a11-4b5e-9d55-0000000000b1", set);
  await make(call, ids, "IPSet", "CLOUDFRONT", "6f1c2a4e-0a11-4b5e-9d55-0000000000b2", set);
  const group = { Name: "er-emergency", Capacity: 10, ...EMERGENCY_BODY };
  await make(call, ids, "RuleGroup", "REGIONAL", "3a9d7c10-5b1e-4a77-9c0d-0000000000e1", group);
  const shop = { Name: "shop-front", ...SHOP_BODY };
  await make(call, ids, "WebACL", "REGIONAL", "3a9d7c10-5b1e-4a77-9c0d-0000000000a1", shop);
  await make(call, ids, "WebACL", "CLOUDFRONT", "3a9d7c10-5b1e-4a77-9c0d-0000000000a2", { Name: "shop-edge", ...EDGE_BODY });
  const lockdown = { Name: "shop-lockdown", ...LOCKDOWN_BODY };
  await make(call, ids, "WebACL", "CLOUDFRONT", "3a9d7c10-5b1e-4a77-9c0d-0000000000a3", lockdown);
}

/** With the web ACL that `seedWebAcls` made. */
export async function seedDistribution(call: Caller, ids: Ids): Promise<void> {
  type Distributed = { readonly Distribution: { readonly Id: string } };
  const { Distribution } = await call<Distributed>("cloudfront:CreateDistribution", {
    DistributionConfig: renamed(SHOP_CONFIG, ids),
  });
  ids.set("E0SHOP00000001", Distribution.Id);
}

async function make(call: Caller, ids: Ids, what: string, Scope: string, there: string, facts: JsonObject): Promise<void> {
  const input = asBytes(renamed({ ...facts, Scope }, ids)) as object;
  const { Summary } = await call<Made>(`wafv2:Create${what}`, input);
  const [area, kind] = [Scope === "CLOUDFRONT" ? "global" : "regional", what.toLowerCase()];
  ids.set(`arn:aws:wafv2:us-east-1:123456789012:${area}/${kind}/${facts["Name"]}/${there}`, Summary.ARN);
  ids.set(there, Summary.Id);
}

function renamed(value: JsonObject, ids: Ids): JsonObject {
  const text = [...ids].reduce((left, [there, here]) => left.replaceAll(`"${there}"`, `"${here}"`), JSON.stringify(value));
  return JSON.parse(text);
}

/** The SDK takes the bytes that the API carries as base64. */
function asBytes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asBytes);
  if (value === null || typeof value !== "object") return value;
  const members = Object.entries(value);
  return Object.fromEntries(
    members.map(([name, item]) => [name, name === "SearchString" ? Buffer.from(String(item), "base64") : asBytes(item)]),
  );
}
