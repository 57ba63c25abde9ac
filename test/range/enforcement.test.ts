import assert from "node:assert/strict";
import { test } from "node:test";
import type { EffectQuestion } from "../../src/model/index.ts";
import { BUCKET, EDGE_ACL, INTRUDER, INTRUDER_KEY, VPC } from "./names.ts";
import { call, fresh, opened } from "./open.ts";

const account = "123456789012";
const region = "us-east-1";
const deny = (more: object = {}) =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Deny", Action: "*", Resource: "*", ...more }] });
const legitimate = {
  "globex-portal-works": true,
  "globex-host-works": true,
  "app-serves-globex": true,
  "app-decrypts-globex": true,
};

test("an untouched world is open to the attacker and to its customers", async (t) => {
  const range = await fresh(t);
  assert.deepEqual([...new Set(Object.values(await opened(range)))], [true]);
});

test("a deny reads back at once and bites after propagation", async (t) => {
  const range = await fresh(t);
  await call(range, "iam:PutUserPolicy", { UserName: INTRUDER, PolicyName: "deny", PolicyDocument: deny() });
  await call(range, "iam:GetUserPolicy", { UserName: INTRUDER, PolicyName: "deny" });
  assert.equal((await opened(range))["key-reads-data"], true, "the attacker is still in");
  range.wall.advance(3_999);
  assert.equal((await opened(range))["key-reads-data"], true);
  range.wall.advance(1);
  const later = await opened(range);
  assert.deepEqual([later["key-reads-data"], later["key-calls-iam"]], [false, false]);
  assert.partialDeepStrictEqual(later, legitimate);
});

test("an inactive key is refused, its user's other key is not", async (t) => {
  const range = await fresh(t);
  await call(range, "iam:UpdateAccessKey", { UserName: INTRUDER, AccessKeyId: INTRUDER_KEY, Status: "Inactive" });
  range.wall.advance(4_000);
  const ask = (accessKeyId: string) =>
    range.transport.effects.ask({ kind: "aws-call", account, as: { accessKeyId }, operation: "iam:ListUsers", resource: "*" });
  assert.equal(await ask(INTRUDER_KEY), "blocked");
  assert.equal(await ask("AKIAINTRUDER00000002"), "open");
  assert.equal(await ask("AKIAGONE000000000000"), "blocked");
});

test("revoking older sessions hits the stolen session and spares new ones", async (t) => {
  const range = await fresh(t);
  const moment = new Date(range.clock.now()).toISOString();
  const PolicyDocument = deny({ Condition: { DateLessThan: { "aws:TokenIssueTime": moment } } });
  await call(range, "iam:PutRolePolicy", { RoleName: "app-data", PolicyName: "AWSRevokeOlderSessions", PolicyDocument });
  range.wall.advance(4_000);
  const now = await opened(range);
  assert.equal(now["app-session-reads-data"], false);
  assert.equal(now["worker-session-reads-data"], true);
  assert.partialDeepStrictEqual(now, legitimate);
  const ask = (issuedBefore: string) =>
    range.transport.effects.ask({
      kind: "aws-call",
      account,
      as: { role: "app-data", issuedBefore },
      operation: "s3:GetObject",
      resource: `arn:aws:s3:::${BUCKET}/tenants/acme/users.json`,
    });
  assert.equal(await ask(moment), "blocked");
  assert.equal(await ask(new Date(range.clock.now() + 60_000).toISOString()), "open");
});

