import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Permission } from "../../src/providers/index.ts";
import { orAbsent, settled } from "../../src/providers/index.ts";
import { type Asked, GROUP_PATH, opened, SUBSCRIPTION } from "./azure-double.ts";

type Recorded = {
  readonly id: number;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly ifMatch: string | null;
    readonly body: object | null;
  };
  readonly response: { readonly status: number; readonly headers: Record<string, string>; readonly body: object | null };
};

/** Of the service's API when the traffic was recorded; the SDK's own is later. */
const RECORDED_VERSION = "2025-05-01";
const OUR_VERSION = "2026-01-01";
const RECORDED = JSON.parse(readFileSync(new URL("recordings/security-group.json", import.meta.url), "utf8")) as Recorded[];
const AT = ["aks-cit-SecurityGroup", "testResource"] as const;
const permission = (method: "GET" | "PUT" | "DELETE", path: string): Permission => ({ method, path, azureAction: "any" });
const READ = [permission("GET", GROUP_PATH), permission("GET", GROUP_PATH.replace("/{nsg}", ""))];
const WRITE = [permission("PUT", GROUP_PATH), permission("DELETE", GROUP_PATH)];

function replay(...ids: readonly number[]) {
  const recorded = ids.map((id) => RECORDED.find((one) => one.id === id) ?? assert.fail(`no recording ${id}`));
  const opening = opened(recorded.map(({ response: { body, ...rest } }) => ({ ...rest, ...(body === null ? {} : { body }) })));
  const scope = opening.scopes.write({ read: READ, write: WRITE }, async () => undefined);
  const same = (): void => {
    assert.equal(opening.asked.length, recorded.length);
    for (const [index, { request }] of recorded.entries()) sameRequest(opening.asked[index] ?? assert.fail(), request);
  };
  return { scope, same };
}

function sameRequest(ours: Asked, theirs: Recorded["request"]): void {
  const url = new URL(theirs.url);
  assert.equal(ours.method, theirs.method);
  assert.equal(ours.url.pathname, url.pathname);
  const links = url.pathname.includes("/operations/");
  if (!links) {
    assert.equal(url.searchParams.get("api-version"), RECORDED_VERSION);
    url.searchParams.set("api-version", OUR_VERSION);
  }
  assert.equal(ours.url.search, url.search, "a link of the service is followed as it is");
  assert.equal(ours.headers["if-match"] ?? null, theirs.ifMatch);
  // The SDK leaves out the etag in a body, which the service does not look at.
  const { etag: _, ...body } = { etag: undefined, ...theirs.body };
  assert.deepEqual(ours.body, theirs.body === null ? null : body);
}

test("a group is created as recorded: sent, followed, read", async () => {
  const { scope, same } = replay(1, 2, 3);
  const client = await scope.azure(SUBSCRIPTION);
  const group = await settled(scope, client.networkSecurityGroups.createOrUpdate(...AT, { location: "eastus" }));
  same();
  assert.equal(group?.provisioningState, "Succeeded");
  assert.equal(scope.receipts.length, 1);
});

test("a wrong lock is refused as recorded: stale, and nothing was done", async () => {
  const { scope, same } = replay(8);
  const client = await scope.azure(SUBSCRIPTION);
  const lock = { requestOptions: { headers: { "If-Match": "invalid" } } };
  await assert.rejects(settled(scope, client.networkSecurityGroups.createOrUpdate(...AT, { location: "eastus" }, lock)), {
    kind: "stale",
    status: 412,
    providerCode: "PreconditionFailed",
  });
  same();
  assert.equal(scope.receipts.length, 0);
});

test("what is absent is recorded as absent: a group, and the resource group around it", async () => {
  const one = replay(5);
  const client = await one.scope.azure(SUBSCRIPTION);
  assert.equal(await orAbsent(() => client.networkSecurityGroups.get(AT[0], "testResourcenotfound")), null);
  one.same();
  const all = replay(10);
  const lister = await all.scope.azure(SUBSCRIPTION);
  const list = (): Promise<unknown> => lister.networkSecurityGroups.list(`${AT[0]}notfound`).next();
  await assert.rejects(list(), { kind: "missing", providerCode: "ResourceGroupNotFound" });
  all.same();
});

test("groups are listed as recorded", async () => {
  const { scope, same } = replay(9);
  const client = await scope.azure(SUBSCRIPTION);
  const priorities: [string | undefined, number | undefined][] = [];
  for await (const { name, defaultSecurityRules } of client.networkSecurityGroups.list(AT[0]))
    priorities.push([name, defaultSecurityRules?.[0]?.priority]);
  same();
  assert.deepEqual(priorities, [["testResource", 65_000]]);
});

test("a group is deleted as recorded: followed by its operation, not by its location", async () => {
  const { scope, same } = replay(11, 12);
  await settled(scope, (await scope.azure(SUBSCRIPTION)).networkSecurityGroups.delete(...AT));
  same();
  assert.equal(scope.receipts.length, 1);
});
