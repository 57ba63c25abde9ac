import type { Caller } from "./caller.ts";

type Ids = Map<string, string>;

/** Of every user of the pool. */
export const PASSWORD = "Winter-2026-or-so!";

/** The tenants' portal as in the range's estate: a pool with a group per tenant, and clients that let tokens live differently long. */
export async function seedUserPool(call: Caller, ids: Ids): Promise<void> {
  const { UserPool } = await call<{ UserPool: { Id: string } }>("cognito:CreateUserPool", { PoolName: "portal" });
  const UserPoolId = UserPool.Id;
  ids.set("us-east-1_Portal001", UserPoolId);
  await client(call, ids, UserPoolId, "portal", "1h4n0portal000000000000001", 30, "minutes");
  await client(call, ids, UserPoolId, "reports", "1h4n0reports00000000000001", 8, "hours");
  for (const GroupName of ["acme", "globex"]) await call("cognito:CreateGroup", { UserPoolId, GroupName });
  await user(call, UserPoolId, "ada", "acme");
  await user(call, UserPoolId, "bo", "acme");
  await user(call, UserPoolId, "cleo", "globex");
  await call("cognito:AdminDisableUser", { UserPoolId, Username: "bo" });
}

async function client(call: Caller, ids: Ids, UserPoolId: string, ClientName: string, there: string, life: number, unit: string) {
  type Made = { UserPoolClient: { ClientId: string } };
  const { UserPoolClient } = await call<Made>("cognito:CreateUserPoolClient", {
    UserPoolId,
    ClientName,
    ExplicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    AccessTokenValidity: life,
    IdTokenValidity: life,
    TokenValidityUnits: { AccessToken: unit, IdToken: unit },
  });
  ids.set(there, UserPoolClient.ClientId);
}

async function user(call: Caller, UserPoolId: string, Username: string, GroupName: string): Promise<void> {
  await call("cognito:AdminCreateUser", { UserPoolId, Username, MessageAction: "SUPPRESS" });
  await call("cognito:AdminSetUserPassword", { UserPoolId, Username, Password: PASSWORD, Permanent: true });
  await call("cognito:AdminAddUserToGroup", { UserPoolId, Username, GroupName });
}

const NO_SECRETS =
  '{"Version":"2012-10-17","Statement":[{"Sid":"NoSecrets","Effect":"Deny","Action":"secretsmanager:GetSecretValue","Resource":"*"}]}';

/** Identity Center as in the range's estate: users, groups, permission sets, and who is assigned which. */
export async function seedIdentityCenter(call: Caller, ids: Ids): Promise<void> {
  type Listed = { Instances: { InstanceArn: string; IdentityStoreId: string }[] };
  const { Instances } = await call<Listed>("ssoadmin:ListInstances");
  const { InstanceArn = "", IdentityStoreId = "" } = Instances[0] ?? {};
  ids.set("ssoins-7223b05f3d8a0a11", lastOf(InstanceArn));
  ids.set("d-9067e2a1c4", IdentityStoreId);
  const users = ["jane", "kim"].map(async (UserName) => {
    const person = { UserName, DisplayName: UserName, Name: { GivenName: UserName, FamilyName: "Doe" } };
    return (await call<{ UserId: string }>("identitystore:CreateUser", { IdentityStoreId, ...person })).UserId;
  });
  const groups = ["platform", "everyone"].map(
    async (DisplayName) =>
      (await call<{ GroupId: string }>("identitystore:CreateGroup", { IdentityStoreId, DisplayName })).GroupId,
  );
  const [jane = "", kim = "", platform = "", everyone = ""] = await Promise.all([...users, ...groups]);
  ids.set("a4d8b4e8-7001-70aa-8000-00000000a4e1", jane).set("a4d8b4e8-7001-70aa-8000-0000000000e2", kim);
  ids.set("a4d8b4e8-7001-70bb-8000-0000000600b1", platform).set("a4d8b4e8-7001-70bb-8000-0000000600b2", everyone);
  for (const [GroupId, UserId] of [
    [platform, jane],
    [platform, kim],
    [everyone, jane],
  ])
    await call("identitystore:CreateGroupMembership", { IdentityStoreId, GroupId, MemberId: { UserId } });
  const admin = await permissionSet(call, InstanceArn, "AdministratorAccess", "PT12H");
  const reader = await permissionSet(call, InstanceArn, "ReadOnly", "PT1H");
  ids.set("ps-7223aa01b2c3d401", lastOf(admin)).set("ps-7223aa01b2c3d402", lastOf(reader));
  const account = { InstanceArn, TargetId: "123456789012", TargetType: "AWS_ACCOUNT" };
  const own = { PermissionSetArn: admin, PrincipalType: "USER", PrincipalId: jane };
  await call("ssoadmin:CreateAccountAssignment", { ...account, ...own });
  const shared = { PermissionSetArn: reader, PrincipalType: "GROUP", PrincipalId: platform };
  await call("ssoadmin:CreateAccountAssignment", { ...account, ...shared });
  await call("ssoadmin:PutInlinePolicyToPermissionSet", { InstanceArn, PermissionSetArn: reader, InlinePolicy: NO_SECRETS });
  // moto does not provision a permission set that is assigned.
  for (const PermissionSetArn of [admin, reader])
    await call("ssoadmin:ProvisionPermissionSet", { InstanceArn, PermissionSetArn, TargetType: "ALL_PROVISIONED_ACCOUNTS" });
}

const lastOf = (arn: string): string => arn.slice(arn.lastIndexOf("/") + 1);

async function permissionSet(call: Caller, InstanceArn: string, Name: string, SessionDuration: string): Promise<string> {
  type Made = { PermissionSet: { PermissionSetArn: string } };
  const { PermissionSet } = await call<Made>("ssoadmin:CreatePermissionSet", { InstanceArn, Name, SessionDuration });
  return PermissionSet.PermissionSetArn;
}
