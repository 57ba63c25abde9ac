import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { GetUserCommand, GetUserPolicyCommand, ListAccessKeysCommand, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import { liveProviders, orAbsent, type Permission, ProviderError, type ScopeOptions } from "../../src/providers/index.ts";
import { ACCOUNT, keyIds, OWN_POLICY, type StubOptions, startStub } from "./throttling-stub.ts";

/** AWS's SDK as this program uses it, over HTTP: what it writes and reads, how it names itself, where it finds credentials. */

const PLACE = { account: ACCOUNT, region: "global" };
const permission = (operation: string): Permission => ({ service: "iam", operation, iam: [`iam:${operation}`] });
const READ = ["GetUser", "GetUserPolicy", "ListAccessKeys"].map(permission);
const GRANT = { read: READ, write: [permission("PutUserPolicy")] };
const USER = { UserName: "user-000" };
const KEYS = { AWS_ACCESS_KEY_ID: "AKIAENVIRONMENT", AWS_SECRET_ACCESS_KEY: "secret" };

type Opening = Partial<ScopeOptions> & { readonly role?: string; readonly deadlineMs?: number };

/** Exactly this environment, as far as AWS's SDK looks at it; each client reads it anew. */
function open(t: TestContext, env: Record<string, string>, { role, deadlineMs, ...options }: Opening = {}) {
  for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) delete process.env[name];
  const folder = mkdtempSync(join(tmpdir(), "aws-live-"));
  const nowhere = { AWS_SHARED_CREDENTIALS_FILE: join(folder, "none"), AWS_CONFIG_FILE: join(folder, "none") };
  Object.assign(process.env, { AWS_EC2_METADATA_DISABLED: "true", ...nowhere, ...env });
  const accounts = [{ id: ACCOUNT, ...(role === undefined ? {} : { role }) }];
  const userAgent = { version: "1.2.3" };
  const providers = liveProviders({ accounts, env, userAgent, ...(deadlineMs === undefined ? {} : { deadlineMs }) });
  t.after(async () => {
    await providers.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return providers.scopes({ signal: new AbortController().signal, ...options });
}

async function stubFor(t: TestContext, options: Partial<StubOptions> = {}) {
  const stub = await startStub({ users: 1, limit: null, latencyMs: 0, ...options });
  t.after(() => stub.close());
  return stub;
}

async function serve(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("what is written arrives as it was written, and what is read is what is there", async (t) => {
  const stub = await stubFor(t);
  const scope = open(t, { AWS_ENDPOINT_URL: stub.endpoint, ...KEYS }).write(GRANT, async () => undefined);
  const iam = await scope.aws("iam", PLACE);
  const { PolicyDocument = "" } = await iam.send(new GetUserPolicyCommand({ ...USER, PolicyName: "own" }));
  assert.equal(decodeURIComponent(PolicyDocument), OWN_POLICY);
  const text = '{"Version":"2012-10-17",\n"Statement":[{"Sid":"a+b&c=d%20<é>😀","Effect":"Deny","Action":"*","Resource":"*"}]}';
  const { $metadata } = await iam.send(new PutUserPolicyCommand({ ...USER, PolicyName: "own", PolicyDocument: text }));
  assert.equal(stub.users.get("user-000")?.policies.get("own"), text);
  assert.deepEqual(
    scope.receipts.map(({ operation, requestId }) => [operation, requestId]),
    [["aws.iam PutUserPolicy", $metadata.requestId]],
  );
  const { AccessKeyMetadata } = await iam.send(new ListAccessKeysCommand(USER));
  assert.deepEqual(
    AccessKeyMetadata?.map(({ AccessKeyId, Status, CreateDate }) => [AccessKeyId, Status, CreateDate?.toISOString()]),
    keyIds("user-000").map((id) => [id, "Active", "2026-11-01T09:00:00.000Z"]),
  );
});

test("a refusal comes out with its kind, code, status and request id", async (t) => {
  const stub = await stubFor(t);
  const iam = await open(t, { AWS_ENDPOINT_URL: stub.endpoint, ...KEYS })
    .read(READ)
    .aws("iam", PLACE);
  const nobody = () => iam.send(new GetUserCommand({ UserName: "nobody" }));
  await assert.rejects(nobody(), (error) => {
    assert.ok(error instanceof ProviderError);
    const { kind, service, operation, providerCode, status, requestId } = error;
    assert.deepEqual([kind, service, operation], ["missing", "aws.iam", "GetUser"]);
    assert.deepEqual([status, requestId], [404, "stub-000001"]);
    assert.match(providerCode, /^NoSuchEntity/);
    return true;
  });
  assert.equal(await orAbsent(nobody), null);
});

test("what was throttled is made again, by the lane alone, until it is done", async (t) => {
  const stub = await stubFor(t, { limit: { perSecond: 5, burst: 5 } });
  const scopes = open(t, { AWS_ENDPOINT_URL: stub.endpoint, ...KEYS });
  const scope = scopes.write(GRANT, async () => undefined);
  const iam = await scope.aws("iam", PLACE);
  const put = (index: number) => iam.send(new PutUserPolicyCommand({ ...USER, PolicyName: `p${index}`, PolicyDocument: "{}" }));
  await Promise.all(Array.from({ length: 20 }, (_, index) => put(index)));
  assert.equal(stub.users.get("user-000")?.policies.size, 21);
  assert.equal(scope.receipts.length, 20);
  assert.ok(stub.heard.length > 20);
  // Each attempt that the service heard is one that we know of: the SDK repeats nothing by itself.
  assert.equal(scopes.requests.length, stub.heard.length);
});

test("a service that does not answer, and one that is not there", async (t) => {
  const silent = await serve(t, () => undefined);
  const mute = await open(t, { AWS_ENDPOINT_URL: silent, ...KEYS }, { deadlineMs: 100 })
    .write(GRANT, async () => undefined)
    .aws("iam", PLACE);
  const put = new PutUserPolicyCommand({ ...USER, PolicyName: "p", PolicyDocument: "{}" });
  await assert.rejects(mute.send(put), { name: "ProviderError", kind: "no-answer" });
  const gone = createServer().listen(0, "127.0.0.1");
  await once(gone, "listening");
  const { port } = gone.address() as AddressInfo;
  await new Promise((resolve) => gone.close(resolve));
  const lost = await open(t, { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`, ...KEYS })
    .write(GRANT, async () => undefined)
    .aws("iam", PLACE);
  await assert.rejects(lost.send(put), { name: "ProviderError", kind: "unreachable", providerCode: "ECONNREFUSED" });
});

test("the provider's trail shows whose calls these are", async (t) => {
  const stub = await stubFor(t);
  const scopes = open(t, { AWS_ENDPOINT_URL: stub.endpoint, ...KEYS }, { incident: "inc-1126-kovame", run: "run-1126-tigeko" });
  await (await scopes.read(READ).aws("iam", PLACE)).send(new GetUserCommand(USER));
  const [{ userAgent = "", accessKeyId = "" } = {}] = stub.heard;
  for (const part of ["aws-sdk-js/3.", "api/iam#3.", "soc2-er/1.2.3", "incident/inc-1126-kovame", "run/run-1126-tigeko"])
    assert.ok(userAgent.includes(part), `${part} is not in "${userAgent}"`);
  assert.equal(accessKeyId, "AKIAENVIRONMENT");
});

type Way = { readonly env: Record<string, string>; readonly signs: string; readonly role?: string };

/** Every way that the documentation promises, with what it takes of files and servers in `folder` and at `metadata`. */
function ways(folder: string, metadata: string): Readonly<Record<string, Way>> {
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const profile = (name: string, text: string) => ({ AWS_PROFILE: "er", AWS_CONFIG_FILE: file(name, `[profile er]\n${text}`) });
  const keys = "aws_access_key_id = AKIAPROFILE\naws_secret_access_key = secret\n";
  const role = `arn:aws:iam::${ACCOUNT}:role/responder`;
  const said = JSON.stringify({ Version: 1, AccessKeyId: "AKIAPROCESS", SecretAccessKey: "secret" });
  const program = file("credentials.mjs", `console.log(${JSON.stringify(said)})`);
  const session = "[sso-session acme]\nsso_region = us-east-1\nsso_start_url = https://acme.awsapps.com/start\n";
  const cache = join(folder, ".aws/sso/cache");
  mkdirSync(cache, { recursive: true });
  const token = { accessToken: "token", expiresAt: "2099-01-01T00:00:00Z" };
  writeFileSync(join(cache, `${createHash("sha1").update("acme").digest("hex")}.json`), JSON.stringify(token));
  return {
    "the environment": { env: KEYS, signs: "AKIAENVIRONMENT" },
    "a profile's keys": {
      env: { AWS_PROFILE: "er", AWS_SHARED_CREDENTIALS_FILE: file("credentials", `[er]\n${keys}`) },
      signs: "AKIAPROFILE",
    },
    "a profile's role": {
      env: profile("role", `role_arn = ${role}\nsource_profile = base\n[profile base]\n${keys}`),
      signs: "ASIAOFAROLE",
    },
    "a profile's program": {
      env: profile("process", `credential_process = "${process.execPath}" "${program}"\n`),
      signs: "AKIAPROCESS",
    },
    "a sign-in at the organization": {
      env: { HOME: folder, ...profile("sso", `sso_session = acme\nsso_account_id = ${ACCOUNT}\nsso_role_name = er\n${session}`) },
      signs: "ASIAOFSIGNIN",
    },
    "a token of the cluster": {
      env: { AWS_ROLE_ARN: role, AWS_WEB_IDENTITY_TOKEN_FILE: file("token", "eyJ") },
      signs: "ASIAOFATOKEN",
    },
    "a container": { env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${metadata}/container` }, signs: "ASIAOFCONTAINER" },
    "an instance": {
      env: { AWS_EC2_METADATA_DISABLED: "false", AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata },
      signs: "ASIAOFINSTANCE",
    },
    "the role of the account": { env: KEYS, role, signs: "ASIAOFAROLE" },
  };
}

/** What stands beside a machine in the cloud, and AWS's portal for sign-ins. */
const metadata: RequestListener = ({ url = "", method, headers }, response) => {
  const of = (id: string) => ({ AccessKeyId: id, SecretAccessKey: "secret", Token: "token", Expiration: "2099-01-01T00:00:00Z" });
  const json = (body: object) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  if (url === "/container") return json(of("ASIAOFCONTAINER"));
  if (url.startsWith("/federation/credentials")) {
    const { AccessKeyId, SecretAccessKey, Token } = of("ASIAOFSIGNIN");
    assert.equal(headers["x-amz-sso_bearer_token"], "token");
    const ends = Date.parse("2099-01-01T00:00:00Z");
    return json({
      roleCredentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token, expiration: ends },
    });
  }
  if (url === "/latest/api/token" && method === "PUT") return response.end("metadata-token");
  assert.equal(headers["x-aws-ec2-metadata-token"], "metadata-token");
  if (url.endsWith("/security-credentials/")) return response.end("er-role");
  return json({ Code: "Success", ...of("ASIAOFINSTANCE") });
};

test("credentials are found in every way that is promised", async (t) => {
  const stub = await stubFor(t);
  const beside = await serve(t, metadata);
  const folder = mkdtempSync(join(tmpdir(), "aws-live-"));
  const home = process.env["HOME"];
  t.after(() => {
    if (home !== undefined) process.env["HOME"] = home;
    rmSync(folder, { recursive: true, force: true });
  });
  for (const [name, { env, signs, role }] of Object.entries(ways(folder, beside)))
    await t.test(name, async (way) => {
      const endpoints = { AWS_ENDPOINT_URL: stub.endpoint, AWS_ENDPOINT_URL_SSO: beside, AWS_REGION: "us-east-1" };
      const scopes = open(way, { ...endpoints, ...env }, { incident: "inc-1", ...(role === undefined ? {} : { role }) });
      await (await scopes.read(READ).aws("iam", PLACE)).send(new GetUserCommand(USER));
      assert.equal(stub.heard.at(-1)?.accessKeyId, signs);
    });
});

test("without credentials nothing leaves, and the refusal says so", async (t) => {
  const stub = await stubFor(t);
  const iam = await open(t, { AWS_ENDPOINT_URL: stub.endpoint }).read(READ).aws("iam", PLACE);
  await assert.rejects(iam.send(new GetUserCommand(USER)), { name: "ProviderError", kind: "unauthenticated" });
  assert.equal(stub.heard.length, 0);
});
