import assert from "node:assert/strict";
import { test } from "node:test";
import { openRange } from "../../src/exercise/range/index.ts";
import type { JsonObject } from "../../src/model/index.ts";
import {
  ask,
  codeOf,
  DELAY_MS,
  DENY,
  etagOf,
  GROUPS,
  type Method,
  NSG,
  names,
  OPERATION_MS,
  plain,
  propertiesOf,
  put,
  RULE,
  recorded,
  rulesOf,
  SUBSCRIPTION,
  sameForm,
} from "./arm.ts";
import { fresh, freshFolder, handClock, opened } from "./open.ts";

for (const [id, what] of [
  [3, "a group"],
  [9, "the groups of a resource group"],
  [5, "a group that does not exist"],
  [10, "a resource group that does not exist"],
] as const) {
  test(`${what} is answered in the form that Azure was recorded with`, async (t) => {
    const range = await fresh(t);
    const { request, response } = recorded(id);
    const ours = await ask(range, request.method, request.url);
    assert.equal(ours.status, response.status);
    for (const [name, value] of Object.entries(response.headers))
      assert.equal(plain(ours.headers[name]), plain(value), `header ${name}`);
    if (response.status >= 400) assert.deepEqual(ours.body, response.body);
    else sameForm(ours.body, response.body, "body");
  });
}

test("a wrong lock is refused in the words that Azure was recorded with, for a rule that exists and one that does not", async (t) => {
  const range = await fresh(t);
  const { request, response } = recorded(8);
  for (const name of ["deny-legacy", "er-deny"]) {
    const path = `${NSG}/securityRules/${name}`;
    const ours = await put(range, {}, path, { "If-Match": request.ifMatch ?? "" });
    const theirs = JSON.parse(JSON.stringify(response.body).replace(NSG, path));
    assert.deepEqual([ours.status, plain(ours.body)], [response.status, plain(theirs)]);
  }
  const exists = await put(range, { priority: 220 }, `${NSG}/securityRules/deny-legacy`, { "If-None-Match": "*" });
  assert.deepEqual([exists.status, codeOf(exists)], [412, "PreconditionFailed"]);
  assert.deepEqual(names(await ask(range, "GET", NSG)), ["allow-https", "allow-vendor-ssh", "deny-legacy"]);
});

test("a rule is made, followed and deleted with the headers that Azure was recorded with", async (t) => {
  const range = await fresh(t);
  const before = await ask(range, "GET", NSG);
  const made = await put(range);
  const link = made.headers["azure-asyncoperation"] ?? "";
  assert.equal(made.status, recorded(1).response.status);
  assert.equal(plain(link), plain(recorded(1).response.headers["azure-asyncoperation"]));
  assert.equal(made.headers["retry-after"], undefined, "the client's own pace rules");
  assert.equal(propertiesOf(made)["provisioningState"], "Updating");
  assert.deepEqual((await ask(range, "GET", link)).body, { status: "InProgress" });
  range.wall.advance(OPERATION_MS);
  assert.deepEqual((await ask(range, "GET", link)).body, recorded(2).response.body);

  const rule = await ask(range, "GET", RULE);
  const { provisioningState, ...said } = propertiesOf(rule);
  const lists = { sourceAddressPrefixes: [], destinationAddressPrefixes: [], sourcePortRanges: [], destinationPortRanges: [] };
  assert.deepEqual([provisioningState, said], ["Succeeded", { ...DENY, ...lists }]);
  assert.equal(new Set([etagOf(before), etagOf(made), etagOf(rule)]).size, 3, "the ETag moves when it begins and when it ends");
  const group = await ask(range, "GET", NSG);
  assert.deepEqual(new Set([etagOf(group), ...rulesOf(group).map(({ etag }) => etag)]), new Set([etagOf(rule)]));

  const deleted = await ask(range, "DELETE", RULE, { headers: { "If-Match": etagOf(rule) } });
  const theirs = recorded(11).response;
  assert.deepEqual([deleted.status, deleted.body], [theirs.status, theirs.body]);
  for (const name of ["azure-asyncoperation", "location"])
    assert.equal(plain(deleted.headers[name]), plain(theirs.headers[name]));
  assert.equal(propertiesOf(await ask(range, "GET", RULE))["provisioningState"], "Deleting");
  range.wall.advance(OPERATION_MS);
  assert.deepEqual((await ask(range, "GET", deleted.headers["azure-asyncoperation"] ?? "")).body, recorded(12).response.body);
  const gone = await ask(range, "GET", RULE);
  assert.deepEqual([gone.status, codeOf(gone)], [404, "NotFound"]);
  assert.equal((await ask(range, "DELETE", RULE)).status, 204);
});

