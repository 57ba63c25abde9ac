import assert from "node:assert/strict";
import { test } from "node:test";
import { answersOfAccessGrants } from "./access-grant-answers.ts";
import {
  answersOfBalancers,
  answersOfInternetBlock,
  answersOfPrefixLists,
  answersOfRules,
  answersOfSubnets,
} from "./balancer-answers.ts";
import { answersOfClusters } from "./cluster-answers.ts";
import { answersOfDatabases } from "./database-answers.ts";
import { type AskFor, answersAtEntrances } from "./entrance-answers.ts";
import { answersOfHosts } from "./host-answers.ts";
import {
  BUCKET,
  BUCKET_POLICY_TEXT,
  EDGE_ACL,
  INTRUDER,
  INTRUDER_KEY,
  operationNames,
  SECRET_POLICY_TEXT,
  VPC,
} from "./names.ts";
import { call, fresh } from "./open.ts";
import { answersOfTrail } from "./trail-answers.ts";

const user = { UserName: INTRUDER };
const ipSet = { Scope: "REGIONAL", Name: "er-block-ipv4", Id: "6f1c2a4e-0a11-4b5e-9d55-000000000004" };
const encryptedWith = (KMSMasterKeyID: string) => ({
  Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID } }],
});
const deny = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Deny", Action: "*", Resource: "*" }] });
const entry = {
  NetworkAclId: EDGE_ACL,
  RuleNumber: 5,
  Egress: false,
  Protocol: "-1",
  RuleAction: "deny",
  CidrBlock: "203.0.113.0/24",
};

async function answersOfSecretsAndTables(ask: AskFor): Promise<void> {
  const secret = { SecretId: "prod/acme/database" };
  assert.equal((await ask<{ SecretList: object[] }>("secretsmanager:ListSecrets", {})).SecretList.length, 5);
  const value = await ask<{ SecretString: string }>("secretsmanager:GetSecretValue", secret);
  assert.match(value.SecretString, /drill-acme/);
  type Versions = { RotationEnabled: boolean; VersionIdsToStages: Record<string, string[]> };
  const rotated = { SecretId: "rotated/acme/api" };
  await ask("secretsmanager:RotateSecret", { ...rotated, ClientRequestToken: "next" });
  const { VersionIdsToStages } = await ask<Versions>("secretsmanager:DescribeSecret", rotated);
  assert.deepEqual(Object.values(VersionIdsToStages).flat().toSorted(), ["AWSCURRENT", "AWSPENDING"]);
  await assert.rejects(ask("secretsmanager:RotateSecret", { ...rotated, ClientRequestToken: "other" }), {
    name: "InvalidRequestException",
  });
  await assert.rejects(ask("secretsmanager:RotateSecret", secret), { name: "InvalidRequestException" });
  await ask("secretsmanager:PutResourcePolicy", { ...secret, ResourcePolicy: SECRET_POLICY_TEXT });
  await ask("secretsmanager:DeleteResourcePolicy", secret);
  const without = await ask<{ Name: string }>("secretsmanager:GetResourcePolicy", secret);
  assert.deepEqual([without.Name, "ResourcePolicy" in without], ["prod/acme/database", false], "no policy is no error");
  await assert.rejects(ask("secretsmanager:GetResourcePolicy", { SecretId: "prod/acme" }), { name: "ResourceNotFoundException" });

  const TableName = "app-items";
  type Described = { Table: { TableArn: string; KeySchema: { AttributeName: string }[] } };
  const { Table } = await ask<Described>("dynamodb:DescribeTable", { TableName });
  const Key = { pk: { S: "TENANT#acme" }, sk: { S: "USER#1" } };
  assert.ok((await ask<{ Item: object }>("dynamodb:GetItem", { TableName, Key })).Item);
  const query = { KeyConditionExpression: "#k = :v", ExpressionAttributeNames: { "#k": "pk" } };
  const ExpressionAttributeValues = { ":v": { S: "TENANT#acme" } };
  const found = await ask<{ Items: object[] }>("dynamodb:Query", { TableName, ...query, ExpressionAttributeValues });
  assert.equal(found.Items.length, 2);
  const ResourceArn = Table.TableArn;
  const first = await ask<{ Policy: string; RevisionId: string }>("dynamodb:GetResourcePolicy", { ResourceArn });
  const put = (Policy: string, ExpectedRevisionId?: string) =>
    ask<{ RevisionId: string }>("dynamodb:PutResourcePolicy", { ResourceArn, Policy, ExpectedRevisionId });
  assert.equal((await put(first.Policy)).RevisionId, first.RevisionId, "the same policy is the same revision");
  for (const other of ["NO_POLICY", "another"]) await assert.rejects(put("{}", other), { name: "PolicyNotFoundException" });
  const second = await put(JSON.stringify(JSON.parse(first.Policy)), first.RevisionId);
  assert.notEqual(second.RevisionId, first.RevisionId);
  const stale = { ResourceArn, ExpectedRevisionId: first.RevisionId };
  await assert.rejects(ask("dynamodb:DeleteResourcePolicy", stale), { name: "PolicyNotFoundException" });
  await ask("dynamodb:DeleteResourcePolicy", { ResourceArn });
  await ask("dynamodb:DeleteResourcePolicy", { ResourceArn });
  await assert.rejects(ask("dynamodb:GetResourcePolicy", { ResourceArn }), { name: "PolicyNotFoundException" });
  await assert.rejects(ask("dynamodb:GetResourcePolicy", { ResourceArn: `${ResourceArn}x` }), {
    name: "ResourceNotFoundException",
  });
}

