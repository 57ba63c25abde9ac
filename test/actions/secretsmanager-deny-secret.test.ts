import assert from "node:assert/strict";
import { test } from "node:test";
import { ListSecretsCommand } from "@aws-sdk/client-secrets-manager";
import { denySecret } from "../../src/actions/aws/secretsmanager/deny-secret.ts";
import type { Action } from "../../src/actions/index.ts";
import { drive, rollBack } from "../conformance/driver.ts";
import { openBench, planFor, policy, RESPONDER, textIn } from "./keyed.ts";

const action = denySecret as unknown as Action;
const secret = (name: string) => ({ kind: "aws.secret", name });
const SecretId = "prod/acme/database";
const theirs = { Effect: "Allow", Principal: "*", Action: "secretsmanager:DescribeSecret", Resource: "*" };

test("a whole name is that secret and no other, a prefix all under it, whatever the pages", async (t) => {
  const bench = await openBench(t);
  const names = async (name: string) => (await planFor(bench, action, secret(name))).map(({ resource }) => resource.id);
  for (const limit of [1, 100]) {
    bench.range.setPageLimit(limit);
    assert.deepEqual(await names("prod/acme/"), ["prod/acme/database", "prod/acme/mailer"]);
    assert.deepEqual(await names("prod/acme/database"), ["prod/acme/database"]);
    assert.deepEqual(await names("prod/acme/data"), [], "the beginning of a name is no name");
    assert.deepEqual(await names("prod/initech/"), []);
  }
});

test("a replica is left to the Region of its primary, and a primary says its own Region, too", async () => {
  const listed = [
    { Name: "prod/acme/plain" },
    { Name: "prod/acme/primary", PrimaryRegion: "us-east-1" },
    { Name: "prod/acme/replica", PrimaryRegion: "eu-west-1" },
  ];
  const scope = {
    aws: async () => ({ send: async (command: object) => (command instanceof ListSecretsCommand ? { SecretList: listed } : {}) }),
  };
  const selection = {
    ...secret("prod/acme/"),
    account: "123456789012",
    region: "us-east-1",
    tenant: "acme",
    exempt: [RESPONDER],
  };
  const found: string[] = [];
  for await (const { key } of denySecret.plan(scope as never, selection as never, {})) found.push(key);
  assert.deepEqual(found, ["prod/acme/plain", "prod/acme/primary"]);
});

test("without a responder nothing is denied: nobody could read it", async (t) => {
  const bench = await openBench(t);
  await assert.rejects(planFor(bench, action, { ...secret(SecretId), exempt: [] }), { code: "self-lockout" });
});

test("a policy that would be longer than Secrets Manager takes is refused before anything is sent", async (t) => {
  const bench = await openBench(t);
  const filled = policy({ ...theirs, Sid: "x".repeat(20_100) });
  await bench.admin("secretsmanager:PutResourcePolicy", { SecretId, ResourcePolicy: filled });
  await assert.rejects(planFor(bench, action, secret(SecretId)), { code: "limit-exceeded", message: /takes 20480/ });
  const fits = policy({ ...theirs, Sid: "x".repeat(19_000) });
  await bench.admin("secretsmanager:PutResourcePolicy", { SecretId, ResourcePolicy: fits });
  assert.equal((await planFor(bench, action, secret(SecretId))).length, 1);
});

test("what is denied is the value, not the way back", async (t) => {
  const [change] = await planFor(await openBench(t), action, secret(SecretId));
  const [statement] = (change?.asks ?? []) as { Action: string[] }[];
  assert.ok(statement?.Action.includes("secretsmanager:GetSecretValue"));
  for (const way of ["PutResourcePolicy", "DeleteResourcePolicy", "GetResourcePolicy"])
    assert.ok(!statement?.Action.includes(`secretsmanager:${way}`), way);
});

test("a name of ours that somebody took is not taken for ours", async (t) => {
  const bench = await openBench(t);
  const [first] = await planFor(bench, action, secret(SecretId));
  const [ours] = (first?.asks ?? []) as { Sid: string }[];
  await bench.admin("secretsmanager:PutResourcePolicy", { SecretId, ResourcePolicy: policy({ ...theirs, Sid: ours?.Sid }) });
  const [second] = await planFor(bench, action, secret(SecretId));
  const [renamed] = (second?.asks ?? []) as { Sid: string }[];
  assert.equal(renamed?.Sid, `${ours?.Sid}x2`);
  assert.equal(JSON.parse(textIn(second?.after ?? null)).Statement.length, 2);
});

test("our statement, once somebody else changed it, is left and said", async (t) => {
  const bench = await openBench(t);
  const [change] = await planFor(bench, action, secret("prod/acme/mailer"));
  assert.ok(change);
  const done = await drive(bench, action, change, "contain");
  const [ours] = JSON.parse(textIn(change.after)).Statement;
  const widened = policy({ ...ours, Action: "secretsmanager:*" }, theirs);
  await bench.admin("secretsmanager:PutResourcePolicy", { SecretId: "prod/acme/mailer", ResourcePolicy: widened });
  const [back] = await rollBack(bench, action, [done]);
  assert.match(back?.change.conflict ?? "", /somebody changed our statement/);
  const { ResourcePolicy } = await bench.admin("secretsmanager:GetResourcePolicy", { SecretId: "prod/acme/mailer" });
  assert.equal(ResourcePolicy, widened);
});

test("where only a foreign statement is left, it stays; where none is, the secret has no policy again", async (t) => {
  const bench = await openBench(t);
  const SecretId = "prod/acme/mailer";
  const get = () => bench.admin("secretsmanager:GetResourcePolicy", { SecretId });
  const [change] = await planFor(bench, action, secret(SecretId));
  assert.ok(change);
  const done = await drive(bench, action, change, "contain");
  const [ours] = JSON.parse(textIn(change.after)).Statement;
  await bench.admin("secretsmanager:PutResourcePolicy", { SecretId, ResourcePolicy: policy(theirs, ours) });
  await rollBack(bench, action, [done]);
  assert.deepEqual(JSON.parse(String((await get())["ResourcePolicy"])).Statement, [theirs]);
  await bench.admin("secretsmanager:PutResourcePolicy", { SecretId, ResourcePolicy: policy(ours) });
  await rollBack(bench, action, [done]);
  assert.equal((await get())["ResourcePolicy"], undefined);
});
