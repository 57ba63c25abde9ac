import assert from "node:assert/strict";
import { test } from "node:test";
import { DescribeInstancesCommand, ModifyNetworkInterfaceAttributeCommand } from "@aws-sdk/client-ec2";
import { GetUserCommand, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import { GetBucketPolicyCommand } from "@aws-sdk/client-s3";
import { ErError } from "../../src/model/index.ts";
import { orAbsent, type Permission, simulatedProviders } from "../../src/providers/index.ts";
import { fresh } from "../range/open.ts";

const GLOBAL = { account: "123456789012", region: "global" };
const HERE = { account: "123456789012", region: "us-east-1" };
const GET_USER: Permission = { service: "iam", operation: "GetUser", iam: ["iam:GetUser"] };
const PUT_POLICY: Permission = { service: "iam", operation: "PutUserPolicy", iam: ["iam:PutUserPolicy"] };
const MODIFY: Permission = {
  service: "ec2",
  operation: "ModifyNetworkInterfaceAttribute",
  iam: ["ec2:ModifyNetworkInterfaceAttribute"],
};
const DENY = new PutUserPolicyCommand({
  UserName: "intruder",
  PolicyName: "deny",
  PolicyDocument: '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}',
});

async function open(t: Parameters<typeof fresh>[0]) {
  const range = await fresh(t);
  const providers = simulatedProviders(range.transport, { userAgent: { version: "0.0.0" } });
  t.after(() => providers.close());
  return { range, scopes: providers.scopes({ signal: new AbortController().signal }) };
}

test("a read scope refuses a write before it leaves, declared or not", async (t) => {
  const { scopes } = await open(t);
  const iam = await scopes.read([GET_USER]).aws("iam", GLOBAL);
  assert.equal((await iam.send(new GetUserCommand({ UserName: "intruder" }))).User?.UserName, "intruder");
  await assert.rejects(iam.send(DENY), (error) => error instanceof ErError && error.code === "read-only");
  const s3 = await scopes.read([GET_USER]).aws("s3", HERE);
  await assert.rejects(s3.send(new GetBucketPolicyCommand({ Bucket: "acme-data" })), { code: "read-only" });
  assert.deepEqual(
    scopes.requests.map(({ operation }) => operation),
    ["GetUser"],
  );
});

test("a write scope leaves a receipt with the provider's request id for each mutating call, and only for those", async (t) => {
  const { scopes } = await open(t);
  const scope = scopes.write({ read: [GET_USER], write: [PUT_POLICY] }, async () => undefined);
  const iam = await scope.aws("iam", GLOBAL);
  await iam.send(new GetUserCommand({ UserName: "intruder" }));
  const answer = await iam.send(DENY);
  assert.equal(scope.receipts.length, 1);
  assert.equal(scope.receipts[0]?.operation, "aws.iam PutUserPolicy");
  assert.equal(scope.receipts[0]?.requestId, answer.$metadata.requestId);
  assert.match(scope.receipts[0]?.requestId ?? "", /\S/);
});

test("a probe scope sets the dry-run flag itself, changes nothing, and sends no other service's write", async (t) => {
  const { scopes, range } = await open(t);
  const grant = {
    read: [{ service: "ec2", operation: "DescribeInstances", iam: ["ec2:DescribeInstances"] }] as const,
    write: [MODIFY, PUT_POLICY],
  };
  const scope = scopes.probe(grant);
  const ec2 = await scope.aws("ec2", HERE);
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({}));
  const nic = Reservations?.[0]?.Instances?.[0]?.NetworkInterfaces?.[0];
  const before = JSON.stringify(range.show());
  range.setFaults([{ operation: "ec2:ModifyNetworkInterfaceAttribute", kind: "denied" }]);
  await assert.rejects(ec2.send(new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId: nic?.NetworkInterfaceId })), {
    kind: "denied",
  });
  range.setFaults([]);
  await ec2.send(
    new ModifyNetworkInterfaceAttributeCommand({
      NetworkInterfaceId: nic?.NetworkInterfaceId,
      Groups: nic?.Groups?.map(({ GroupId }) => GroupId ?? ""),
    }),
  );
  assert.equal(JSON.stringify(range.show()).replace(/"now":"[^"]*"/, ""), before.replace(/"now":"[^"]*"/, ""));
  assert.ok(scopes.requests.filter(({ write }) => write).every(({ dryRun }) => dryRun));
  assert.equal(scopes.requests.filter(({ dryRun, ok }) => dryRun && ok).length, 1);
  await assert.rejects((await scope.aws("iam", GLOBAL)).send(DENY), { code: "read-only" });
});

test("expected absence is a state; other refusals say what they mean", async (t) => {
  const { scopes, range } = await open(t);
  const scope = scopes.write({ read: [GET_USER], write: [PUT_POLICY] }, async () => undefined);
  const iam = await scope.aws("iam", GLOBAL);
  assert.equal(await orAbsent(() => iam.send(new GetUserCommand({ UserName: "nobody" }))), null);
  range.setFaults([{ operation: "iam:PutUserPolicy", kind: "denied" }]);
  await assert.rejects(iam.send(DENY), { kind: "denied", service: "aws.iam", operation: "PutUserPolicy" });
  range.setFaults([{ operation: "iam:PutUserPolicy", kind: "throttled", times: 3 }]);
  await iam.send(DENY);
  range.setFaults([{ operation: "iam:PutUserPolicy", kind: "lost-response" }]);
  await assert.rejects(iam.send(DENY), { kind: "no-answer" });
  assert.equal(scope.receipts.length, 1);
});

test("after a stop nothing more leaves", async (t) => {
  const { range } = await open(t);
  const providers = simulatedProviders(range.transport, { userAgent: { version: "0.0.0" } });
  const stop = new AbortController();
  const scopes = providers.scopes({ signal: stop.signal });
  const iam = await scopes.read([GET_USER]).aws("iam", GLOBAL);
  stop.abort();
  await assert.rejects(iam.send(new GetUserCommand({ UserName: "intruder" })), { kind: "unreachable", providerCode: "Aborted" });
  assert.equal(scopes.requests.length, 0);
});
