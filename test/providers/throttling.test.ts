import assert from "node:assert/strict";
import { suite, type TestContext, test } from "node:test";
import { GetUserCommand, IAMClient, PutUserPolicyCommand, UpdateAccessKeyCommand } from "@aws-sdk/client-iam";
import { liveProviders, type Permission, type ScopeFactory } from "../../src/providers/index.ts";
import { as } from "../emulator/caller.ts";
import { NO_EMULATOR, startEmulator } from "../emulator/emulator.ts";
import { ACCOUNT, deniedEverything, keyIds, OWN_POLICY, type Stub, type StubOptions, startStub } from "./throttling-stub.ts";

const DENY = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}';
const PLACE = { account: ACCOUNT, region: "global" };
const permission = (operation: string): Permission => ({ service: "iam", operation, iam: [`iam:${operation}`] });
const GRANT = { read: [permission("GetUser")], write: [permission("PutUserPolicy"), permission("UpdateAccessKey")] };

/** What the account's owner measured: 20 calls a second after a burst of 100. */
const TIGHT = { perSecond: 20, burst: 100 };
const USERS = 300;

async function stubFor(t: TestContext, options: StubOptions): Promise<Stub> {
  const stub = await startStub(options);
  t.after(() => stub.close());
  return stub;
}

const CREDENTIALS = { accessKeyId: "AKIAOPERATOR", secretAccessKey: "secret" };

/** Clients find the stub in the environment, which is this file's own: its tests take turns in opening them. */
async function liveScopes(t: TestContext, { endpoint }: Stub): Promise<ScopeFactory> {
  const env = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: "true",
  };
  Object.assign(process.env, env);
  const providers = liveProviders({ accounts: [{ id: ACCOUNT }], env, userAgent: { version: "0.0.0" } });
  t.after(() => providers.close());
  const scopes = providers.scopes({ signal: new AbortController().signal });
  // The SDK reads the environment once, when a client is made and first used.
  await (await scopes.read(GRANT.read).aws("iam", PLACE)).send(new GetUserCommand({ UserName: "user-000" }));
  return scopes;
}

type Send = (command: PutUserPolicyCommand | UpdateAccessKeyCommand) => Promise<unknown>;

/** A user's containment as the engine orders it. */
async function revoke(send: Send, user: string): Promise<void> {
  await send(new PutUserPolicyCommand({ UserName: user, PolicyName: "deny", PolicyDocument: DENY }));
  const keys = keyIds(user).map((id) => new UpdateAccessKeyCommand({ UserName: user, AccessKeyId: id, Status: "Inactive" }));
  await Promise.all(keys.map(send));
}

function contained(stub: Stub): number {
  return [...stub.users.values()].filter((user) => deniedEverything(user) && [...user.keys.values()].every(isInactive)).length;
}

const isInactive = (status: string): boolean => status === "Inactive";

