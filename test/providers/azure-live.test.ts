import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { createDefaultHttpClient, type HttpClient } from "@azure/core-rest-pipeline";
import {
  AzureCliCredential as AzureCli,
  EnvironmentCredential as Environment,
  ManagedIdentityCredential as ManagedIdentity,
  WorkloadIdentityCredential as WorkloadIdentity,
} from "@azure/identity";
import { type Clock, systemClock } from "../../src/model/index.ts";
import { CredentialError, kept, sources } from "../../src/providers/azure/credential.ts";
import { bounded } from "../../src/providers/azure/deadline.ts";
import { settled } from "../../src/providers/index.ts";
import { handClock } from "../range/open.ts";
import { DENY, openedOver, SUBSCRIPTION } from "./azure-double.ts";

const AT = ["rg", "web", "er-deny"] as const;
const DEADLINE_MS = 150;

/** The real HTTP client, led to a server of this test. */
async function local(t: TestContext, answer: RequestListener): Promise<HttpClient> {
  const server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const client = createDefaultHttpClient();
  const led: HttpClient = {
    sendRequest: (request) => {
      const { pathname, search } = new URL(request.url);
      return client.sendRequest({
        ...request,
        url: `http://127.0.0.1:${port}${pathname}${search}`,
        allowInsecureConnection: true,
      });
    },
  };
  return bounded(led, systemClock, DEADLINE_MS);
}

for (const [silence, answer] of [
  ["before the answer", () => undefined],
  [
    "in the middle of the answer",
    (_, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" }).write('{"id":');
    },
  ],
] as readonly [string, RequestListener][])
  test(`a server that falls silent ${silence} is left at the deadline, and the outcome is unknown`, async (t) => {
    let received = 0;
    const client = await local(t, (request, response) => {
      received++;
      answer(request, response);
    });
    const { scope } = openedOver(client);
    const began = performance.now();
    await assert.rejects(settled(scope, (await scope.azure(SUBSCRIPTION)).securityRules.createOrUpdate(...AT, DENY)), {
      kind: "no-answer",
      providerCode: "DeadlineError",
    });
    assert.ok(performance.now() - began < 5_000);
    assert.equal(received, 1);
    assert.equal(scope.receipts.length, 0);
  });

test("a stop ends what is on its way, and its outcome is unknown", async (t) => {
  const arrived = Promise.withResolvers<void>();
  const client = await local(t, () => arrived.resolve());
  const { scope, stop } = openedOver(client);
  const deleted = settled(scope, (await scope.azure(SUBSCRIPTION)).securityRules.delete(...AT));
  void arrived.promise.then(() => stop.abort());
  await assert.rejects(deleted, { kind: "no-answer", providerCode: "AbortError" });
});

test("a refused connection is certain: nothing was done", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  const client = createDefaultHttpClient();
  const { scope } = openedOver({
    sendRequest: (request) => client.sendRequest({ ...request, url: `http://127.0.0.1:${port}/`, allowInsecureConnection: true }),
  });
  await assert.rejects((await scope.azure(SUBSCRIPTION)).securityRules.get(...AT), {
    kind: "unreachable",
    providerCode: "ECONNREFUSED",
  });
});

/** A clock on which no deadline comes. */
function patient(): ReturnType<typeof handClock> {
  const clock = handClock();
  const sleep: Clock["sleep"] = () => new Promise(() => undefined);
  return Object.assign(clock, { sleep });
}

test("a token is asked for once, renewed before it ends, and anew when it was turned down", async () => {
  const clock = patient();
  let asked = 0;
  const { getToken } = kept(clock, async () => ({ token: `t${++asked}`, expiresOnTimestamp: clock.now() + 3_600_000 }));
  const tokens = async (): Promise<unknown> => (await Promise.all([getToken("s"), getToken("s")])).map((one) => one?.token);
  assert.deepEqual(await tokens(), ["t1", "t1"]);
  clock.advance(3_200_000);
  assert.deepEqual(await tokens(), ["t1", "t1"]);
  clock.advance(200_000);
  assert.deepEqual(await tokens(), ["t2", "t2"]);
  assert.equal((await getToken("s", { claims: "{}" }))?.token, "t3");
  assert.deepEqual(await tokens(), ["t3", "t3"]);
});

test("a credential that fails or hangs is told as such, and asked again", async () => {
  let asked = 0;
  const failing = kept(patient(), async () => {
    asked++;
    throw new Error("please run az login");
  });
  for (let times = 1; times <= 2; times++) {
    await assert.rejects(
      async () => failing.getToken("s"),
      (error) => error instanceof CredentialError && /az login/.test(error.message),
    );
    assert.equal(asked, times);
  }
  const hanging = kept(handClock(), () => new Promise(() => undefined));
  await assert.rejects(async () => hanging.getToken("s"), { name: "CredentialError", message: /within 30 s/ });
});

test("credentials are looked for in the environment, the cluster, the machine and the CLI, where each can be", async (t) => {
  const kinds = Object.entries({ Environment, WorkloadIdentity, ManagedIdentity, AzureCli });
  const names = async (identity: Parameters<typeof sources>[0]) =>
    (await sources(identity)).map((source) => kinds.find(([, kind]) => source instanceof kind)?.[0]);
  assert.deepEqual(await names({ env: {} }), ["Environment", "ManagedIdentity", "AzureCli"]);
  const tenant = "11111111-1111-1111-1111-111111111111";
  assert.deepEqual(await names({ env: {}, tenant }), ["Environment", "ManagedIdentity", "AzureCli"]);
  const prepared = { AZURE_FEDERATED_TOKEN_FILE: "/var/run/token", AZURE_CLIENT_ID: tenant, AZURE_TENANT_ID: tenant };
  const before = { ...process.env };
  t.after(() => {
    for (const name of Object.keys(prepared)) if (before[name] === undefined) delete process.env[name];
  });
  Object.assign(process.env, prepared);
  assert.deepEqual(await names({ env: prepared }), ["Environment", "WorkloadIdentity", "ManagedIdentity", "AzureCli"]);
});
