import assert from "node:assert/strict";
import { test } from "node:test";
import { RestError } from "@azure/core-rest-pipeline";
import { orAbsent, resumed, settled } from "../../src/providers/index.ts";
import { armError, DENY, opened, READ, SUBSCRIPTION, WRITE } from "./azure-double.ts";

const RULE = { id: "/r", name: "er-deny", etag: 'W/"2"', properties: { provisioningState: "Succeeded", ...DENY } };
const HERE = `https://management.azure.com/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Network/locations/westeurope`;
const OPERATION = `${HERE}/operations/op-1?api-version=2026-01-01`;
const CREATED = {
  status: 201,
  headers: { "azure-asyncoperation": OPERATION, "x-ms-request-id": "r-put" },
  body: { ...RULE, properties: { ...RULE.properties, provisioningState: "Updating" } },
};
const RUNNING = { status: 200, body: { status: "InProgress" } };
const SUCCEEDED = { status: 200, body: { status: "Succeeded" } };
const AT = ["rg", "web", "er-deny"] as const;

test("what the scope was not opened for never leaves", async () => {
  const { scopes, scope, asked } = opened([]);
  const reading = await scopes.read(READ).azure(SUBSCRIPTION);
  await assert.rejects(settled(scope, reading.securityRules.createOrUpdate(...AT, DENY)), { code: "read-only" });
  await assert.rejects(settled(scope, reading.securityRules.delete(...AT)), { code: "read-only" });
  const probing = await scopes.probe({ read: READ, write: WRITE }).azure(SUBSCRIPTION);
  await assert.rejects(settled(scope, probing.securityRules.delete(...AT)), { code: "read-only" });
  const writing = await scope.azure(SUBSCRIPTION);
  await assert.rejects(settled(scope, writing.networkSecurityGroups.delete("rg", "web")), { code: "read-only" });
  await assert.rejects(writing.virtualNetworks.get("rg", "net"), { code: "read-only" });
  assert.equal(asked.length, 0);
  assert.equal(scopes.requests.length, 0);
});

