import assert from "node:assert/strict";
import { test } from "node:test";
import { denyUser } from "../../src/actions/aws/sso/deny-user.ts";
import type { Action } from "../../src/actions/index.ts";
import { drive, rollBack } from "../conformance/driver.ts";
import { type KeyedBench, openBench } from "./keyed.ts";
import { ADMIN, INSTANCE, INSTANCE_ARN, JANE, planForUser, READER, STORE, setArn } from "./sso.ts";

const action = denyUser as unknown as Action;
const KIM = "a4d8b4e8-7001-70aa-8000-0000000000e2";
const set = (id: string) => ({ InstanceArn: INSTANCE_ARN, PermissionSetArn: setArn(id) });

type Statement = { Sid: string; Condition?: object };

async function policy(bench: KeyedBench, id: string): Promise<string> {
  return (await bench.admin<{ InlinePolicy: string }>("ssoadmin:GetInlinePolicyForPermissionSet", set(id))).InlinePolicy;
}

async function statements(bench: KeyedBench, id: string): Promise<Statement[]> {
  const text = await policy(bench, id);
  return text === "" ? [] : (JSON.parse(text) as { Statement: Statement[] }).Statement;
}

async function ask(bench: KeyedBench, user: string, grant: string) {
  const { effects } = bench.scopes().read(action.permissions.read);
  return effects?.ask({ kind: "portal", account: "123456789012", region: "us-east-1", user, grant, session: "issued" });
}

test("each permission set is denied once, however many accounts, groups and pages it is assigned by", async (t) => {
  const bench = await openBench(t);
  const own = { ...set(READER), TargetId: "210987654321", TargetType: "AWS_ACCOUNT", PrincipalType: "USER", PrincipalId: JANE };
  await bench.admin("ssoadmin:CreateAccountAssignment", own);
  await bench.clock.sleep(5_000);
  for (const limit of [1, null]) {
    bench.range.setPageLimit(limit);
    const found = await planForUser(bench, action);
    assert.deepEqual(found.map(({ resource }) => resource.id).toSorted(), [
      `${INSTANCE}/${ADMIN}/${JANE}`,
      `${INSTANCE}/${READER}/${JANE}`,
    ]);
  }
});

test("the user is denied in sessions that it has, another user of the same set is not", async (t) => {
  const bench = await openBench(t);
  const changes = await planForUser(bench, action);
  for (const change of changes) await drive(bench, action, change, "contain");
  assert.deepEqual(
    [await ask(bench, JANE, READER), await ask(bench, KIM, READER), await ask(bench, JANE, ADMIN)],
    ["blocked", "open", "blocked"],
  );
});

test("what others wrote into the policy meanwhile survives, and so does the denial of another user", async (t) => {
  const bench = await openBench(t);
  const before = await policy(bench, READER);
  const jane = (await planForUser(bench, action)).find(({ resource }) => resource.id.includes(READER)) ?? assert.fail();
  const [kim = assert.fail()] = await planForUser(bench, action, "kim", KIM);
  const driven = [await drive(bench, action, jane, "contain"), await drive(bench, action, kim, "contain")];
  assert.deepEqual(
    (await statements(bench, READER)).slice(1).map(({ Condition }) => Condition),
    [JANE, KIM].map((user) => ({ StringEquals: { "identitystore:userId": user } })),
  );
  const theirs = { Sid: "Theirs", Effect: "Deny", Action: "kms:*", Resource: "*" };
  const edited = { Version: "2012-10-17", Statement: [theirs, ...(await statements(bench, READER))] };
  await bench.admin("ssoadmin:PutInlinePolicyToPermissionSet", { ...set(READER), InlinePolicy: JSON.stringify(edited) });
  await bench.admin("ssoadmin:ProvisionPermissionSet", { ...set(READER), TargetType: "ALL_PROVISIONED_ACCOUNTS" });
  await bench.clock.sleep(5_000);
  await rollBack(bench, action, driven.slice(0, 1));
  assert.deepEqual([await ask(bench, JANE, READER), await ask(bench, KIM, READER)], ["open", "blocked"]);
  await rollBack(bench, action, driven.slice(1));
  assert.deepEqual(await statements(bench, READER), [theirs, ...(JSON.parse(before) as { Statement: Statement[] }).Statement]);
});

