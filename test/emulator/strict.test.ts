import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type AwsCredentials, as, type Caller } from "./caller.ts";
import { type Emulator, NO_EMULATOR, startEmulator } from "./emulator.ts";
import { type Seeded, seed } from "./seed.ts";
import { allow, policy } from "./seed-identity.ts";

/**
 * The emulator is the judge of other tests: what AWS's documentation says and moto does not do is held here. Each case has its
 * counterpart, so that one who refuses everything fails too.
 */
const emulator = await startEmulator({ after });
const options = emulator === null ? { skip: NO_EMULATOR } : {};
const seeded = emulator === null ? null : await seed(emulator);
const OBJECT = { Bucket: "acme-data", Key: "tenants/acme/invoices.csv" };
const OTHER = { Bucket: "acme-data", Key: "tenants/globex/invoices.csv" };

test("an inactive access key is nobody's", options, async () => {
  const { admin, key, id } = await user("inactive", [allow("*", "*")]);
  await key("s3:GetObject", OBJECT);
  await admin("iam:UpdateAccessKey", { UserName: "inactive", AccessKeyId: id, Status: "Inactive" });
  await refused(key("s3:GetObject", OBJECT), "InvalidAccessKeyId");
  await refused(key("ec2:DescribeInstances"), "AuthFailure");
  await refused(key("iam:ListUsers"), "InvalidClientTokenId");
  await refused(key("wafv2:ListIPSets", { Scope: "REGIONAL" }), "UnrecognizedClientException");
  await admin("iam:UpdateAccessKey", { UserName: "inactive", AccessKeyId: id, Status: "Active" });
  await key("s3:GetObject", OBJECT);
});

test("an explicit denial wins, under its condition and for its resource alone", options, async () => {
  const { admin, key } = await user("denied", [allow("*", "*")]);
  const deny = (extra: object) =>
    admin("iam:PutUserPolicy", {
      UserName: "denied",
      PolicyName: "deny",
      PolicyDocument: policy([{ Effect: "Deny", Action: "*", Resource: "*", ...extra }]),
    });
  await deny({ Resource: "arn:aws:s3:::acme-data/tenants/acme/*" });
  await refused(key("s3:GetObject", OBJECT), "AccessDenied");
  await key("s3:GetObject", OTHER);
  await deny({ Condition: { ArnNotLike: { "aws:PrincipalArn": "arn:aws:iam::*:user/den*" } } });
  await key("s3:GetObject", OBJECT);
  await deny({ Condition: { ArnLike: { "aws:PrincipalArn": "arn:aws:iam::*:user/den*" } } });
  await refused(key("s3:GetObject", OBJECT), "AccessDenied");
  // A long-term key was issued at no time.
  await deny({ Condition: { DateLessThan: { "aws:TokenIssueTime": "2999-01-01T00:00:00Z" } } });
  await key("s3:GetObject", OBJECT);
  await deny({});
  await refused(key("ec2:DescribeInstances"), "UnauthorizedOperation");
  await refused(key("wafv2:ListIPSets", { Scope: "REGIONAL" }), "AccessDeniedException");
  await key("sts:GetCallerIdentity");
});

test("settings of buckets and objects need the permission that the policy language names", options, async () => {
  const { admin, key } = await user("settings", [
    allow(["s3:ListBucket", "s3:CreateBucket", "s3:GetObject", "s3:PutObject"], "*"),
  ]);
  const Bucket = "acme-data";
  const { Versions = [] } = await admin<{ Versions?: object[] }>("s3:ListObjectVersions", { Bucket, Prefix: OBJECT.Key });
  const held = { ...Versions[0], ...OBJECT };
  const { ReplicationConfiguration } = await admin("s3:GetBucketReplication", { Bucket });
  const PublicAccessBlockConfiguration = { BlockPublicAcls: true };
  const calls = [
    ["GetPublicAccessBlock", "GetBucketPublicAccessBlock", { Bucket: "acme-audit" }],
    ["PutPublicAccessBlock", "PutBucketPublicAccessBlock", { Bucket, PublicAccessBlockConfiguration }],
    ["DeletePublicAccessBlock", "PutBucketPublicAccessBlock", { Bucket }],
    ["GetBucketReplication", "GetReplicationConfiguration", { Bucket }],
    ["PutBucketReplication", "PutReplicationConfiguration", { Bucket, ReplicationConfiguration }],
    ["GetObjectLockConfiguration", "GetBucketObjectLockConfiguration", { Bucket }],
    ["GetObjectLegalHold", "GetObjectLegalHold", { Bucket, Key: OBJECT.Key, VersionId: Reflect.get(held, "VersionId") }],
    ["PutObjectLegalHold", "PutObjectLegalHold", { ...OBJECT, LegalHold: { Status: "ON" } }],
  ] as const;
  for (const [operation, , input] of calls) await refused(key(`s3:${operation}`, input), "AccessDenied");
  for (const [operation, name, input] of calls) {
    const PolicyDocument = policy([allow(`s3:${name}`, "*")]);
    await admin("iam:PutUserPolicy", { UserName: "settings", PolicyName: "one", PolicyDocument });
    await key(`s3:${operation}`, input);
  }
  assert.deepEqual((await admin("s3:GetBucketReplication", { Bucket }))["ReplicationConfiguration"], ReplicationConfiguration);
  const [first] = (ReplicationConfiguration as { Rules: object[] }).Rules;
  assert.deepEqual(Reflect.get(first ?? {}, "Filter"), { Prefix: "tenants/" }, "as it was put");
});