async function answersOfUserPools(ask: AskFor): Promise<void> {
  const UserPoolId = "us-east-1_Portal001";
  const ada = { UserPoolId, Username: "ada" };
  assert.equal((await ask<{ Users: object[] }>("cognito:ListUsersInGroup", { UserPoolId, GroupName: "acme" })).Users.length, 2);
  for (const name of ["AdminUserGlobalSignOut", "AdminDisableUser", "AdminEnableUser"]) await ask(`cognito:${name}`, ada);
  assert.equal((await ask<{ Enabled: boolean }>("cognito:AdminGetUser", ada)).Enabled, true);
  await ask("cognito:AdminDeleteUser", ada);
  await assert.rejects(ask("cognito:AdminGetUser", ada), { name: "UserNotFoundException" });
  const absent = { name: "ResourceNotFoundException" };
  await assert.rejects(ask("cognito:ListUsersInGroup", { UserPoolId, GroupName: "initech" }), absent);
  await assert.rejects(ask("cognito:AdminGetUser", { ...ada, UserPoolId: "us-east-1_Another01" }), absent);
  type Listed = { UserPoolClients: { ClientId: string }[] };
  const { UserPoolClients } = await ask<Listed>("cognito:ListUserPoolClients", { UserPoolId, MaxResults: 60 });
  for (const { ClientId } of UserPoolClients) await ask("cognito:DescribeUserPoolClient", { UserPoolId, ClientId });
  await assert.rejects(ask("cognito:DescribeUserPoolClient", { UserPoolId, ClientId: "none" }), absent);
}

async function answersOfOrganizations(ask: AskFor): Promise<void> {
  const { Organization } = await ask<{ Organization: { MasterAccountId: string } }>("organizations:DescribeOrganization", {});
  assert.equal(Organization.MasterAccountId, "111122223333");
  type Listed = { Policies: { Id: string; AwsManaged: boolean }[] };
  const { Policies } = await ask<Listed>("organizations:ListPolicies", { Filter: "SERVICE_CONTROL_POLICY" });
  const PolicyId = Policies.find(({ AwsManaged }) => !AwsManaged)?.Id;
  const { Policy } = await ask<{ Policy: { Content: string } }>("organizations:DescribePolicy", { PolicyId });
  await ask("organizations:UpdatePolicy", { PolicyId, Content: Policy.Content });
  const parents = (ChildId: string) => ask<{ Parents: { Id: string; Type: string }[] }>("organizations:ListParents", { ChildId });
  const [unit] = (await parents("123456789012")).Parents;
  const [root] = (await parents(unit?.Id ?? "")).Parents;
  assert.deepEqual([unit?.Type, root?.Type], ["ORGANIZATIONAL_UNIT", "ROOT"]);
  const { Targets } = await ask<{ Targets: { TargetId: string }[] }>("organizations:ListTargetsForPolicy", { PolicyId });
  assert.deepEqual(Targets, [{ TargetId: root?.Id }]);
  const on = { PolicyId: "p-soc2lock", TargetId: "123456789012" };
  await assert.rejects(ask("organizations:DetachPolicy", on), { name: "PolicyNotAttachedException" });
  await ask("organizations:AttachPolicy", on);
  await assert.rejects(ask("organizations:AttachPolicy", on), { name: "DuplicatePolicyAttachmentException" });
  const { TargetId } = on;
  const listed = await ask<Listed>("organizations:ListPoliciesForTarget", { TargetId, Filter: "SERVICE_CONTROL_POLICY" });
  assert.equal(listed.Policies.length, 2);
  await ask("organizations:DetachPolicy", on);
  const last = { PolicyId: "p-FullAWSAccess", TargetId };
  await assert.rejects(ask("organizations:DetachPolicy", last), { name: "ConstraintViolationException" });
  await assert.rejects(ask("organizations:AttachPolicy", { ...on, TargetId: "nobody" }), { name: "TargetNotFoundException" });
}

