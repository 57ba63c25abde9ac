import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createPipelineRequest } from "@azure/core-rest-pipeline";
import type { RangeWorld } from "../../src/exercise/range/index.ts";
import type { Json, JsonObject } from "../../src/model/index.ts";

export const HOST = "https://management.azure.com";
export const SUBSCRIPTION = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590";
export const GROUPS = `${SUBSCRIPTION}/resourceGroups/rg-edge/providers/Microsoft.Network/networkSecurityGroups`;
export const NSG = `${GROUPS}/nsg-front`;
export const RULE = `${NSG}/securityRules/er-deny`;
export const OPERATION_MS = 500;
export const DELAY_MS = 3_000;

export const DENY = {
  protocol: "*",
  access: "Deny",
  priority: 100,
  direction: "Inbound",
  sourceAddressPrefix: "203.0.113.0/24",
  sourcePortRange: "*",
  destinationAddressPrefix: "*",
  destinationPortRange: "*",
};

export type Answer = { readonly status: number; readonly headers: Record<string, string>; readonly body: Json };
export type Method = "GET" | "PUT" | "DELETE" | "PATCH";
export type More = { readonly body?: Json; readonly headers?: Record<string, string> };

/** `path` may be a whole link of the service's own. */
export async function ask(range: Pick<RangeWorld, "transport">, method: Method, path: string, more: More = {}): Promise<Answer> {
  const url = path.startsWith("https:") ? path : `${HOST}${path}${path.includes("?") ? "" : "?api-version=2026-01-01"}`;
  const request = createPipelineRequest({ url, method, ...(more.body === undefined ? {} : { body: JSON.stringify(more.body) }) });
  for (const [name, value] of Object.entries(more.headers ?? {})) request.headers.set(name, value);
  const { status, headers, bodyAsText } = await range.transport.azure.sendRequest(request);
  return { status, headers: headers.toJSON(), body: bodyAsText ? JSON.parse(bodyAsText) : null };
}
export const put = (range: RangeWorld, more: JsonObject = {}, path = RULE, headers = {}) =>
  ask(range, "PUT", path, { body: { properties: { ...DENY, ...more } }, headers });
export const codeOf = ({ body }: Answer) => (body as { error?: { code: string } }).error?.code;
export const propertiesOf = ({ body }: Answer) => (body as { properties: JsonObject }).properties;
export const etagOf = ({ body }: Answer) => (body as { etag: string }).etag;
export const rulesOf = (answer: Answer) => propertiesOf(answer)["securityRules"] as { name: string; etag: string }[];
export const names = (answer: Answer) => rulesOf(answer).map(({ name }) => name);

type Recorded = { id: number; request: { method: Method; url: string; ifMatch: string | null }; response: Answer };
const FILE = new URL("../providers/recordings/security-group.json", import.meta.url);
/** As if it had been recorded of the range's own group. */
const RECORDED = JSON.parse(
  readFileSync(FILE, "utf8")
    .replaceAll("aks-cit-SecurityGroup", "rg-edge")
    .replaceAll("testResource", "nsg-front")
    .replaceAll("eastus", "westeurope")
    .replaceAll("/subscriptions/00000000-0000-0000-0000-000000000000", SUBSCRIPTION),
) as Recorded[];
export const recorded = (id: number) => RECORDED.find((one) => one.id === id) ?? assert.fail(`no recording ${id}`);

/** Ids differ from call to call, and the links of the service carry a signature. */
export const plain = (value: unknown): Json =>
  JSON.parse(
    JSON.stringify(value)
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "GUID")
      .replace(/(\?api-version=)[^"]*/g, "$1"),
  );

/** All that was recorded is there in the same form; what a group of the range has beyond a fresh one is named. */
export function sameForm(ours: Json | undefined, theirs: Json, at: string): void {
  if (Array.isArray(theirs)) {
    assert.ok(Array.isArray(ours), at);
    const [form] = theirs as Json[];
    if (form !== undefined) for (const [index, item] of (ours as Json[]).entries()) sameForm(item, form, `${at}[${index}]`);
  } else if (theirs !== null && typeof theirs === "object") {
    assert.ok(ours !== null && typeof ours === "object" && !Array.isArray(ours), at);
    assert.deepEqual(
      Object.keys(ours).filter((key) => !(key in theirs) && key !== "tags"),
      [],
      `${at} has more`,
    );
    for (const [key, form] of Object.entries(theirs)) sameForm((ours as JsonObject)[key], form, `${at}.${key}`);
  } else {
    assert.equal(typeof ours, typeof theirs, at);
    if (/\.(etag|provisioningState|type|resourceGuid)$/.test(at)) assert.equal(form(ours, at), form(theirs, at), at);
  }
}
const form = (value: Json | undefined, at: string) => (at.endsWith(".type") ? value?.toString().split("/")[1] : plain(value));