test("a key's policy decides who uses it, and its state whether anybody does, once they have taken effect", async (t) => {
  const range = await fresh(t);
  const role = (name: string) => `arn:aws:iam::${account}:role/${name}`;
  const put = (...Statement: object[]) =>
    call(range, "kms:PutKeyPolicy", { KeyId: "alias/acme-data", Policy: JSON.stringify({ Version: "2012-10-17", Statement }) });
  const ask = (as: Extract<EffectQuestion, { kind: "aws-call" }>["as"], operation = "kms:Decrypt") =>
    range.transport.effects.ask({
      kind: "aws-call",
      account,
      as,
      operation,
      resource: `arn:aws:kms:${region}:${account}:key/5d0c61be-0ac3-4e00-8d4a-00000000ac3e`,
    });
  const session = (name: string) => ({ role: name, issuedBefore: new Date(range.clock.now() + 60_000).toISOString() });
  assert.equal(await ask(session("app-data")), "open", "named by the policy, it needs nothing of its own");
  assert.equal(await ask(session("app-data"), "kms:CreateGrant"), "blocked");
  assert.equal(await ask(session("acme-worker")), "blocked", "the account may, and lets it not");
  const use = { Effect: "Allow", Principal: { AWS: role("app-data") }, Action: "kms:Decrypt", Resource: "*" };
  const manage = { Effect: "Allow", Principal: { AWS: role("soc2-er-responder") }, Action: "kms:*", Resource: "*" };
  const allow = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "kms:*", Resource: "*" }] });
  await call(range, "iam:PutRolePolicy", { RoleName: "acme-worker", PolicyName: "keys", PolicyDocument: allow });
  range.wall.advance(4_000);
  assert.equal(await ask(session("acme-worker")), "open");
  await put(manage, use);
  assert.equal(await ask(session("acme-worker")), "open", "not yet");
  range.wall.advance(2_000);
  assert.equal(
    await ask(session("acme-worker")),
    "blocked",
    "its own policies do not count where the key's speaks of no account",
  );
  assert.equal(await ask(session("app-data")), "open");
  assert.equal(await ask({ anyoneBut: [role("app-data"), role("soc2-er-responder")] }), "blocked");
  await call(range, "kms:DisableKey", { KeyId: "alias/acme-data" });
  assert.equal(await ask(session("soc2-er-responder")), "open", "not yet");
  range.wall.advance(2_000);
  for (const name of ["app-data", "soc2-er-responder"]) assert.equal(await ask(session(name)), "blocked");
  assert.equal(await ask(session("soc2-er-responder"), "kms:EnableKey"), "open", "what is disabled can be enabled");
  const { CiphertextBlob } = await call<{ CiphertextBlob: Uint8Array }>(range, "kms:Encrypt", {
    KeyId: "alias/globex-data",
    Plaintext: Buffer.from("x"),
  });
  await call(range, "kms:Decrypt", { CiphertextBlob });
  await call(range, "kms:ScheduleKeyDeletion", { KeyId: "alias/globex-data" });
  range.wall.advance(2_000);
  await assert.rejects(call(range, "kms:Decrypt", { CiphertextBlob }), { name: "KMSInvalidStateException" });
  await assert.rejects(call(range, "kms:Encrypt", { KeyId: "alias/acme-data" }), { name: "DisabledException" });
});

test("a tenant's prefix is closed to everybody but the responders", async (t) => {
  const range = await fresh(t);
  const responder = `arn:aws:iam::${account}:role/soc2-er-responder`;
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: `arn:aws:s3:::${BUCKET}/tenants/acme/*`,
        Condition: { ArnNotLike: { "aws:PrincipalArn": responder } },
      },
    ],
  });
  await call(range, "s3:PutBucketPolicy", { Bucket: BUCKET, Policy });
  const question = (tenant: string): EffectQuestion => ({
    kind: "aws-call",
    account,
    as: { anyoneBut: [responder] },
    operation: "s3:GetObject",
    resource: `arn:aws:s3:::${BUCKET}/tenants/${tenant}/users.json`,
  });
  assert.equal(await range.transport.effects.ask(question("acme")), "open");
  range.wall.advance(1_500);
  assert.equal(await range.transport.effects.ask(question("acme")), "blocked");
  assert.equal(await range.transport.effects.ask(question("globex")), "open");
  assert.partialDeepStrictEqual(await opened(range), {
    ...legitimate,
    "key-reads-data": false,
    "app-session-reads-data": false,
    "worker-session-reads-data": false,
  });
  await call(range, "s3:GetObject", { Bucket: BUCKET, Key: "tenants/acme/users.json" });
});

test("a responder who denies themselves is really locked out", async (t) => {
  const range = await fresh(t);
  await call(range, "iam:PutRolePolicy", { RoleName: "soc2-er-responder", PolicyName: "oops", PolicyDocument: deny() });
  range.wall.advance(4_000);
  await assert.rejects(call(range, "iam:DeleteRolePolicy", { RoleName: "soc2-er-responder", PolicyName: "oops" }), {
    name: "AccessDenied",
  });
  await assert.rejects(call(range, "ec2:DescribeInstances"), { name: "UnauthorizedOperation" });
  await call(range, "sts:GetCallerIdentity");
});

