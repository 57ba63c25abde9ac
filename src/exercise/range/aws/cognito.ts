import type * as Cognito from "@aws-sdk/client-cognito-identity-provider";
import { instant } from "../../../model/index.ts";
import { cognito } from "../keys.ts";
import type { PoolClientRow, PoolUserRow } from "../rows.ts";
import { AwsFault } from "./fault.ts";
import { type Call, type Operation, operation } from "./operation.ts";
import { page } from "./paging.ts";

type InPool = { UserPoolId?: string | undefined };
type OnUser = InPool & { Username?: string | undefined };

const poolOf = ({ input: { UserPoolId = "" } }: Call<InPool>) => UserPoolId;
const poolArn = (call: Call<InPool>) => `arn:aws:cognito-idp:${call.region}:${call.account}:userpool/${poolOf(call)}`;

function usersOf(call: Call<InPool>): PoolUserRow[] {
  const users = call.tx.list<PoolUserRow>(cognito.user(call.account, poolOf(call), "")).map((row) => row.value);
  // A pool without users exists nowhere in the estate.
  if (users.length === 0 || !poolOf(call).startsWith(`${call.region}_`))
    throw new AwsFault("ResourceNotFoundException", 400, `User pool ${poolOf(call)} does not exist.`);
  return users;
}

function userOf(call: Call<OnUser>): PoolUserRow {
  const found = usersOf(call).find(({ name }) => name === call.input.Username);
  if (found === undefined) throw new AwsFault("UserNotFoundException", 400, "User does not exist.");
  return found;
}

function write(call: Call<OnUser>, changed: Partial<PoolUserRow>): Record<string, never> {
  const user = userOf(call);
  call.put("user-pool", cognito.user(call.account, poolOf(call), user.name), { ...user, ...changed });
  return {};
}

const described = ({ enabled, created }: PoolUserRow) => ({
  Enabled: enabled,
  UserCreateDate: new Date(created),
  UserStatus: "CONFIRMED" as const,
});

const userOperations: Operation[] = [
  operation<Cognito.AdminGetUserCommandInput, Cognito.AdminGetUserCommandOutput>("cognito", "AdminGetUser", {
    iam: "cognito-idp:AdminGetUser",
    resource: poolArn,
    answer(call) {
      const user = userOf(call);
      return { Username: user.name, ...described(user) };
    },
  }),
  operation<Cognito.AdminDisableUserCommandInput, Cognito.AdminDisableUserCommandOutput>("cognito", "AdminDisableUser", {
    iam: "cognito-idp:AdminDisableUser",
    resource: poolArn,
    answer: (call) => write(call, { enabled: false }),
  }),
  operation<Cognito.AdminEnableUserCommandInput, Cognito.AdminEnableUserCommandOutput>("cognito", "AdminEnableUser", {
    iam: "cognito-idp:AdminEnableUser",
    resource: poolArn,
    answer: (call) => write(call, { enabled: true }),
  }),
  operation<Cognito.AdminUserGlobalSignOutCommandInput, Cognito.AdminUserGlobalSignOutCommandOutput>(
    "cognito",
    "AdminUserGlobalSignOut",
    {
      iam: "cognito-idp:AdminUserGlobalSignOut",
      resource: poolArn,
      answer: (call) => write(call, { signedOut: instant(call.tx.now) }),
    },
  ),
  operation<Cognito.AdminDeleteUserCommandInput, Cognito.AdminDeleteUserCommandOutput>("cognito", "AdminDeleteUser", {
    iam: "cognito-idp:AdminDeleteUser",
    resource: poolArn,
    answer(call) {
      call.put("user-pool", cognito.user(call.account, poolOf(call), userOf(call).name), null);
      return {};
    },
  }),
];

export const cognitoOperations: Operation[] = [
  ...userOperations,
  operation<Cognito.ListUsersInGroupCommandInput, Cognito.ListUsersInGroupCommandOutput>("cognito", "ListUsersInGroup", {
    iam: "cognito-idp:ListUsersInGroup",
    resource: poolArn,
    answer(call) {
      const { GroupName = "", Limit, NextToken } = call.input;
      const users = usersOf(call).filter(({ groups }) => groups.includes(GroupName));
      // A group without users exists nowhere in the estate.
      if (users.length === 0) throw new AwsFault("ResourceNotFoundException", 400, "Group not found.");
      const shown = page(users, ({ name }) => name, call.pageSize(Limit, 60), NextToken);
      return { Users: shown.items.map((user) => ({ Username: user.name, ...described(user) })), NextToken: shown.next };
    },
  }),
  operation<Cognito.ListUserPoolClientsCommandInput, Cognito.ListUserPoolClientsCommandOutput>("cognito", "ListUserPoolClients", {
    iam: "cognito-idp:ListUserPoolClients",
    resource: poolArn,
    answer(call) {
      usersOf(call);
      const clients = call.tx.list<PoolClientRow>(cognito.client(call.account, poolOf(call), "")).map((row) => row.value);
      const shown = page(clients, ({ id }) => id, call.pageSize(call.input.MaxResults, 60), call.input.NextToken);
      const UserPoolClients = shown.items.map(({ id, name }) => ({ ClientId: id, ClientName: name, UserPoolId: poolOf(call) }));
      return { UserPoolClients, NextToken: shown.next };
    },
  }),
  operation<Cognito.DescribeUserPoolClientCommandInput, Cognito.DescribeUserPoolClientCommandOutput>(
    "cognito",
    "DescribeUserPoolClient",
    {
      iam: "cognito-idp:DescribeUserPoolClient",
      resource: poolArn,
      answer(call) {
        const { ClientId = "" } = call.input;
        const client = call.tx.newest<PoolClientRow>(cognito.client(call.account, poolOf(call), ClientId));
        if (client === null) throw new AwsFault("ResourceNotFoundException", 400, `User pool client ${ClientId} does not exist.`);
        const { life, unit } = client.access;
        return {
          UserPoolClient: {
            ClientId,
            ClientName: client.name,
            UserPoolId: poolOf(call),
            AccessTokenValidity: life,
            IdTokenValidity: life,
            TokenValidityUnits: { AccessToken: unit, IdToken: unit },
          },
        };
      },
    },
  ),
];