test("one write at a time: others are refused until it has ended, reads are answered", async (t) => {
  const range = await fresh(t);
  await put(range);
  const other = `${NSG}/securityRules/other`;
  for (const refused of [
    await put(range, { priority: 101 }, other),
    await ask(range, "DELETE", `${NSG}/securityRules/allow-https`),
  ])
    assert.deepEqual([refused.status, codeOf(refused)], [409, "AnotherOperationInProgress"]);
  assert.equal(propertiesOf(await ask(range, "GET", NSG))["provisioningState"], "Updating");
  range.wall.advance(OPERATION_MS);
  assert.equal((await put(range, { priority: 101 }, other)).status, 201);
  range.wall.advance(OPERATION_MS);
  assert.equal((await put(range, { priority: 102 }, other)).status, 200, "written over");
});

test("what Azure does not take as a rule is refused and changes nothing", async (t) => {
  const range = await fresh(t);
  const before = await ask(range, "GET", NSG);
  for (const [code, more] of [
    ["SecurityRuleInvalidPriority", { priority: 99 }],
    ["SecurityRuleInvalidPriority", { priority: 4_097 }],
    ["SecurityRuleConflict", { priority: 220 }],
    ["SecurityRuleInvalidDescription", { description: "x".repeat(141) }],
    ["SecurityRuleInvalidAddressPrefix", { sourceAddressPrefix: "203.0.113.7/24" }],
    ["SecurityRuleParameterNullOrEmpty", { sourceAddressPrefix: "" }],
    ["SecurityRuleAddressPrefixesCannotHaveMixedFamilies", { sourceAddressPrefixes: ["2001:db8::/32"] }],
    [
      "SecurityRuleAddressPrefixesLimitReached",
      { sourceAddressPrefix: "", sourceAddressPrefixes: Array(4_001).fill("192.0.2.1") },
    ],
    ["InvalidRequestFormat", { access: "Block" }],
    ["InvalidRequestFormat", { direction: "Both" }],
  ] as const) {
    const refused = await put(range, more as JsonObject);
    assert.deepEqual([refused.status, codeOf(refused)], [400, code], JSON.stringify(more).slice(0, 80));
  }
  const named = await put(range, {}, `${NSG}/securityRules/-x`);
  assert.deepEqual([named.status, codeOf(named)], [400, "InvalidResourceName"]);
  assert.equal((await put(range, { priority: 220, direction: "Outbound" })).status, 201, "a priority is taken in one direction");
  range.reset();
  assert.deepEqual(names(await ask(range, "GET", NSG)), names(before));
});

test("names compare without case, lists come in pages, and what ARM does not know it refuses", async (t) => {
  const range = await fresh(t);
  const loud = await ask(
    range,
    "GET",
    NSG.replace("resourceGroups/rg-edge", "RESOURCEGROUPS/RG-EDGE").replace("nsg-front", "NSG-Front"),
  );
  assert.equal((loud.body as { name: string }).name, "nsg-front");
  range.setPageLimit(1);
  const all = `${SUBSCRIPTION}/providers/Microsoft.Network/networkSecurityGroups`;
  const found: string[] = [];
  for (let link: string | undefined = all; link !== undefined; ) {
    const page = (await ask(range, "GET", link)).body as { value: { name: string }[]; nextLink?: string };
    assert.equal(page.value.length, 1);
    found.push(...page.value.map(({ name }) => name));
    link = page.nextLink;
  }
  assert.deepEqual(found.sort(), ["nsg-app", "nsg-front"]);
  const refusals: readonly [Method, string, number, string][] = [
    ["GET", `${NSG}?x=1`, 400, "MissingApiVersionParameter"],
    ["PATCH", NSG, 405, "MethodNotAllowed"],
    ["GET", `${SUBSCRIPTION}/providers/Microsoft.Network/unheardOf`, 404, "InvalidResourceType"],
    ["GET", `${SUBSCRIPTION}/providers/Microsoft.Network/locations/westeurope/operations/none`, 404, "OperationNotFound"],
    ["PUT", `${GROUPS}/nowhere/securityRules/er-deny`, 404, "ResourceNotFound"],
  ];
  for (const [method, path, status, code] of refusals) {
    const refused = await ask(range, method, path);
    assert.deepEqual([refused.status, codeOf(refused)], [status, code], path);
  }
});