/** 900 changes at this limit take 40 seconds whoever makes them. Both programs run at the same time, each against a service of its own. */
suite("20 calls a second, 300 users with two keys each", { concurrency: true }, () => {
  test("none is lost and none is given up; each user is denied everything before its keys are touched", async (t) => {
    const stub = await stubFor(t, { users: USERS, limit: TIGHT });
    const scopes = await liveScopes(t, stub);
    const iam = await scopes.write(GRANT, async () => undefined).aws("iam", PLACE);
    await Promise.all([...stub.users.keys()].map((user) => revoke((command) => iam.send(command as never), user)));
    assert.equal(contained(stub), USERS);
    assert.deepEqual(stub.unguarded, []);
    const writes = stub.heard.filter(({ operation }) => operation !== "GetUser");
    const accepted = writes.filter(({ throttled }) => !throttled).length;
    assert.equal(accepted, 3 * USERS, "a change was made twice");
    assert.ok(stub.widest() <= 16, `${stub.widest()} calls at once`);
    const wasted = writes.length - accepted;
    t.diagnostic(`${wasted} of ${writes.length} calls were throttled`);
    assert.ok(wasted > 0, "the limit was never met: this test shows nothing");
    assert.ok(wasted < 0.4 * writes.length, `${wasted} of ${writes.length} calls were throttled`);
  });

  // Why the lane retries and not the SDK: its retries share one quota, and when that is gone the next throttle is final.
  test("the SDK's own retries give up on most of the same work", async (t) => {
    const stub = await stubFor(t, { users: USERS, limit: TIGHT });
    const iam = new IAMClient({ endpoint: stub.endpoint, region: "us-east-1", credentials: CREDENTIALS });
    t.after(() => iam.destroy());
    const queue = [...stub.users.keys()].values();
    let givenUp = 0;
    const worker = async (): Promise<void> => {
      for (const user of queue)
        await revoke((command) => iam.send(command as never), user).catch(({ name }) => {
          assert.equal(name, "Throttling");
          givenUp++;
        });
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    t.diagnostic(`${givenUp} of ${USERS} users given up`);
    assert.ok(givenUp > USERS / 2, `${givenUp} of ${USERS} users given up: the stub is too kind`);
  });
});

test("what contains goes before what looks", async (t) => {
  const stub = await stubFor(t, { users: 20, limit: { perSecond: 100, burst: 20 } });
  const scopes = await liveScopes(t, stub);
  const looking = await scopes.read(GRANT.read).aws("iam", PLACE);
  const acting = await scopes.write(GRANT, async () => undefined).aws("iam", PLACE);
  const look = (user: string) => new GetUserCommand({ UserName: user });
  const names = [...stub.users.keys()];
  const looks = names.flatMap((user) => Array.from({ length: 5 }, () => looking.send(look(user))));
  // The look right before a change is on its way, too.
  const acts = names.map(async (user) => {
    await acting.send(look(user));
    await revoke((command) => acting.send(command as never), user);
  });
  await Promise.all([...looks, ...acts]);
  const done = stub.heard.filter(({ throttled }) => !throttled).map(({ operation }) => operation);
  assert.equal(done.length, 1 + 100 + 4 * 20);
  const last = done.lastIndexOf("UpdateAccessKey");
  assert.ok(last < 120, `the last key was deactivated as call ${last} of ${done.length}`);
});

// Throttling itself has no counterpart: moto has no limits.
test("the stub answers as moto does", async (t) => {
  const emulator = await startEmulator(t);
  assert.ok(emulator, NO_EMULATOR);
  const stub = await stubFor(t, { users: 1, limit: null });
  const [moto, ours] = [emulator, stub].map(({ endpoint }) => as(endpoint, CREDENTIALS));
  assert.ok(moto && ours);
  t.after(() => {
    moto.close();
    ours.close();
  });
  const UserName = "user-000";
  await moto("iam:CreateUser", { UserName });
  await moto("iam:PutUserPolicy", { UserName, PolicyName: "own", PolicyDocument: OWN_POLICY });
  await moto("iam:CreateAccessKey", { UserName });
  await moto("iam:CreateAccessKey", { UserName });
  type Keys = { AccessKeyMetadata: { AccessKeyId: string }[] };
  const { AccessKeyMetadata } = await moto<Keys>("iam:ListAccessKeys", { UserName });
  const theirs = new Map(AccessKeyMetadata.map(({ AccessKeyId }, index) => [keyIds(UserName)[index] ?? "", AccessKeyId]));
  const [AccessKeyId] = keyIds(UserName);
  const calls: readonly (readonly [string, Record<string, string>])[] = [
    ["iam:GetUser", { UserName }],
    ["iam:GetUser", { UserName: "nobody" }],
    ["iam:ListUserPolicies", { UserName }],
    ["iam:GetUserPolicy", { UserName, PolicyName: "own" }],
    ["iam:GetUserPolicy", { UserName, PolicyName: "deny" }],
    ["iam:PutUserPolicy", { UserName, PolicyName: "deny", PolicyDocument: DENY }],
    ["iam:GetUserPolicy", { UserName, PolicyName: "deny" }],
    ["iam:ListUserPolicies", { UserName }],
    ["iam:DeleteUserPolicy", { UserName, PolicyName: "deny" }],
    ["iam:DeleteUserPolicy", { UserName, PolicyName: "deny" }],
    ["iam:ListAccessKeys", { UserName }],
    ["iam:UpdateAccessKey", { UserName, AccessKeyId, Status: "Inactive" }],
    ["iam:UpdateAccessKey", { UserName: "nobody", AccessKeyId, Status: "Inactive" }],
    ["iam:ListAccessKeys", { UserName }],
    ["iam:ListServiceSpecificCredentials", { UserName }],
    ["iam:ListSigningCertificates", { UserName }],
    ["iam:ListSSHPublicKeys", { UserName }],
  ];
  for (const [name, input] of calls) {
    const translated = input["AccessKeyId"] ? { ...input, AccessKeyId: theirs.get(input["AccessKeyId"]) } : input;
    assert.deepEqual(await said(ours(name, input)), await said(moto(name, translated)), `${name} ${JSON.stringify(input)}`);
  }
});

/** What the SDK makes of an answer, without what is anybody's own: ids, dates, and an error's wording. */
async function said(answer: Promise<object>): Promise<unknown> {
  try {
    return JSON.parse(
      JSON.stringify(await answer, (key, value) => {
        if (key === "$metadata") return value.httpStatusCode;
        // moto leaves slashes as they are, IAM does not.
        if (key === "PolicyDocument") return decodeURIComponent(value);
        // Nor does it say that a listing is whole.
        if (key === "IsTruncated" && value === false) return undefined;
        return ["UserId", "AccessKeyId", "CreateDate"].includes(key) ? typeof value : value;
      }),
    );
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata: { httpStatusCode: number } };
    return { error: name, status: $metadata.httpStatusCode };
  }
}
