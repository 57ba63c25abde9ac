import type * as Store from "@aws-sdk/client-identitystore";
import { SSO_STORE } from "../estate/names.ts";
import { sso } from "../keys.ts";
import type { GroupMemberRow, StoredRow } from "../rows.ts";
import { AwsFault } from "./fault.ts";
import { type Call, type Operation, operation } from "./operation.ts";
import { page } from "./paging.ts";

type InStore = { IdentityStoreId?: string | undefined };

const unknown = (what: string) => new AwsFault("ResourceNotFoundException", 400, `${what} not found.`);

function storeOf(call: Call<InStore>): string {
  if (call.input.IdentityStoreId !== SSO_STORE) throw unknown("IDENTITY_STORE");
  return SSO_STORE;
}

function found(call: Call<InStore>, kind: "user" | "group", id: string | undefined): StoredRow {
  storeOf(call);
  const row = call.tx.newest<StoredRow>(sso[kind](call.account, id ?? ""));
  if (row === null) throw unknown(kind.toUpperCase());
  return row;
}

function memberships(call: Call<InStore>): GroupMemberRow[] {
  storeOf(call);
  return call.tx.list<GroupMemberRow>(sso.membership(call.account, "", "").slice(0, -1)).map((row) => row.value);
}

const shown = (call: Call<InStore>, { group, user, membershipId }: GroupMemberRow) => ({
  IdentityStoreId: storeOf(call),
  MembershipId: membershipId,
  GroupId: group,
  MemberId: { UserId: user },
});

export const identityStoreOperations: Operation[] = [
  operation<Store.GetUserIdCommandInput, Store.GetUserIdCommandOutput>("identitystore", "GetUserId", {
    iam: "identitystore:GetUserId",
    answer(call) {
      const IdentityStoreId = storeOf(call);
      const { AttributePath, AttributeValue } = call.input.AlternateIdentifier?.UniqueAttribute ?? {};
      const users = call.tx.list<StoredRow>(sso.user(call.account, "")).map((row) => row.value);
      const user = users.find(({ name }) => AttributePath === "userName" && name === AttributeValue);
      if (user === undefined) throw unknown("USER");
      return { IdentityStoreId, UserId: user.id };
    },
  }),
  operation<Store.DescribeUserCommandInput, Store.DescribeUserCommandOutput>("identitystore", "DescribeUser", {
    iam: "identitystore:DescribeUser",
    answer(call) {
      const { id, name } = found(call, "user", call.input.UserId);
      return { IdentityStoreId: SSO_STORE, UserId: id, UserName: name };
    },
  }),
  operation<Store.DeleteUserCommandInput, Store.DeleteUserCommandOutput>("identitystore", "DeleteUser", {
    iam: "identitystore:DeleteUser",
    answer(call) {
      const { id } = found(call, "user", call.input.UserId);
      for (const { group } of memberships(call).filter(({ user }) => user === id))
        call.put("identity-center", sso.membership(call.account, group, id), null);
      call.put("identity-center", sso.user(call.account, id), null);
      return {};
    },
  }),
  operation<Store.DescribeGroupCommandInput, Store.DescribeGroupCommandOutput>("identitystore", "DescribeGroup", {
    iam: "identitystore:DescribeGroup",
    answer(call) {
      const { id, name } = found(call, "group", call.input.GroupId);
      return { IdentityStoreId: SSO_STORE, GroupId: id, DisplayName: name };
    },
  }),
  operation<Store.ListGroupMembershipsForMemberCommandInput, Store.ListGroupMembershipsForMemberCommandOutput>(
    "identitystore",
    "ListGroupMembershipsForMember",
    {
      iam: "identitystore:ListGroupMembershipsForMember",
      answer(call) {
        const { MemberId, MaxResults, NextToken } = call.input;
        const own = memberships(call).filter(({ user }) => user === MemberId?.UserId);
        const listed = page(own, ({ group }) => group, call.pageSize(MaxResults, 100), NextToken);
        return { GroupMemberships: listed.items.map((row) => shown(call, row)), NextToken: listed.next };
      },
    },
  ),
  operation<Store.DeleteGroupMembershipCommandInput, Store.DeleteGroupMembershipCommandOutput>(
    "identitystore",
    "DeleteGroupMembership",
    {
      iam: "identitystore:DeleteGroupMembership",
      answer(call) {
        const row = memberships(call).find(({ membershipId }) => membershipId === call.input.MembershipId);
        if (row === undefined) throw unknown("GROUP_MEMBERSHIP");
        call.put("identity-center", sso.membership(call.account, row.group, row.user), null);
        return {};
      },
    },
  ),
  operation<Store.CreateGroupMembershipCommandInput, Store.CreateGroupMembershipCommandOutput>(
    "identitystore",
    "CreateGroupMembership",
    {
      iam: "identitystore:CreateGroupMembership",
      answer(call) {
        const group = found(call, "group", call.input.GroupId).id;
        const user = found(call, "user", call.input.MemberId?.UserId).id;
        if (memberships(call).some((row) => row.group === group && row.user === user))
          throw new AwsFault("ConflictException", 400, "Member and Group relationship already exists.");
        const id = (digits: number) => call.newId(digits);
        const row: GroupMemberRow = { group, user, membershipId: `${id(8)}-${id(4)}-70cc-8000-${id(12)}` };
        call.put("identity-center", sso.membership(call.account, group, user), row);
        return { MembershipId: row.membershipId, IdentityStoreId: SSO_STORE };
      },
    },
  ),
];