test("faults: refused, throttled, broken before and after, lost both ways, the world moving first", async (t) => {
  const range = await fresh(t);
  const operation = "azure:PUT";
  const stands = async () => {
    range.wall.advance(OPERATION_MS);
    return names(await ask(range, "GET", NSG)).includes("er-deny");
  };
  range.setFaults([{ operation, kind: "denied" }]);
  const denied = await put(range);
  assert.deepEqual([denied.status, codeOf(denied)], [403, "AuthorizationFailed"]);
  assert.match(JSON.stringify(denied.body), /securityRules\/write' over scope '.*er-deny'/);
  range.setFaults([{ operation, kind: "throttled" }]);
  const throttled = await put(range);
  assert.deepEqual([throttled.status, codeOf(throttled)], [429, "SubscriptionRequestsThrottled"]);
  assert.equal(throttled.headers["retry-after"], "1");
  range.setFaults([{ operation, kind: "unavailable" }]);
  assert.equal((await put(range)).status, 500);
  range.setFaults([{ operation, kind: "lost-request" }]);
  await assert.rejects(put(range), { code: "ECONNRESET" });
  assert.equal(await stands(), false);
  range.setFaults([{ operation, kind: "lost-response" }]);
  await assert.rejects(put(range), { code: "ECONNRESET" });
  assert.equal(await stands(), true);
  range.reset();
  range.setFaults([{ operation, kind: "unavailable-after" }]);
  assert.equal((await put(range)).status, 500);
  assert.equal(await stands(), true);
  range.reset();
  const body = { properties: { ...DENY, priority: 105 } };
  range.setFaults([
    { operation, kind: "delay", ms: 5_000 },
    { operation, kind: "arm-move", requests: [{ method: "PUT", path: `${NSG}/securityRules/theirs`, body }] },
  ]);
  const at = range.clock.now();
  assert.equal(codeOf(await put(range)), "AnotherOperationInProgress");
  assert.equal(range.clock.now() - at, 5_000);
  assert.ok(names(await ask(range, "GET", NSG)).includes("theirs"));
});

test("an operation that fails was accepted, ends as Failed and leaves what was there", async (t) => {
  const range = await fresh(t);
  range.setFaults([
    { operation: "azure:PUT", kind: "operation-fails" },
    { operation: "azure:DELETE", kind: "operation-fails" },
  ]);
  const before = names(await ask(range, "GET", NSG));
  for (const begin of [() => put(range), () => ask(range, "DELETE", `${NSG}/securityRules/allow-https`)]) {
    const { status, headers } = await begin();
    assert.ok(status < 300);
    range.wall.advance(OPERATION_MS);
    const { body } = await ask(range, "GET", headers["azure-asyncoperation"] ?? "");
    assert.deepEqual(body, {
      status: "Failed",
      error: { code: "InternalServerError", message: "An error occurred.", details: [] },
    });
    assert.deepEqual(names(await ask(range, "GET", NSG)), before);
  }
});

test("a rule is felt some seconds after it was taken, by whom it names, and in the order of priorities", async (t) => {
  const range = await fresh(t);
  const probes = async () => {
    const {
      "azure-connection-ipv4": four,
      "azure-connection-ipv6": six,
      "azure-serves-customers": customers,
    } = await opened(range);
    return [four, six, customers];
  };
  assert.deepEqual(await probes(), [true, true, true]);
  await put(range, { priority: 101 });
  range.wall.advance(DELAY_MS - 1);
  assert.deepEqual(await probes(), [true, true, true]);
  range.wall.advance(1);
  assert.deepEqual(await probes(), [false, true, true]);
  const flow = {
    kind: "flow",
    provider: "azure",
    account: SUBSCRIPTION.split("/")[2] ?? "",
    region: "westeurope",
    at: NSG,
  } as const;
  const question = { ...flow, peer: "203.0.113.0/24", direction: "in", established: false } as const;
  const { effects } = range.transport;
  assert.equal(await effects.ask(question), "blocked");
  assert.equal(await effects.ask({ ...question, peer: "203.0.112.0/23" }), "open", "only half of it is denied");
  assert.equal(await effects.ask({ ...question, direction: "out" }), "open");
  assert.equal(await effects.ask({ ...question, established: true }), "unknown", "nobody sees the open connections");
  assert.equal(await effects.ask({ ...question, at: `${GROUPS}/nowhere` }), "unknown");
  const allow = { access: "Allow", protocol: "Tcp", destinationPortRange: "443", sourceAddressPrefix: "203.0.113.66" };
  await put(range, { ...allow, priority: 100 }, `${NSG}/securityRules/exception`);
  range.wall.advance(DELAY_MS);
  assert.deepEqual(await probes(), [true, true, true]);
});

test("another process follows an operation, and finds the rule", async (t) => {
  const folder = freshFolder(t);
  const wall = handClock();
  const first = await openRange({ folder, wall });
  const { headers } = await put(first);
  first.close();
  const second = await openRange({ folder, wall });
  t.after(() => second.close());
  wall.advance(OPERATION_MS);
  assert.deepEqual((await ask(second, "GET", headers["azure-asyncoperation"] ?? "")).body, { status: "Succeeded" });
  assert.equal((await ask(second, "GET", RULE)).status, 200);
});