test("sessions: by their issue, by their own policy, by their role's trust", options, async () => {
  const { admin } = there().seeded;
  const trusting = (Principal: object) => policy([{ Effect: "Allow", Principal, Action: "sts:AssumeRole" }]);
  const RoleArn = "arn:aws:iam::123456789012:role/guarded";
  const root = trusting({ AWS: "arn:aws:iam::123456789012:root" });
  await admin("iam:CreateRole", { RoleName: "guarded", AssumeRolePolicyDocument: root });
  await admin("iam:PutRolePolicy", { RoleName: "guarded", PolicyName: "own", PolicyDocument: policy([allow("*", "*")]) });
  const plain = await session(admin, { RoleArn });
  const narrow = await session(admin, {
    RoleArn,
    Policy: policy([allow("s3:GetObject", "arn:aws:s3:::acme-data/tenants/globex/*")]),
  });
  await plain("s3:GetObject", OBJECT);
  await narrow("s3:GetObject", OTHER);
  await refused(narrow("s3:GetObject", OBJECT), "AccessDenied");
  const denial = (moment: string[]) => [
    allow("*", "*"),
    { Effect: "Deny", Action: "*", Resource: "*", Condition: { DateLessThan: { "aws:TokenIssueTime": moment } } },
  ];
  const put = (moment: string[]) =>
    admin("iam:PutRolePolicy", { RoleName: "guarded", PolicyName: "own", PolicyDocument: policy(denial(moment)) });
  await put(["2020-01-01T00:00:00.000Z"]);
  await plain("s3:GetObject", OBJECT);
  await put(["2020-01-01T00:00:00.000Z", "2999-01-01T00:00:00.000Z"]);
  await refused(plain("s3:GetObject", OBJECT), "AccessDenied");

  const { key, arn } = await user("nobody", []);
  await refused(key("sts:AssumeRole", { RoleArn, RoleSessionName: "test" }), "AccessDenied");
  await admin("iam:UpdateAssumeRolePolicy", { RoleName: "guarded", PolicyDocument: trusting({ AWS: arn }) });
  await key("sts:AssumeRole", { RoleArn, RoleSessionName: "test" });
});

