import assert from "node:assert/strict";
import { test } from "node:test";
import { BUCKET, INTRUDER } from "./names.ts";
import { call, fresh } from "./open.ts";

const put = {
  UserName: INTRUDER,
  PolicyName: "deny",
  PolicyDocument: '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}',
};
const operation = "iam:PutUserPolicy";

test("a lost request was not acted on, a lost response was; both look the same", async (t) => {
  const range = await fresh(t);
  const names = async () =>
    (await call<{ PolicyNames: string[] }>(range, "iam:ListUserPolicies", { UserName: INTRUDER })).PolicyNames;
  range.setFaults([
    { operation, kind: "lost-request" },
    { operation, kind: "lost-response" },
  ]);
  await assert.rejects(call(range, operation, put), { name: "TimeoutError" });
  assert.deepEqual(await names(), ["data-export"]);
  await assert.rejects(call(range, operation, put), { name: "TimeoutError" });
  assert.deepEqual(await names(), ["data-export", "deny"]);
  await call(range, operation, put);
});

test("throttled n times, then fine; other operations pass", async (t) => {
  const range = await fresh(t, { faults: [{ operation: "s3:*", kind: "throttled", times: 2 }] });
  for (let round = 0; round < 2; round++) await assert.rejects(call(range, "s3:ListBuckets"), { name: "SlowDown" });
  await call(range, "iam:ListUsers");
  await call(range, "s3:ListBuckets");
});

test("skip lets calls pass first; an error 500 may come before or after acting", async (t) => {
  const range = await fresh(t);
  range.setFaults([
    { operation: "iam:ListUsers", kind: "unavailable", skip: 1 },
    { operation, kind: "unavailable-after" },
  ]);
  await call(range, "iam:ListUsers");
  await assert.rejects(
    call(range, "iam:ListUsers"),
    (error: { $metadata: { httpStatusCode: number; requestId: string } }) =>
      error.$metadata.httpStatusCode === 500 && error.$metadata.requestId !== "",
  );
  await assert.rejects(call(range, operation, put), { name: "ServiceFailureException" });
  await call(range, "iam:GetUserPolicy", put);
});

test("the world moves before the call, then the call is answered; a delay takes world time", async (t) => {
  const range = await fresh(t);
  const input = { UserName: INTRUDER, AccessKeyId: "AKIAINTRUDER00000002", Status: "Inactive" };
  range.setFaults([
    { operation: "iam:ListAccessKeys", kind: "delay", ms: 3_000 },
    { operation: "iam:ListAccessKeys", kind: "move", calls: [{ service: "iam", operation: "UpdateAccessKey", input }] },
  ]);
  const before = range.clock.now();
  const { AccessKeyMetadata } = await call<{ AccessKeyMetadata: { Status: string }[] }>(range, "iam:ListAccessKeys", {
    UserName: INTRUDER,
  });
  assert.deepEqual(
    AccessKeyMetadata.map((key) => key.Status),
    ["Active", "Inactive"],
  );
  assert.equal(range.clock.now() - before, 3_000);
});

test("reset forgets faults and changes", async (t) => {
  const range = await fresh(t);
  const before = await call(range, "s3:GetBucketPolicy", { Bucket: BUCKET });
  range.setFaults([{ operation: "*", kind: "denied", times: null }]);
  await assert.rejects(call(range, "wafv2:ListIPSets", { Scope: "REGIONAL" }), { name: "AccessDeniedException" });
  range.reset();
  await call(range, "s3:DeleteBucketPolicy", { Bucket: BUCKET });
  range.reset();
  assert.deepEqual(await call(range, "s3:GetBucketPolicy", { Bucket: BUCKET }), before);
});
