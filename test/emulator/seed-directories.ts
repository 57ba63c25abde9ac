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