async function answersOfIdentityCenter(ask: AskFor): Promise<void> {
  const absent = { name: "ResourceNotFoundException" };
  const { Instances } = await ask<{ Instances: { InstanceArn: string; IdentityStoreId: string }[] }>(
    "ssoadmin:ListInstances",
    {},
  );
  const { InstanceArn, IdentityStoreId } = Instances[0] ?? assert.fail();
  const named = (AttributeValue: string) => ({
    IdentityStoreId,
    AlternateIdentifier: { UniqueAttribute: { AttributePath: "userName", AttributeValue } },
  });
  const { UserId } = await ask<{ UserId: string }>("identitystore:GetUserId", named("jane"));
  await assert.rejects(ask("identitystore:GetUserId", named("nobody")), absent);
  const who = { IdentityStoreId, UserId };
  await ask("identitystore:DescribeUser", who);
  type Listed = { GroupMemberships: { GroupId: string; MembershipId: string }[] };
  const member = { IdentityStoreId, MemberId: { UserId } };
  const { GroupMemberships } = await ask<Listed>("identitystore:ListGroupMembershipsForMember", member);
  const [{ GroupId, MembershipId } = assert.fail()] = GroupMemberships;
  await ask("identitystore:DescribeGroup", { IdentityStoreId, GroupId });
  await assert.rejects(ask("identitystore:CreateGroupMembership", { ...member, GroupId }), { name: "ConflictException" });
  await ask("identitystore:DeleteGroupMembership", { IdentityStoreId, MembershipId });
  await assert.rejects(ask("identitystore:DeleteGroupMembership", { IdentityStoreId, MembershipId }), absent);
  await ask("identitystore:CreateGroupMembership", { ...member, GroupId });

  type Assigned = { AccountAssignments: { AccountId: string; PermissionSetArn: string; PrincipalType: string }[] };
  const principal = { PrincipalType: "USER", PrincipalId: UserId };
  const listed = await ask<Assigned>("ssoadmin:ListAccountAssignmentsForPrincipal", { InstanceArn, ...principal });
  assert.deepEqual(listed.AccountAssignments.map(({ PrincipalType }) => PrincipalType).toSorted(), ["GROUP", "USER"]);
  const own = listed.AccountAssignments.find(({ PrincipalType }) => PrincipalType === "USER") ?? assert.fail();
  const { AccountId: TargetId, PermissionSetArn } = own;
  await ask("ssoadmin:DescribePermissionSet", { InstanceArn, PermissionSetArn });
  const assignment = { InstanceArn, TargetId, TargetType: "AWS_ACCOUNT", PermissionSetArn, ...principal };
  type Begun<K extends string> = Record<K, { Status: string; RequestId: string }>;
  const deleted = await ask<Begun<"AccountAssignmentDeletionStatus">>("ssoadmin:DeleteAccountAssignment", assignment);
  const { Status, RequestId } = deleted.AccountAssignmentDeletionStatus;
  assert.equal(Status, "IN_PROGRESS");
  await ask("ssoadmin:DescribeAccountAssignmentDeletionStatus", { InstanceArn, AccountAssignmentDeletionRequestId: RequestId });
  await assert.rejects(ask("ssoadmin:DeleteAccountAssignment", assignment), absent);
  const created = await ask<Begun<"AccountAssignmentCreationStatus">>("ssoadmin:CreateAccountAssignment", assignment);
  const AccountAssignmentCreationRequestId = created.AccountAssignmentCreationStatus.RequestId;
  await ask("ssoadmin:DescribeAccountAssignmentCreationStatus", { InstanceArn, AccountAssignmentCreationRequestId });
  await answersOfPermissionSet(ask, { InstanceArn, PermissionSetArn });
  await ask("identitystore:DeleteUser", who);
  await assert.rejects(ask("identitystore:DescribeUser", who), absent);
}

/** Of a set that an account is assigned with, by a job that has not ended. */
async function answersOfPermissionSet(ask: AskFor, set: { InstanceArn: string; PermissionSetArn: string }): Promise<void> {
  const InlinePolicy = '{"Version":"2012-10-17","Statement":[]}';
  await ask("ssoadmin:PutInlinePolicyToPermissionSet", { ...set, InlinePolicy });
  await assert.rejects(ask("ssoadmin:PutInlinePolicyToPermissionSet", { ...set, InlinePolicy: "" }), {
    name: "ValidationException",
  });
  assert.deepEqual(await ask("ssoadmin:GetInlinePolicyForPermissionSet", set), { InlinePolicy });
  await ask("ssoadmin:DeleteInlinePolicyFromPermissionSet", set);
  assert.deepEqual(await ask("ssoadmin:GetInlinePolicyForPermissionSet", set), { InlinePolicy: "" });
  await ask("ssoadmin:ListAccountsForProvisionedPermissionSet", set);
  type Begun = { PermissionSetProvisioningStatus: { RequestId: string } };
  const everywhere = { ...set, TargetType: "ALL_PROVISIONED_ACCOUNTS" };
  const { PermissionSetProvisioningStatus } = await ask<Begun>("ssoadmin:ProvisionPermissionSet", everywhere);
  const ProvisionPermissionSetRequestId = PermissionSetProvisioningStatus.RequestId;
  const job = { InstanceArn: set.InstanceArn, ProvisionPermissionSetRequestId };
  await ask("ssoadmin:DescribePermissionSetProvisioningStatus", job);
  await assert.rejects(ask("ssoadmin:DeletePermissionSet", set), { name: "ConflictException" });
}