test("an attempt that died before it provisioned is found unfinished and is finished, there and back", async (t) => {
  const bench = await openBench(t);
  const [change = assert.fail()] = await planForUser(bench, action);
  const back = { ...change, before: change.after, after: change.before };
  for (const [step, direction] of [[change, "contain"] as const, [back, "restore"] as const]) {
    bench.range.setFaults([{ operation: "ssoadmin:ProvisionPermissionSet", kind: "lost-request" }]);
    const died = await drive(bench, action, step, direction, { patienceMs: 0 });
    bench.range.setFaults([]);
    assert.deepEqual([died.outcome.status, died.verification.verdict], ["unknown", "contradicted"]);
    assert.equal(died.verification.detail, "the permission set is not provisioned to all its accounts");
    const scopes = bench.scopes();
    const again = await drive(bench, action, step, direction, { scopes });
    assert.deepEqual([again.outcome.status, again.verification.verdict], ["applied", "confirmed"]);
    assert.deepEqual(
      scopes.requests.filter(({ write }) => write).map(({ operation }) => operation),
      ["ProvisionPermissionSet"],
    );
  }
  assert.equal(await policy(bench, ADMIN), "");
});

test("a permission set with somebody's changes that are not provisioned is left and said", async (t) => {
  const bench = await openBench(t);
  const InlinePolicy = '{"Version":"2012-10-17","Statement":[]}';
  await bench.admin("ssoadmin:PutInlinePolicyToPermissionSet", { ...set(READER), InlinePolicy });
  const found = await planForUser(bench, action);
  assert.deepEqual(
    found.map(({ resource }) => resource.id),
    [`${INSTANCE}/${ADMIN}/${JANE}`],
  );
  const place = { account: "123456789012", region: "us-east-1" };
  const jane = { kind: "aws.sso-user", ...place, instance: INSTANCE, store: STORE, name: "jane", id: JANE } as const;
  const left = await denyUser.leaves?.(bench.scopes().read(action.permissions.read), jane, {});
  assert.deepEqual(
    left?.map(({ resource }) => resource?.id),
    [`${INSTANCE}/${READER}/${JANE}`],
  );
  assert.match(left?.[0]?.reason ?? "", /"ReadOnly" has changes that are not provisioned/);
});

test("a policy that would grow too long is refused when it is planned, one with white space is not put back to the byte", async (t) => {
  const bench = await openBench(t);
  const put = async (InlinePolicy: string) => {
    await bench.admin("ssoadmin:PutInlinePolicyToPermissionSet", { ...set(ADMIN), InlinePolicy });
    await bench.admin("ssoadmin:ProvisionPermissionSet", { ...set(ADMIN), TargetType: "ALL_PROVISIONED_ACCOUNTS" });
    await bench.clock.sleep(5_000);
  };
  const long = { Sid: "Long", Effect: "Deny", Action: "kms:*", Resource: `arn:aws:s3:::${"x".repeat(10_000)}` };
  await put(JSON.stringify({ Version: "2012-10-17", Statement: [long] }));
  await assert.rejects(planForUser(bench, action), { code: "limit-exceeded", message: /takes 10240/ });
  await put(JSON.stringify({ Version: "2012-10-17", Statement: [{ ...long, Resource: "*" }] }, null, 2));
  const [change] = await planForUser(bench, action);
  assert.equal(change?.reversal.kind, "compensate");
});

test("the job's token is made durable and another process can follow it by it", async (t) => {
  const bench = await openBench(t);
  const [change = assert.fail()] = await planForUser(bench, action);
  const tokens: string[] = [];
  await action.apply(
    bench.scopes().write(action.permissions, async (token) => void tokens.push(token)),
    change,
  );
  assert.match(tokens.join(), /^[0-9a-f-]{36}$/);
  const scopes = bench.scopes();
  await action.settle?.(scopes.read(action.permissions.read), change, tokens[0] ?? "");
  assert.deepEqual(
    scopes.requests.map(({ operation }) => operation),
    ["DescribePermissionSetProvisioningStatus"],
  );
});