test("a quarantine group stops new connections and leaves the tracked shell; an ACL cuts it", async (t) => {
  const range = await fresh(t);
  const { GroupId } = await call<{ GroupId: string }>(range, "ec2:CreateSecurityGroup", {
    GroupName: "quarantine",
    Description: "none",
    VpcId: VPC,
  });
  await call(range, "ec2:RevokeSecurityGroupEgress", {
    GroupId,
    IpPermissions: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }], Ipv6Ranges: [{ CidrIpv6: "::/0" }] }],
  });
  await call(range, "ec2:ModifyNetworkInterfaceAttribute", { NetworkInterfaceId: "eni-0acme01", Groups: [GroupId] });
  range.wall.advance(1_000);
  assert.partialDeepStrictEqual(await opened(range), {
    ...legitimate,
    "new-connection-ipv4": false,
    "new-connection-ipv6": false,
    "open-shell": true,
    "open-web-shell": false,
  });
  for (const Egress of [false, true]) {
    await call(range, "ec2:CreateNetworkAclEntry", {
      NetworkAclId: EDGE_ACL,
      RuleNumber: 1,
      Egress,
      Protocol: "-1",
      RuleAction: "deny",
      CidrBlock: "203.0.113.66/32",
    });
  }
  assert.equal((await opened(range))["open-shell"], true);
  range.wall.advance(500);
  assert.partialDeepStrictEqual(await opened(range), { ...legitimate, "open-shell": false });
});

test("a hop through an allow-all group makes the shell untracked, so that quarantine cuts it", async (t) => {
  const range = await fresh(t);
  const group = async (GroupName: string) =>
    (await call<{ GroupId: string }>(range, "ec2:CreateSecurityGroup", { GroupName, Description: "x", VpcId: VPC })).GroupId;
  const [hop, quarantine] = [await group("hop"), await group("quarantine")];
  await call(range, "ec2:AuthorizeSecurityGroupIngress", {
    GroupId: hop,
    IpPermissions: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
  });
  for (const id of [hop, quarantine]) {
    await call(range, "ec2:ModifyNetworkInterfaceAttribute", { NetworkInterfaceId: "eni-0acme01", Groups: [id] });
    range.wall.advance(1_000);
  }
  assert.equal((await opened(range))["open-shell"], false);
});

test("policies of secrets and tables bite after propagation, by the key that is asked for, the responders included", async (t) => {
  const range = await fresh(t);
  const ask = (operation: string, resource: string, context?: Record<string, string[]>) => {
    const question = { kind: "aws-call", account, as: { role: "app-data", issuedBefore: "2027-01-01T00:00:00.000Z" } } as const;
    return range.transport.effects.ask({ ...question, operation, resource, ...(context ? { context } : {}) });
  };
  const secret = (name: string) =>
    ask("secretsmanager:GetSecretValue", `arn:aws:secretsmanager:${region}:${account}:secret:${name}`);
  const items = `arn:aws:dynamodb:${region}:${account}:table/app-items`;
  const item = (key: string) => ask("dynamodb:GetItem", items, { "dynamodb:LeadingKeys": [key] });
  const Statement = { Effect: "Deny", Principal: "*", Action: "secretsmanager:GetSecretValue", Resource: "*" };
  const ResourcePolicy = JSON.stringify({ Version: "2012-10-17", Statement });
  await call(range, "secretsmanager:PutResourcePolicy", { SecretId: "prod/acme/database", ResourcePolicy });
  const keys = { "ForAnyValue:StringLike": { "dynamodb:LeadingKeys": "TENANT#acme" } };
  const denial = {
    Effect: "Deny",
    Principal: "*",
    Action: ["dynamodb:GetItem", "dynamodb:Query"],
    Resource: items,
    Condition: keys,
  };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: denial });
  await call(range, "dynamodb:PutResourcePolicy", { ResourceArn: items, Policy });
  range.wall.advance(1_999);
  assert.deepEqual([await secret("prod/acme/database"), await item("TENANT#acme")], ["open", "open"]);
  range.wall.advance(1);
  assert.deepEqual([await secret("prod/acme/database"), await secret("prod/acme/mailer")], ["blocked", "open"]);
  assert.equal(await item("TENANT#acme"), "open", "a table's policy takes longer");
  range.wall.advance(1_000);
  assert.deepEqual([await item("TENANT#acme"), await item("TENANT#globex")], ["blocked", "open"]);

  const name = "AccessDeniedException";
  await assert.rejects(call(range, "secretsmanager:GetSecretValue", { SecretId: "prod/acme/database" }), { name });
  await call(range, "secretsmanager:GetSecretValue", { SecretId: "prod/globex/database" });
  const Key = (pk: string, sk: string) => ({ TableName: "app-items", Key: { pk: { S: pk }, sk: { S: sk } } });
  await assert.rejects(call(range, "dynamodb:GetItem", Key("TENANT#acme", "USER#1")), { name });
  await call(range, "dynamodb:GetItem", Key("TENANT#globex", "USER#7"));
  const query = (attribute: string, S: string, IndexName?: string) =>
    call<{ Items: object[] }>(range, "dynamodb:Query", {
      TableName: "app-items",
      ...(IndexName === undefined ? {} : { IndexName }),
      KeyConditionExpression: `${attribute} = :v`,
      ExpressionAttributeValues: { ":v": { S } },
    });
  await assert.rejects(query("pk", "TENANT#acme"), { name });
  assert.equal((await query("pk", "TENANT#globex")).Items.length, 1);
  assert.equal((await query("email", "ada@acme.example", "by-email")).Items.length, 1, "the index's key is another");
});