test("every operation is answered", async (t) => {
  const range = await fresh(t);
  const answered = new Set<string>();
  const ask = <T = Record<string, never>>(name: string, input: object) => {
    answered.add(name);
    return call<T>(range, name, input);
  };
  for (const name of ["GetBucketPolicy", "GetBucketLifecycleConfiguration", "GetBucketLocation", "HeadBucket", "ListObjectsV2"])
    await ask(`s3:${name}`, { Bucket: BUCKET });
  await assert.rejects(ask("s3:GetPublicAccessBlock", { Bucket: BUCKET }), { name: "NoSuchPublicAccessBlockConfiguration" });
  const PublicAccessBlockConfiguration = {
    BlockPublicAcls: true,
    IgnorePublicAcls: false,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: false,
  };
  await ask("s3:PutPublicAccessBlock", { Bucket: BUCKET, PublicAccessBlockConfiguration });
  assert.deepEqual(await ask("s3:GetPublicAccessBlock", { Bucket: BUCKET }), { PublicAccessBlockConfiguration });
  await ask("s3:DeletePublicAccessBlock", { Bucket: BUCKET });
  await assert.rejects(ask("s3:GetPublicAccessBlock", { Bucket: BUCKET }), { name: "NoSuchPublicAccessBlockConfiguration" });
  const replication = await ask<{ ReplicationConfiguration: object }>("s3:GetBucketReplication", { Bucket: BUCKET });
  await ask("s3:PutBucketReplication", { Bucket: BUCKET, ...replication });
  await assert.rejects(ask("s3:PutBucketReplication", { Bucket: "acme-audit", ...replication }), { name: "InvalidRequest" });
  await assert.rejects(ask("s3:GetBucketReplication", { Bucket: "acme-audit" }), {
    name: "ReplicationConfigurationNotFoundError",
  });
  await ask("s3:GetObjectLockConfiguration", { Bucket: BUCKET });
  await assert.rejects(ask("s3:GetObjectLockConfiguration", { Bucket: "acme-audit" }), {
    name: "ObjectLockConfigurationNotFoundError",
  });
  const Key = "tenants/acme/users.json";
  const listed = await ask<{ Versions: { VersionId: string }[] }>("s3:ListObjectVersions", { Bucket: BUCKET, Prefix: Key });
  const version = { Bucket: BUCKET, Key, VersionId: listed.Versions[0]?.VersionId };
  await assert.rejects(ask("s3:GetObjectLegalHold", version), { name: "NoSuchObjectLockConfiguration" });
  await ask("s3:PutObjectLegalHold", { ...version, LegalHold: { Status: "ON" } });
  assert.deepEqual(await ask("s3:GetObjectLegalHold", version), { LegalHold: { Status: "ON" } });
  await ask("s3:ListBuckets", {});
  await ask("s3:PutObject", { Bucket: BUCKET, Key: "new.txt", Body: "hello", IfNoneMatch: "*" });
  await assert.rejects(ask("s3:PutObject", { Bucket: BUCKET, Key: "new.txt", Body: "again", IfNoneMatch: "*" }), {
    name: "PreconditionFailed",
  });
  const object = await ask<{ Body: { transformToString(): Promise<string> } }>("s3:GetObject", {
    Bucket: BUCKET,
    Key: "new.txt",
  });
  assert.equal(await object.Body.transformToString(), "hello");
  await ask("s3:HeadObject", { Bucket: BUCKET, Key: "new.txt" });
  await ask("s3:PutBucketLifecycleConfiguration", {
    Bucket: BUCKET,
    LifecycleConfiguration: {
      Rules: [{ ID: "a", Status: "Disabled", Filter: { Prefix: "" }, Expiration: { Date: new Date("2027-01-01T00:00:00Z") } }],
    },
  });
  const lifecycle = await ask<{ Rules: { Expiration: { Date: Date } }[] }>("s3:GetBucketLifecycleConfiguration", {
    Bucket: BUCKET,
  });
  assert.deepEqual(lifecycle.Rules[0]?.Expiration.Date, new Date("2027-01-01T00:00:00Z"));
  await ask("s3:DeleteBucketLifecycle", { Bucket: BUCKET });
  await assert.rejects(ask("s3:GetBucketLifecycleConfiguration", { Bucket: BUCKET }), { name: "NoSuchLifecycleConfiguration" });
  await ask("s3:PutBucketPolicy", { Bucket: BUCKET, Policy: BUCKET_POLICY_TEXT });
  await ask("s3:DeleteBucketPolicy", { Bucket: BUCKET });
  await assert.rejects(
    ask("s3:GetBucketPolicy", { Bucket: BUCKET }),
    (error: { name: string; $metadata: { httpStatusCode: number } }) =>
      error.name === "NoSuchBucketPolicy" && error.$metadata.httpStatusCode === 404,
  );

  for (const name of ["GetUser", "ListUserTags", "ListUserPolicies", "ListAttachedUserPolicies", "ListAccessKeys"])
    await ask(`iam:${name}`, user);
  for (const name of ["ListUsers", "ListRoles", "GetAccountAuthorizationDetails"]) await ask(`iam:${name}`, {});
  await assert.rejects(ask("iam:CreateAccessKey", user), { name: "LimitExceededException", Code: "LimitExceeded" });
  await ask("iam:UpdateAccessKey", { ...user, AccessKeyId: INTRUDER_KEY, Status: "Inactive" });
  await ask("iam:GetAccessKeyLastUsed", { AccessKeyId: INTRUDER_KEY });
  await ask("iam:PutUserPolicy", { ...user, PolicyName: "deny", PolicyDocument: deny });
  const policy = await ask<{ PolicyDocument: string }>("iam:GetUserPolicy", { ...user, PolicyName: "deny" });
  assert.equal(decodeURIComponent(policy.PolicyDocument), deny);
  await ask("iam:DeleteUserPolicy", { ...user, PolicyName: "deny" });
  await assert.rejects(ask("iam:DeleteUserPolicy", { ...user, PolicyName: "deny" }), { name: "NoSuchEntityException" });
  const ssh = await ask<{ SSHPublicKeys: { SSHPublicKeyId: string }[] }>("iam:ListSSHPublicKeys", user);
  await ask("iam:UpdateSSHPublicKey", { ...user, SSHPublicKeyId: ssh.SSHPublicKeys[0]?.SSHPublicKeyId, Status: "Inactive" });
  const certificates = await ask<{ Certificates: { CertificateId: string }[] }>("iam:ListSigningCertificates", user);
  await ask("iam:UpdateSigningCertificate", {
    ...user,
    CertificateId: certificates.Certificates[0]?.CertificateId,
    Status: "Inactive",
  });
  const credentials = await ask<{ ServiceSpecificCredentials: { ServiceSpecificCredentialId: string }[] }>(
    "iam:ListServiceSpecificCredentials",
    user,
  );
  await ask("iam:UpdateServiceSpecificCredential", {
    ...user,
    ServiceSpecificCredentialId: credentials.ServiceSpecificCredentials[0]?.ServiceSpecificCredentialId,
    Status: "Inactive",
  });
  for (const [name, id] of [
    ["AccessKey", { AccessKeyId: INTRUDER_KEY }],
    ["SSHPublicKey", { SSHPublicKeyId: ssh.SSHPublicKeys[0]?.SSHPublicKeyId }],
    ["SigningCertificate", { CertificateId: certificates.Certificates[0]?.CertificateId }],
    [
      "ServiceSpecificCredential",
      { ServiceSpecificCredentialId: credentials.ServiceSpecificCredentials[0]?.ServiceSpecificCredentialId },
    ],
  ] as const) {
    await ask(`iam:Delete${name}`, { ...user, ...id });
    await assert.rejects(ask(`iam:Delete${name}`, { ...user, ...id }), { name: "NoSuchEntityException" });
  }
  const device = { ...user, SerialNumber: "arn:aws:iam::123456789012:mfa/pixel-of-mine" };
  assert.equal((await ask<{ MFADevices: object[] }>("iam:ListMFADevices", user)).MFADevices.length, 1);
  await assert.rejects(ask("iam:EnableMFADevice", device), { name: "EntityAlreadyExistsException", Code: "EntityAlreadyExists" });
  await ask("iam:DeactivateMFADevice", device);
  await assert.rejects(ask("iam:DeactivateMFADevice", device), { name: "NoSuchEntityException" });
  await ask("iam:EnableMFADevice", device);
  await ask("iam:GetLoginProfile", user);
  await assert.rejects(ask("iam:CreateLoginProfile", user), { name: "EntityAlreadyExistsException" });
  await ask("iam:UpdateLoginProfile", { ...user, PasswordResetRequired: true });
  await ask("iam:DeleteLoginProfile", user);
  for (const name of ["Get", "Update", "Delete"])
    await assert.rejects(ask(`iam:${name}LoginProfile`, user), { name: "NoSuchEntityException", Code: "NoSuchEntity" });
  await ask("iam:CreateLoginProfile", user);
  const role = { RoleName: "app-data", PolicyName: "deny" };
  const trust = { Effect: "Deny", Principal: "*", Action: "sts:AssumeRole" };
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [trust] });
  await ask("iam:UpdateAssumeRolePolicy", { ...role, PolicyDocument });
  await assert.rejects(ask("iam:UpdateAssumeRolePolicy", { ...role, PolicyDocument: deny }), {
    name: "MalformedPolicyDocumentException",
  });
  await ask("iam:GetRole", role);
  await ask("iam:PutRolePolicy", { ...role, PolicyDocument: deny });
  await ask("iam:GetRolePolicy", role);
  assert.deepEqual((await ask<{ PolicyNames: string[] }>("iam:ListRolePolicies", role)).PolicyNames, ["deny", "tenant-data"]);
  await ask("iam:DeleteRolePolicy", role);
  assert.match((await ask<{ Arn: string }>("sts:GetCallerIdentity", {})).Arn, /:assumed-role\/soc2-er-responder\//);

  for (const name of [
    "DescribeInstances",
    "DescribeNetworkInterfaces",
    "DescribeSecurityGroupRules",
    "DescribeNetworkAcls",
    "DescribeVpcs",
  ])
    await ask(`ec2:${name}`, {});
  const group = await ask<{ GroupId: string }>("ec2:CreateSecurityGroup", {
    GroupName: "quarantine",
    Description: "none",
    VpcId: VPC,
  });
  const rules = await ask<{ SecurityGroupRules: { SecurityGroupRuleId: string; IsEgress: boolean }[] }>(
    "ec2:DescribeSecurityGroupRules",
    { Filters: [{ Name: "group-id", Values: [group.GroupId] }] },
  );
  assert.deepEqual(
    rules.SecurityGroupRules.map((rule) => rule.IsEgress),
    [true, true],
    "a new group lets everything out, in both families",
  );
  await ask("ec2:AuthorizeSecurityGroupIngress", {
    ...group,
    IpPermissions: [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "198.51.100.0/24" }] }],
  });
  await ask("ec2:RevokeSecurityGroupEgress", {
    ...group,
    SecurityGroupRuleIds: rules.SecurityGroupRules.map((rule) => rule.SecurityGroupRuleId),
  });
  const dns = { ...group, IpPermissions: [{ IpProtocol: "udp", FromPort: 53, ToPort: 53, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }] };
  await ask("ec2:AuthorizeSecurityGroupEgress", dns);
  await assert.rejects(ask("ec2:AuthorizeSecurityGroupEgress", dns), { name: "InvalidPermission.Duplicate" });
  await ask("ec2:CreateTags", { Resources: [group.GroupId], Tags: [{ Key: "incident", Value: "inc-1" }] });
  await ask("ec2:ModifyNetworkInterfaceAttribute", { NetworkInterfaceId: "eni-0acme01", Groups: [group.GroupId] });
  await assert.rejects(ask("ec2:DeleteSecurityGroup", group), { name: "DependencyViolation" });
  await ask("ec2:ModifyNetworkInterfaceAttribute", { NetworkInterfaceId: "eni-0acme01", Groups: ["sg-0web01"] });
  await ask("ec2:DeleteSecurityGroup", group);
  assert.equal((await ask<{ SecurityGroups: object[] }>("ec2:DescribeSecurityGroups", {})).SecurityGroups.length, 5);
  await ask("ec2:CreateNetworkAclEntry", entry);
  await assert.rejects(ask("ec2:CreateNetworkAclEntry", entry), { name: "NetworkAclEntryAlreadyExists" });
  await ask("ec2:ReplaceNetworkAclEntry", { ...entry, CidrBlock: "203.0.113.66/32" });
  await ask("ec2:DeleteNetworkAclEntry", entry);
  await assert.rejects(ask("ec2:DeleteNetworkAclEntry", entry), { name: "InvalidNetworkAclEntry.NotFound" });

  await ask("wafv2:ListIPSets", { Scope: "REGIONAL" });
  const { LockToken } = await ask<{ LockToken: string }>("wafv2:GetIPSet", ipSet);
  await ask("wafv2:UpdateIPSet", { ...ipSet, LockToken, Addresses: ["203.0.113.66/32"] });
  await assert.rejects(ask("wafv2:UpdateIPSet", { ...ipSet, LockToken, Addresses: [] }), { name: "WAFOptimisticLockException" });

  await ask("s3:GetBucketEncryption", { Bucket: BUCKET });
  await ask("s3:PutBucketEncryption", { Bucket: BUCKET, ServerSideEncryptionConfiguration: encryptedWith("alias/globex-data") });
  const set = await ask<{ ServerSideEncryptionConfiguration: object }>("s3:GetBucketEncryption", { Bucket: BUCKET });
  assert.deepEqual(set.ServerSideEncryptionConfiguration, encryptedWith("alias/globex-data"));

  const key = { KeyId: "alias/acme-data" };
  const { CiphertextBlob } = await ask<{ CiphertextBlob: Uint8Array }>("kms:Encrypt", {
    ...key,
    Plaintext: Buffer.from("secret"),
  });
  const { Plaintext } = await ask<{ Plaintext: Uint8Array }>("kms:Decrypt", { CiphertextBlob });
  assert.equal(Buffer.from(Plaintext).toString(), "secret");
  const { Policy } = await ask<{ Policy: string }>("kms:GetKeyPolicy", key);
  await ask("kms:PutKeyPolicy", { ...key, PolicyName: "default", Policy });
  await ask("kms:DisableKey", key);
  const described = await ask<{ KeyMetadata: { KeyState: string } }>("kms:DescribeKey", key);
  assert.equal(described.KeyMetadata.KeyState, "Disabled");
  await ask("kms:EnableKey", key);
  await ask("kms:ScheduleKeyDeletion", key);
  await assert.rejects(ask("kms:EnableKey", key), { name: "KMSInvalidStateException" });
  await assert.rejects(ask("kms:DescribeKey", { KeyId: "alias/nobody-data" }), { name: "NotFoundException" });
  await answersOfTrail(range, ask);
  await answersOfBalancers(ask);
  await answersOfRules(ask);
  await answersOfSubnets(ask);
  await answersOfPrefixLists(ask);
  await answersOfInternetBlock(ask);
  await answersOfSecretsAndTables(ask);
  await answersAtEntrances(ask);
  await answersOfUserPools(ask);
  await answersOfIdentityCenter(ask);
  await answersOfOrganizations(ask);
  await answersOfHosts(ask);
  await answersOfAccessGrants(ask);
  await answersOfClusters(ask);
  await answersOfDatabases(ask);
  assert.deepEqual([...answered].sort(), [...operationNames].sort());
});

