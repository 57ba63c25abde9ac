import {
  DescribeGroupCommand,
  DescribeUserCommand,
  type GroupMembership,
  ListGroupMembershipsForMemberCommand,
} from "@aws-sdk/client-identitystore";
import { DescribePermissionSetCommand, ListAccountAssignmentsForPrincipalCommand } from "@aws-sdk/client-sso-admin";
import { compact, defect, type ResourceRef } from "../../../model/index.ts";
import { everyPage, orAbsent, type ReadScope } from "../../../providers/index.ts";

export type Place = { readonly account: string; readonly region: string };
/** An account that a permission set may be used in. */
export type Assignment = { readonly target: string; readonly set: string };

export const instanceArn = (instance: string): string => `arn:aws:sso:::instance/${instance}`;
export const setArn = (instance: string, set: string): string => `arn:aws:sso:::permissionSet/${instance}/${set}`;
const lastOf = (arn: string): string => arn.slice(arn.lastIndexOf("/") + 1);

const ASSIGNMENT = "sso-assignment";
const MEMBERSHIP = "sso-membership";

export function assignmentRef(
  place: Place,
  instance: string,
  store: string,
  { target, set }: Assignment,
  user: string,
): ResourceRef {
  return {
    provider: "aws",
    type: ASSIGNMENT,
    account: place.account,
    region: place.region,
    id: [instance, store, target, set, user].join("/"),
  };
}

export function membershipRef(place: Place, store: string, group: string, user: string): ResourceRef {
  return { provider: "aws", type: MEMBERSHIP, account: place.account, region: place.region, id: [store, group, user].join("/") };
}

/** What a resource says of where a user is granted something: in an account, or by a group. */
export type Grant =
  | ({ readonly kind: "assignment"; readonly instance: string; readonly store: string; readonly user: string } & Assignment)
  | { readonly kind: "membership"; readonly store: string; readonly group: string; readonly user: string };

export function grantOf({ type, id }: ResourceRef): Grant {
  const [first, second, third, fourth, fifth] = id.split("/");
  if (type === ASSIGNMENT && first && second && third && fourth && fifth)
    return { kind: "assignment", instance: first, store: second, target: third, set: fourth, user: fifth };
  if (type === MEMBERSHIP && first && second && third) return { kind: "membership", store: first, group: second, user: third };
  return defect(`"${id}" names no grant of a user`);
}

export async function userExists(scope: ReadScope, place: Place, store: string, user: string): Promise<boolean> {
  const identities = await scope.aws("identitystore", place);
  return (await orAbsent(() => identities.send(new DescribeUserCommand({ IdentityStoreId: store, UserId: user })))) !== null;
}

/** What a user or a group is assigned by itself. A user's listing may have what its groups are assigned, too. */
export async function assignmentsOf(
  scope: ReadScope,
  place: Place,
  instance: string,
  principal: { readonly type: "USER" | "GROUP"; readonly id: string },
  target?: string,
): Promise<Assignment[]> {
  const sso = await scope.aws("ssoadmin", place);
  const asked = {
    InstanceArn: instanceArn(instance),
    PrincipalId: principal.id,
    PrincipalType: principal.type,
    ...(target === undefined ? {} : { Filter: { AccountId: target } }),
  };
  const found = await everyPage(
    (from) => sso.send(new ListAccountAssignmentsForPrincipalCommand(compact({ ...asked, NextToken: from }))),
    ({ AccountAssignments }) => AccountAssignments,
  );
  return found.flatMap(({ AccountId, PermissionSetArn, PrincipalType, PrincipalId }) =>
    AccountId !== undefined && PermissionSetArn !== undefined && PrincipalType === principal.type && PrincipalId === principal.id
      ? [{ target: AccountId, set: lastOf(PermissionSetArn) }]
      : [],
  );
}

export async function membershipsOf(scope: ReadScope, place: Place, store: string, user: string): Promise<GroupMembership[]> {
  const identities = await scope.aws("identitystore", place);
  const asked = { IdentityStoreId: store, MemberId: { UserId: user } };
  return everyPage(
    (from) => identities.send(new ListGroupMembershipsForMemberCommand(compact({ ...asked, NextToken: from }))),
    ({ GroupMemberships }) => GroupMemberships,
  );
}

export async function groupName(scope: ReadScope, place: Place, store: string, group: string): Promise<string> {
  const identities = await scope.aws("identitystore", place);
  const found = await orAbsent(() => identities.send(new DescribeGroupCommand({ IdentityStoreId: store, GroupId: group })));
  return found?.DisplayName ?? group;
}

/** A permission set's name, and how long the sessions live that the access portal issues for it. */
export type SetFacts = { readonly name: string; readonly sessionMs: number };

const HOUR_MS = 3_600_000;

export async function factsOfSet(scope: ReadScope, place: Place, instance: string, set: string): Promise<SetFacts> {
  const sso = await scope.aws("ssoadmin", place);
  const input = { InstanceArn: instanceArn(instance), PermissionSetArn: setArn(instance, set) };
  const found = (await orAbsent(() => sso.send(new DescribePermissionSetCommand(input))))?.PermissionSet;
  return { name: found?.Name ?? set, sessionMs: isoMs(found?.SessionDuration) };
}

/** `PT8H`, `PT1H30M`; an hour where a permission set says nothing. */
function isoMs(duration: string | undefined): number {
  const [, hours, minutes] = /^PT(?:(\d+)H)?(?:(\d+)M)?$/.exec(duration ?? "") ?? [];
  return Number(hours ?? 0) * HOUR_MS + Number(minutes ?? 0) * 60_000 || HOUR_MS;
}