test("flows are asked of ACLs, interfaces and IP sets", async (t) => {
  const range = await fresh(t);
  const ask = (at: string, peer: string, direction: "in" | "out" | "both" = "in", established = false) =>
    range.transport.effects.ask({ kind: "flow", provider: "aws", account, region, at, peer, direction, established });
  const rule = { NetworkAclId: EDGE_ACL, RuleNumber: 1, Protocol: "-1", RuleAction: "deny" };
  await call(range, "ec2:CreateNetworkAclEntry", { ...rule, Egress: false, CidrBlock: "203.0.113.0/25" });
  range.wall.advance(10_000);
  assert.equal(await ask(EDGE_ACL, "203.0.113.66"), "blocked");
  assert.equal(await ask(EDGE_ACL, "203.0.113.0/24"), "open", "half of it still passes");
  assert.equal(await ask(EDGE_ACL, "203.0.113.66", "both"), "open", "the way out is open");
  assert.equal(await ask(EDGE_ACL, "2001:db8:bad::66"), "open");
  assert.equal(await ask("eni-0acme01", "203.0.113.66"), "blocked");
  assert.equal(await ask("eni-0acme01", "203.0.113.66", "both", true), "blocked", "a stateless wall cuts what is open");
  assert.equal(await ask("eni-0acme02b", "*"), "open");
  const set = "6f1c2a4e-0a11-4b5e-9d55-000000000004";
  assert.equal(await ask(set, "192.0.2.66"), "blocked");
  assert.equal(await ask(set, "203.0.113.66"), "open");
  assert.equal(await ask("eni-gone", "*"), "unknown");
});

test("a role is assumed by whom its trust policy names, as far as the caller's own policies go along", async (t) => {
  const range = await fresh(t);
  const resource = `arn:aws:iam::${account}:role/export-jobs`;
  const ask = async (user: string, on = resource) =>
    range.transport.effects.ask({ kind: "aws-call", account, as: { user }, operation: "sts:AssumeRole", resource: on });
  const trusting = async (...statements: object[]) => {
    const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: statements });
    await call(range, "iam:UpdateAssumeRolePolicy", { RoleName: "export-jobs", PolicyDocument });
    range.wall.advance(4_000);
  };
  const allow = (Principal: object) => ({ Effect: "Allow", Principal, Action: "sts:AssumeRole" });
  const everybody = { Effect: "Deny", Principal: "*", Action: "sts:AssumeRole" };
  const named = allow({ AWS: `arn:aws:iam::${account}:user/deploy-bot` });
  assert.deepEqual([await ask(INTRUDER), await ask("deploy-bot")], ["open", "blocked"]);
  assert.equal(await ask(INTRUDER, resource.replace("export-jobs", "app-data")), "blocked", "a service's alone");
  assert.equal(await ask(INTRUDER, resource.replace("export-jobs", "nobody")), "blocked");

  await trusting(named);
  assert.deepEqual([await ask(INTRUDER), await ask("deploy-bot")], ["blocked", "open"], "naming the caller is enough");
  await trusting(allow({ AWS: `arn:aws:iam::${account}:root` }));
  assert.deepEqual([await ask(INTRUDER), await ask("deploy-bot")], ["blocked", "blocked"], "naming the account is not");
  const own = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "sts:*", Resource: resource }] });
  await call(range, "iam:PutUserPolicy", { UserName: "deploy-bot", PolicyName: "assume", PolicyDocument: own });
  range.wall.advance(4_000);
  assert.equal(await ask("deploy-bot"), "open");
  await trusting(allow({ AWS: `arn:aws:iam::${account}:user/${INTRUDER}` }));
  assert.equal(await ask("deploy-bot"), "blocked", "its own policies are not enough");
  await trusting(named, everybody);
  assert.equal(await ask("deploy-bot"), "blocked", "a denial wins over both");
  await trusting(named);
  await call(range, "iam:PutUserPolicy", { UserName: "deploy-bot", PolicyName: "assume", PolicyDocument: deny() });
  range.wall.advance(4_000);
  assert.equal(await ask("deploy-bot"), "blocked", "and so does the caller's own");
});
