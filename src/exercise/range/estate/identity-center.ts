import { sso } from "../keys.ts";
import type { AssignmentRow, GroupMemberRow, PermissionSetRow, PolicyRow, StoredRow } from "../rows.ts";
import { ACCOUNT, type EstateRow, SSO_GROUPS, SSO_SETS, SSO_USERS } from "./names.ts";

const CREATED = "2026-03-02T09:00:00.000Z";

const NO_SECRETS =
  '{"Version":"2012-10-17","Statement":[{"Sid":"NoSecrets","Effect":"Deny","Action":"secretsmanager:GetSecretValue","Resource":"*"}]}';

/** Two users, of whom one has an account by itself and both have one by a group; a group that is assigned nothing. */
export function identityCenterRows(): EstateRow[] {
  return [
    set("AdministratorAccess", "PT12H"),
    set("ReadOnly", "PT1H"),
    ...inlinePolicy("ReadOnly", NO_SECRETS),
    ...(["jane", "kim"] as const).map((name) => stored("user", SSO_USERS[name], name)),
    ...(["platform", "everyone"] as const).map((name) => stored("group", SSO_GROUPS[name], name)),
    member("platform", "jane", 1),
    member("platform", "kim", 2),
    member("everyone", "jane", 3),
    assignment("AdministratorAccess", "USER", SSO_USERS.jane),
    assignment("ReadOnly", "GROUP", SSO_GROUPS.platform),
  ];
}

function set(name: keyof typeof SSO_SETS, sessionDuration: string): EstateRow {
  const value: PermissionSetRow = { id: SSO_SETS[name], name, created: CREATED, sessionDuration };
  return { key: sso.set(ACCOUNT, value.id), value };
}

/** Provisioned to the account that the set is assigned in. */
function inlinePolicy(name: keyof typeof SSO_SETS, document: string): EstateRow[] {
  const value: PolicyRow = { document };
  return [
    { key: sso.inlinePolicy(ACCOUNT, SSO_SETS[name]), value },
    { key: sso.provisioned(ACCOUNT, ACCOUNT, SSO_SETS[name]), value },
  ];
}

function stored(kind: "user" | "group", id: string, name: string): EstateRow {
  const value: StoredRow = { id, name };
  return { key: sso[kind](ACCOUNT, id), value };
}

function member(group: keyof typeof SSO_GROUPS, user: keyof typeof SSO_USERS, number: number): EstateRow {
  const value: GroupMemberRow = {
    group: SSO_GROUPS[group],
    user: SSO_USERS[user],
    membershipId: `a4d8b4e8-7001-70cc-8000-00000000000${number}`,
  };
  return { key: sso.membership(ACCOUNT, value.group, value.user), value };
}

function assignment(name: keyof typeof SSO_SETS, type: AssignmentRow["type"], principal: string): EstateRow {
  const value: AssignmentRow = { target: ACCOUNT, set: SSO_SETS[name], type, principal };
  return { key: sso.assignment(ACCOUNT, value.target, value.set, principal), value };
}