test("a bucket's policy lets in, and shuts out all but those named", options, async () => {
  const { admin } = there().seeded;
  const { key, arn } = await user("outsider", []);
  const Bucket = "policied";
  await admin("s3:CreateBucket", { Bucket });
  for (const Key of ["a/1", "b/1"]) await admin("s3:PutObject", { Bucket, Key, Body: "x" });
  await refused(key("s3:GetObject", { Bucket, Key: "a/1" }), "AccessDenied");
  const on = (Statement: object[]) => admin("s3:PutBucketPolicy", { Bucket, Policy: policy(Statement) });
  const all = { Principal: "*", Action: "s3:*", Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`] };
  const own = { Effect: "Allow", ...all, Principal: { AWS: arn } };
  await on([own]);
  await key("s3:GetObject", { Bucket, Key: "a/1" });
  const but = { ArnNotLike: { "aws:PrincipalArn": "arn:aws:iam::123456789012:user/administrator" } };
  await on([own, { Effect: "Deny", ...all, Resource: `arn:aws:s3:::${Bucket}/a/*`, Condition: but }]);
  await refused(key("s3:GetObject", { Bucket, Key: "a/1" }), "AccessDenied");
  await refused(key("s3:CopyObject", { Bucket, Key: "b/2", CopySource: `${Bucket}/a/1` }), "AccessDenied");
  type Deleted = { Deleted?: { Key: string }[]; Errors?: { Key: string }[] };
  const Objects = [{ Key: "a/1" }, { Key: "b/1" }];
  const { Deleted = [], Errors = [] } = await key<Deleted>("s3:DeleteObjects", { Bucket, Delete: { Objects } });
  assert.deepEqual([Deleted.map(({ Key }) => Key), Errors.map(({ Key }) => Key)], [["b/1"], ["a/1"]]);
  await admin("s3:GetObject", { Bucket, Key: "a/1" });
  const prefix = { StringLike: { "s3:prefix": ["a", "a/*"] } };
  await on([own, { Effect: "Deny", ...all, Action: "s3:ListBucket", Resource: `arn:aws:s3:::${Bucket}`, Condition: prefix }]);
  await refused(key("s3:ListObjectsV2", { Bucket, Prefix: "a/" }), "AccessDenied");
  await key("s3:ListObjectsV2", { Bucket, Prefix: "b/" });
  await on([
    own,
    {
      Effect: "Deny",
      ...all,
      Principal: undefined,
      NotPrincipal: { AWS: ["123456789012", "arn:aws:iam::123456789012:user/administrator"] },
    },
  ]);
  await refused(key("s3:GetObject", { Bucket, Key: "a/1" }), "AccessDenied");
  await admin("s3:GetObject", { Bucket, Key: "a/1" });
});

test("a secret's policy shuts out all but those named, and lets in", options, async () => {
  const { admin } = there().seeded;
  const { key, arn } = await user("reader", []);
  const secret = { SecretId: "prod/globex/database" };
  const on = (Statement: object[]) => admin("secretsmanager:PutResourcePolicy", { ...secret, ResourcePolicy: policy(Statement) });
  const read = { Action: "secretsmanager:GetSecretValue", Resource: "*" };
  const own = { Effect: "Allow", Principal: { AWS: arn }, ...read };
  await refused(key("secretsmanager:GetSecretValue", secret), "AccessDeniedException");
  await on([own]);
  await key("secretsmanager:GetSecretValue", secret);
  await refused(key("secretsmanager:GetSecretValue", { SecretId: "prod/acme/mailer" }), "AccessDeniedException");
  const but = { ArnNotLike: { "aws:PrincipalArn": "arn:aws:iam::123456789012:user/administrator" } };
  await on([own, { Effect: "Deny", Principal: "*", ...read, Condition: but }]);
  await refused(key("secretsmanager:GetSecretValue", secret), "AccessDeniedException");
  await admin("secretsmanager:GetSecretValue", secret);
  await admin("secretsmanager:DeleteResourcePolicy", secret);
});

test(
  "a table's policy tells items by the partition key that is asked for, and is changed under its revision",
  options,
  async () => {
    const { admin } = there().seeded;
    const ResourceArn = "arn:aws:dynamodb:us-east-1:123456789012:table/app-events";
    const { key } = await user("worker", [allow("dynamodb:*", ResourceArn)]);
    const item = (tenant: string) => ({ TableName: "app-events", Key: { tenant: { S: tenant } } });
    const query = (tenant: string) => ({
      TableName: "app-events",
      KeyConditionExpression: "tenant = :tenant",
      ExpressionAttributeValues: { ":tenant": { S: tenant } },
    });
    const but = { ArnNotLike: { "aws:PrincipalArn": "arn:aws:iam::123456789012:user/administrator" } };
    const keys = { "ForAnyValue:StringLike": { "dynamodb:LeadingKeys": ["acme", "acme#*"] } };
    const denial = { Effect: "Deny", Principal: "*", Action: ["dynamodb:GetItem", "dynamodb:Query"], Resource: ResourceArn };
    const Policy = policy([{ ...denial, Condition: { ...but, ...keys } }]);
    await key("dynamodb:GetItem", item("acme"));
    type Put = { RevisionId: string };
    const { RevisionId } = await admin<Put>("dynamodb:PutResourcePolicy", {
      ResourceArn,
      Policy,
      ExpectedRevisionId: "NO_POLICY",
    });
    for (const tenant of ["acme", "acme#2026"]) {
      await refused(key("dynamodb:GetItem", item(tenant)), "AccessDeniedException");
      await refused(key("dynamodb:Query", query(tenant)), "AccessDeniedException");
      await admin("dynamodb:GetItem", item(tenant));
    }
    for (const tenant of ["globex", "acme-labs"]) {
      await key("dynamodb:GetItem", item(tenant));
      await key("dynamodb:Query", query(tenant));
    }
    await key("dynamodb:Scan", { TableName: "app-events" });
    for (const ExpectedRevisionId of ["NO_POLICY", "other"])
      await refused(
        admin("dynamodb:PutResourcePolicy", { ResourceArn, Policy: policy([denial]), ExpectedRevisionId }),
        "PolicyNotFoundException",
      );
    await admin("dynamodb:DeleteResourcePolicy", { ResourceArn, ExpectedRevisionId: RevisionId });
    await key("dynamodb:GetItem", item("acme"));
  },
);

test("a distribution is changed under its version alone", options, async () => {
  const { admin, ids } = seeded as Seeded;
  const Id = ids.get("E0SHOP00000001");
  type Looked = { ETag: string; DistributionConfig: object };
  const { ETag, DistributionConfig } = await admin<Looked>("cloudfront:GetDistributionConfig", { Id });
  const update = () => admin<{ ETag: string }>("cloudfront:UpdateDistribution", { Id, IfMatch: ETag, DistributionConfig });
  const next = await update();
  assert.notEqual(next.ETag, ETag);
  await refused(update(), "PreconditionFailed");
  await admin("cloudfront:UpdateDistribution", { Id, IfMatch: next.ETag, DistributionConfig });
});

test("a dry run changes nothing, and an absent rule is not found", options, async () => {
  const { admin, ids } = there().seeded;
  const rule = { NetworkAclId: ids.get("acl-0edge01"), RuleNumber: 7, Egress: false };
  const entry = { ...rule, Protocol: "-1", RuleAction: "deny", CidrBlock: "203.0.113.0/24" };
  await refused(admin("ec2:CreateNetworkAclEntry", { ...entry, DryRun: true }), "DryRunOperation");
  await refused(admin("ec2:DeleteNetworkAclEntry", rule), "InvalidNetworkAclEntry.NotFound");
  await admin("ec2:CreateNetworkAclEntry", entry);
  await admin("ec2:DeleteNetworkAclEntry", rule);
});

test(
  "a service's credential is listed without its password, goes inactive and is deleted, and is its user's alone",
  options,
  async () => {
    const { admin } = there().seeded;
    await Promise.all([user("holder", []), user("neighbor", [])]);
    type Made = { ServiceSpecificCredential: { ServiceSpecificCredentialId: string; ServicePassword?: string; Status: string } };
    const ServiceName = "codecommit.amazonaws.com";
    const made = await admin<Made>("iam:CreateServiceSpecificCredential", { UserName: "holder", ServiceName });
    const { ServiceSpecificCredentialId: id, ServicePassword } = made.ServiceSpecificCredential;
    assert.ok(ServicePassword);
    type Listed = { ServiceSpecificCredentials: Made["ServiceSpecificCredential"][] };
    const statuses = async (UserName: string) => {
      const listed = await admin<Listed>("iam:ListServiceSpecificCredentials", { UserName });
      assert.ok(listed.ServiceSpecificCredentials.every((one) => one.ServicePassword === undefined));
      return listed.ServiceSpecificCredentials.map((one) => [one.ServiceSpecificCredentialId, one.Status]);
    };
    const one = { UserName: "holder", ServiceSpecificCredentialId: id };
    const others = { ...one, UserName: "neighbor" };
    await admin("iam:UpdateServiceSpecificCredential", { ...one, Status: "Inactive" });
    assert.deepEqual([await statuses("holder"), await statuses("neighbor")], [[[id, "Inactive"]], []]);
    await refused(admin("iam:UpdateServiceSpecificCredential", { ...others, Status: "Active" }), "NoSuchEntityException");
    await refused(admin("iam:DeleteServiceSpecificCredential", others), "NoSuchEntityException");
    await admin("iam:DeleteServiceSpecificCredential", one);
    assert.deepEqual(await statuses("holder"), []);
    await refused(admin("iam:DeleteServiceSpecificCredential", one), "NoSuchEntityException");
    await refused(admin("iam:UpdateServiceSpecificCredential", { ...one, Status: "Active" }), "NoSuchEntityException");
  },
);

function there(): { emulator: Emulator; seeded: Seeded } {
  assert.ok(emulator && seeded);
  return { emulator, seeded };
}

function caller(credentials: AwsCredentials): Caller {
  const made = as(there().emulator.endpoint, credentials);
  after(made.close);
  return made;
}

async function user(UserName: string, statements: object[]) {
  const { admin } = there().seeded;
  await admin("iam:CreateUser", { UserName });
  const PolicyDocument = policy(statements);
  if (statements.length > 0) await admin("iam:PutUserPolicy", { UserName, PolicyName: "own", PolicyDocument });
  type Created = { AccessKey: { AccessKeyId: string; SecretAccessKey: string } };
  const { AccessKey } = await admin<Created>("iam:CreateAccessKey", { UserName });
  const key = caller({ accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey });
  return { admin, key, id: AccessKey.AccessKeyId, arn: `arn:aws:iam::123456789012:user/${UserName}` };
}

async function session(by: Caller, input: object): Promise<Caller> {
  type Assumed = { Credentials: { AccessKeyId: string; SecretAccessKey: string; SessionToken: string } };
  const { Credentials } = await by<Assumed>("sts:AssumeRole", { ...input, RoleSessionName: "test" });
  return caller({
    accessKeyId: Credentials.AccessKeyId,
    secretAccessKey: Credentials.SecretAccessKey,
    sessionToken: Credentials.SessionToken,
  });
}

async function refused(call: Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(call, { name: code });
}