test("limits and mistakes are refused as AWS refuses them", async (t) => {
  const range = await fresh(t);
  const { LockToken } = await call<{ LockToken: string }>(range, "wafv2:GetIPSet", ipSet);
  for (const Addresses of [["2001:db8::/64"], ["0.0.0.0/0"], ["203.0.113.66"]]) {
    await assert.rejects(call(range, "wafv2:UpdateIPSet", { ...ipSet, LockToken, Addresses }), {
      name: "WAFInvalidParameterException",
    });
  }
  const many = Array.from({ length: 10_001 }, (_, index) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}/32`);
  await assert.rejects(call(range, "wafv2:UpdateIPSet", { ...ipSet, LockToken, Addresses: many }), {
    name: "WAFLimitsExceededException",
  });
  const long = (length: number) =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Deny", Action: "*", Resource: `arn:${"a".repeat(length)}` }],
    });
  await assert.rejects(call(range, "iam:PutUserPolicy", { ...user, PolicyName: "p", PolicyDocument: long(2048) }), {
    name: "LimitExceededException",
  });
  await call(range, "iam:PutRolePolicy", { RoleName: "app-data", PolicyName: "p", PolicyDocument: long(2048) });
  await assert.rejects(call(range, "iam:PutRolePolicy", { RoleName: "app-data", PolicyName: "q", PolicyDocument: long(9000) }), {
    name: "LimitExceededException",
  });
  await assert.rejects(call(range, "iam:PutUserPolicy", { ...user, PolicyName: "p", PolicyDocument: "{" }), {
    name: "MalformedPolicyDocumentException",
  });
  const bucket = (statement: object) => ({
    Bucket: BUCKET,
    Policy: JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Deny", Principal: "*", Action: "s3:*", Resource: `arn:aws:s3:::${BUCKET}/*`, ...statement }],
    }),
  });
  for (const wrong of [
    { Sid: "x".repeat(20_480) },
    { Resource: "arn:aws:s3:::other/*" },
    { Principal: { AWS: "arn:aws:iam::123456789012:role/gone" } },
  ]) {
    await assert.rejects(call(range, "s3:PutBucketPolicy", bucket(wrong)), { name: "MalformedPolicy" });
  }
  const key = (statement: object, more: object = {}) => ({
    KeyId: "alias/acme-data",
    Policy: JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: "*", Action: "kms:*", Resource: "*", ...statement }],
    }),
    ...more,
  });
  const ourselves = { AWS: "arn:aws:iam::123456789012:role/soc2-er-responder" };
  for (const [wrong, name] of [
    [{ Sid: "x".repeat(32_768) }, "LimitExceededException"],
    [{ Principal: undefined }, "MalformedPolicyDocumentException"],
    [{ Principal: { AWS: "arn:aws:iam::123456789012:role/gone" } }, "MalformedPolicyDocumentException"],
    // Whoever put these could not put another.
    [{ Action: "kms:Decrypt" }, "MalformedPolicyDocumentException"],
    [{ Principal: { AWS: "arn:aws:iam::123456789012:role/app-data" } }, "MalformedPolicyDocumentException"],
    [{ Effect: "Deny" }, "MalformedPolicyDocumentException"],
  ] as const)
    await assert.rejects(call(range, "kms:PutKeyPolicy", key(wrong)), { name });
  await call(range, "kms:PutKeyPolicy", key({ Principal: ourselves }));
  await call(range, "kms:PutKeyPolicy", key({ Action: "kms:Decrypt" }, { BypassPolicyLockoutSafetyCheck: true }));
  for (let number = 1; number <= 18; number++) await call(range, "ec2:CreateNetworkAclEntry", { ...entry, RuleNumber: number });
  await assert.rejects(call(range, "ec2:CreateNetworkAclEntry", { ...entry, RuleNumber: 19 }), {
    name: "NetworkAclEntryLimitExceeded",
  });
  await call(range, "ec2:CreateNetworkAclEntry", { ...entry, RuleNumber: 19, Egress: true });
  await assert.rejects(call(range, "s3:GetBucketPolicy", { Bucket: BUCKET }, "eu-west-1"), { name: "PermanentRedirect" });
});

test("policies of secrets and tables are refused as AWS refuses them", async (t) => {
  const range = await fresh(t);
  const statement = { Effect: "Deny", Principal: "*", Action: "*", Resource: "*" };
  const text = (more: object) => JSON.stringify({ Version: "2012-10-17", Statement: [{ ...statement, ...more }] });
  const secret = (ResourcePolicy: string) =>
    call(range, "secretsmanager:PutResourcePolicy", { SecretId: "prod/acme/mailer", ResourcePolicy });
  const ResourceArn = "arn:aws:dynamodb:us-east-1:123456789012:table/app-events";
  const table = (Policy: string) => call(range, "dynamodb:PutResourcePolicy", { ResourceArn, Policy });
  await assert.rejects(secret(text({ Sid: "x".repeat(20_480) })), { name: "InvalidParameterException" });
  for (const wrong of ["{", text({ Principal: undefined })])
    await assert.rejects(secret(wrong), { name: "MalformedPolicyDocumentException" });
  for (const wrong of [text({ Sid: "x".repeat(20_480) }), "{", text({ Resource: `${ResourceArn}s` })])
    await assert.rejects(table(wrong), { name: "ValidationException" });
  await secret(text({ Action: "secretsmanager:GetSecretValue" }));
  await table(text({ Action: "dynamodb:GetItem", Resource: [ResourceArn, `${ResourceArn}/index/*`] }));
});

test("a dry run changes nothing and says whether it would be allowed", async (t) => {
  const range = await fresh(t);
  const acls = () => call(range, "ec2:DescribeNetworkAcls");
  const before = await acls();
  await assert.rejects(
    call(range, "ec2:CreateNetworkAclEntry", { ...entry, DryRun: true }),
    (error: { name: string; $metadata: { httpStatusCode: number } }) =>
      error.name === "DryRunOperation" && error.$metadata.httpStatusCode === 412,
  );
  assert.deepEqual(await acls(), before);
  range.setFaults([{ operation: "ec2:CreateNetworkAclEntry", kind: "denied", times: null }]);
  await assert.rejects(call(range, "ec2:CreateNetworkAclEntry", { ...entry, DryRun: true }), { name: "UnauthorizedOperation" });
});

test("lists are complete over pages of one", async (t) => {
  const range = await fresh(t);
  const all = await call<{ Users: object[] }>(range, "iam:ListUsers");
  const objects = await call<{ Contents: object[] }>(range, "s3:ListObjectsV2", { Bucket: BUCKET });
  range.setPageLimit(1);
  const users: object[] = [];
  for (let Marker: string | undefined, more = true; more; ) {
    const page = await call<{ Users: object[]; Marker?: string; IsTruncated: boolean }>(range, "iam:ListUsers", { Marker });
    users.push(...page.Users);
    Marker = page.Marker;
    more = page.IsTruncated;
  }
  assert.deepEqual(users, all.Users);
  const listed: object[] = [];
  for (let ContinuationToken: string | undefined, more = true; more; ) {
    const page = await call<{ Contents: object[]; NextContinuationToken?: string; IsTruncated: boolean }>(
      range,
      "s3:ListObjectsV2",
      { Bucket: BUCKET, ContinuationToken },
    );
    listed.push(...page.Contents);
    ContinuationToken = page.NextContinuationToken;
    more = page.IsTruncated;
  }
  assert.deepEqual(listed, objects.Contents);
});