test("a write is sent once, followed by the scope's clock, and leaves one receipt and a token", async () => {
  const { scope, scopes, asked, tokens, clock } = opened([CREATED, RUNNING, RUNNING, SUCCEEDED, { status: 200, body: RULE }]);
  const began = clock.monotonic();
  const client = await scope.azure(SUBSCRIPTION);
  const rule = await settled(
    scope,
    client.securityRules.createOrUpdate(...AT, DENY, { requestOptions: { headers: { "If-Match": 'W/"1"' } } }),
  );
  assert.equal(rule?.etag, 'W/"2"');
  assert.deepEqual(
    asked.map(({ method, url }) => `${method} ${url.pathname.split("/").at(-1)}`),
    ["PUT er-deny", "GET op-1", "GET op-1", "GET op-1", "GET er-deny"],
  );
  assert.equal(clock.monotonic() - began, 250 + 500);
  assert.equal(asked[0]?.headers["if-match"], 'W/"1"');
  assert.match(asked[0]?.headers["user-agent"] ?? "", /^soc2-er\/1\.2\.3 incident\/INC-7 run\/R-1 azsdk-js-arm-network\//);
  assert.deepEqual(
    scope.receipts.map(({ operation, requestId }) => `${operation} ${requestId}`),
    ["azure.network PUT securityRules r-put"],
  );
  assert.equal(tokens.length, 1);
  assert.deepEqual(scopes.requests.map(({ write, ok }) => [write, ok]).at(0), [true, true]);
});

test("another process follows an operation from its token, however it ends", async () => {
  const first = opened([CREATED, () => lost("ECONNRESET"), () => lost("ECONNRESET"), () => lost("ECONNRESET")]);
  const client = await first.scope.azure(SUBSCRIPTION);
  await assert.rejects(settled(first.scope, client.securityRules.createOrUpdate(...AT, DENY)), { kind: "no-answer" });
  const token = first.tokens[0] ?? "";
  for (const [ends, calls] of [
    [[RUNNING, SUCCEEDED, { status: 200, body: RULE }], 3],
    [[{ status: 200, body: { status: "Failed", error: { code: "InternalServerError", message: "sorry" } } }], 1],
    [[armError(404, "OperationNotFound")], 1],
  ] as const) {
    const { scopes, asked } = opened(ends);
    const scope = scopes.read(READ);
    await resumed(scope, await scope.azure(SUBSCRIPTION), token);
    assert.equal(asked.length, calls);
    assert.ok(asked.every(({ method }) => method === "GET"));
  }
});

test("an operation that fails after it was accepted says why, and keeps its receipt", async () => {
  const failed = { status: "Failed", error: { code: "CanceledAndSupersededDueToAnotherOperation", message: "superseded" } };
  const { scope } = opened([CREATED, { status: 200, body: failed }]);
  const client = await scope.azure(SUBSCRIPTION);
  await assert.rejects(settled(scope, client.securityRules.createOrUpdate(...AT, DENY)), {
    kind: "conflict",
    providerCode: "CanceledAndSupersededDueToAnotherOperation",
    message: "superseded",
  });
  assert.equal(scope.receipts.length, 1);
});

test("a poll waits as long as the answer before it asked", async () => {
  const slow = { ...RUNNING, headers: { "retry-after": "7" } };
  const { scope, clock } = opened([CREATED, slow, SUCCEEDED, { status: 200, body: RULE }]);
  const began = clock.monotonic();
  await settled(scope, (await scope.azure(SUBSCRIPTION)).securityRules.createOrUpdate(...AT, DENY));
  assert.equal(clock.monotonic() - began, 7_000);
});

test("a deletion of what is absent is done, and one that runs is followed", async () => {
  const gone = opened([{ status: 204, headers: { "x-ms-request-id": "r-none" } }]);
  await settled(gone.scope, (await gone.scope.azure(SUBSCRIPTION)).securityRules.delete(...AT));
  assert.equal(gone.tokens.length, 0);
  assert.equal(gone.scope.receipts[0]?.requestId, "r-none");
  const location = `${HERE}/operationResults/op-1?api-version=2026-01-01`;
  for (const headers of [{ location }, { location, "azure-asyncoperation": OPERATION }]) {
    const { scope, asked } = opened([{ status: 202, headers }, SUCCEEDED]);
    await settled(scope, (await scope.azure(SUBSCRIPTION)).securityRules.delete(...AT));
    assert.deepEqual(
      asked.map(({ method }) => method),
      ["DELETE", "GET"],
    );
  }
});

test("refusals are told by their code before their status", async () => {
  for (const [status, code, kind] of [
    [401, "ExpiredAuthenticationToken", "unauthenticated"],
    [403, "AuthorizationFailed", "denied"],
    [404, "ResourceGroupNotFound", "missing"],
    [409, "AnotherOperationInProgress", "conflict"],
    [429, "RetryableError", "conflict"],
    [412, "PreconditionFailed", "stale"],
    [400, "SecurityRuleInvalidAddressPrefix", "invalid"],
    [400, "SecurityRuleConflict", "conflict"],
    [409, "MaxSecurityRulesCountLimitReached", "limit"],
    [500, "InternalServerError", "no-answer"],
    [503, "ServiceUnavailable", "unavailable"],
    [504, "GatewayTimeout", "no-answer"],
  ] as const) {
    const { scope, asked } = opened([armError(status, code)]);
    const client = await scope.azure(SUBSCRIPTION);
    const refused = settled(scope, client.securityRules.createOrUpdate(...AT, DENY));
    const told = { kind, status, providerCode: code, requestId: `r-${code}`, message: `said ${code}` };
    await assert.rejects(refused, { ...told, service: "azure.network", operation: "PUT securityRules" });
    assert.equal(asked.length, 1, `${code} is not sent again`);
    assert.equal(scope.receipts.length, 0);
  }
  const { scope } = opened([armError(404, "ResourceNotFound")]);
  const client = await scope.azure(SUBSCRIPTION);
  assert.equal(await orAbsent(() => client.networkSecurityGroups.get("rg", "web")), null);
});

test("what was throttled is sent again after the time that the service asked for, write or read", async () => {
  const busy = armError(429, "SubscriptionRequestsThrottled", { "retry-after": "9" });
  const { scope, asked, clock } = opened([
    busy,
    busy,
    { ...CREATED, headers: { "x-ms-request-id": "r-put" } },
    { status: 200, body: RULE },
  ]);
  const began = clock.monotonic();
  await settled(scope, (await scope.azure(SUBSCRIPTION)).securityRules.createOrUpdate(...AT, DENY));
  assert.ok(clock.monotonic() - began >= 18_000);
  assert.deepEqual(
    asked.map(({ method }) => method),
    ["PUT", "PUT", "PUT", "GET"],
  );
  assert.equal(scope.receipts.length, 1);
});

test("a write without an answer is unknown and not repeated; a read is; no connection is certain", async () => {
  const unknown = opened([() => lost("ECONNRESET")]);
  const client = await unknown.scope.azure(SUBSCRIPTION);
  await assert.rejects(settled(unknown.scope, client.securityRules.delete(...AT)), { kind: "no-answer" });
  assert.equal(unknown.asked.length, 1);
  const reading = opened([() => lost("ECONNRESET"), armError(504, "GatewayTimeout"), { status: 200, body: RULE }]);
  await (await reading.scope.azure(SUBSCRIPTION)).securityRules.get(...AT);
  assert.equal(reading.asked.length, 3);
  const certain = opened([() => lost("ECONNREFUSED"), CREATED, SUCCEEDED, { status: 200, body: RULE }]);
  await settled(certain.scope, (await certain.scope.azure(SUBSCRIPTION)).securityRules.createOrUpdate(...AT, DENY));
  assert.equal(certain.scope.receipts.length, 1);
});

test("a success that is not what the service sends is unknown", async () => {
  const { scope } = opened([{ status: 200, body: "<html>proxy</html>" }]);
  const client = await scope.azure(SUBSCRIPTION);
  await assert.rejects(settled(scope, client.securityRules.createOrUpdate(...AT, DENY)), { kind: "no-answer" });
});

test("no redirect and no link out of the subscription is followed", async () => {
  const redirect = opened([{ status: 307, headers: { location: "https://elsewhere.example/" } }]);
  await assert.rejects((await redirect.scope.azure(SUBSCRIPTION)).securityRules.get(...AT), {
    kind: "unsupported",
    message: /redirect to "https:\/\/elsewhere\.example\/" was refused/,
  });
  assert.equal(redirect.asked.length, 1);
  const other = OPERATION.replace(SUBSCRIPTION, "11111111-1111-1111-1111-111111111111");
  for (const link of [
    "https://elsewhere.example/op",
    "http://management.azure.com/op",
    other,
    "https://xmanagement.azure.com/op",
  ]) {
    const { scope, asked } = opened([{ ...CREATED, headers: { "azure-asyncoperation": link } }]);
    const client = await scope.azure(SUBSCRIPTION);
    await assert.rejects(settled(scope, client.securityRules.createOrUpdate(...AT, DENY)), { providerCode: "LeadsElsewhere" });
    assert.equal(asked.length, 1);
    assert.equal(scope.receipts.length, 1);
  }
});

test("after a stop nothing more leaves", async () => {
  const { scope, asked, stop } = opened([]);
  const client = await scope.azure(SUBSCRIPTION);
  stop.abort();
  await assert.rejects(client.securityRules.get(...AT), { kind: "unreachable", providerCode: "Aborted" });
  assert.equal(asked.length, 0);
});

function lost(code: string): never {
  throw new RestError("the connection was lost", { code });
}
