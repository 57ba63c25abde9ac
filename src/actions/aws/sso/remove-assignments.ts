import { CreateGroupMembershipCommand, DeleteGroupMembershipCommand } from "@aws-sdk/client-identitystore";
import {
  CreateAccountAssignmentCommand,
  DeleteAccountAssignmentCommand,
  DescribeAccountAssignmentCreationStatusCommand,
  DescribeAccountAssignmentDeletionStatusCommand,
} from "@aws-sdk/client-sso-admin";
import * as z from "zod";
import { defect, type ProposedChange, type ResourceRef, type SelectionOf, sameJson, sayDuration } from "../../../model/index.ts";
import { ProviderError, type ReadScope, type WriteScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import {
  assignmentRef,
  assignmentsOf,
  factsOfSet,
  type Grant,
  grantOf,
  groupName,
  instanceArn,
  membershipRef,
  membershipsOf,
  setArn,
  userExists,
} from "./grants.ts";
import { ended, resumedJob } from "./jobs.ts";

type User = SelectionOf<"aws.sso-user">;
/** Of a user that exists: whether it has the assignment or is in the group. */
type State = { readonly granted: boolean };

const JANE = {
  kind: "aws.sso-user",
  account: "123456789012",
  region: "us-east-1",
  instance: "ssoins-7223b05f3d8a0a11",
  store: "d-9067e2a1c4",
  name: "jane",
  id: "a4d8b4e8-7001-70aa-8000-00000000a4e1",
} as const;
const ADMIN = { target: "123456789012", set: "ps-7223aa01b2c3d401" };
const PLATFORM = "a4d8b4e8-7001-70bb-8000-0000000600b1";

export const removeAssignments = defineAction<"aws.sso-user", Record<string, never>, State>({
  id: "aws.sso.remove-assignments",
  title: "Take an Identity Center user's AWS accounts away",
  description:
    "Deletes each assignment of an AWS account and a permission set that the user has by itself, and takes the user out of each group that is assigned any. Groups without assignments are left alone. A rollback assigns and adds it again: a membership then has another id. Sessions that the user has already go on: aws.sso.deny-user stops them.",
  containment: "access",
  blastRadius:
    "the user gets no new session in these accounts, and loses what else these groups give it: applications, and what they are given later; other users are not touched; sessions of roles that it has go on until they expire, and where a provider outside provisions the groups it may put the user back",
  targets: ["aws.sso-user"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "identitystore", operation: "DescribeUser", iam: ["identitystore:DescribeUser"] },
      { service: "identitystore", operation: "DescribeGroup", iam: ["identitystore:DescribeGroup"] },
      {
        service: "identitystore",
        operation: "ListGroupMembershipsForMember",
        iam: ["identitystore:ListGroupMembershipsForMember"],
      },
      { service: "ssoadmin", operation: "DescribePermissionSet", iam: ["sso:DescribePermissionSet"] },
      { service: "ssoadmin", operation: "ListAccountAssignmentsForPrincipal", iam: ["sso:ListAccountAssignmentsForPrincipal"] },
      {
        service: "ssoadmin",
        operation: "DescribeAccountAssignmentDeletionStatus",
        iam: ["sso:DescribeAccountAssignmentDeletionStatus"],
      },
      {
        service: "ssoadmin",
        operation: "DescribeAccountAssignmentCreationStatus",
        iam: ["sso:DescribeAccountAssignmentCreationStatus"],
      },
    ],
    write: [
      { service: "ssoadmin", operation: "DeleteAccountAssignment", iam: ["sso:DeleteAccountAssignment"] },
      { service: "ssoadmin", operation: "CreateAccountAssignment", iam: ["sso:CreateAccountAssignment"] },
      { service: "identitystore", operation: "DeleteGroupMembership", iam: ["identitystore:DeleteGroupMembership"] },
      { service: "identitystore", operation: "CreateGroupMembership", iam: ["identitystore:CreateGroupMembership"] },
    ],
  },
  bound: {
    ms: 120_000,
    source:
      "assumed: AWS gives no figure; Identity Center updates the roles of an account one at a time, two minutes are allowed",
  },
  examples: [
    {
      title: "A user with an assignment of its own and one by a group",
      selection: JANE,
      params: {},
      changes: [
        {
          key: "assignment 123456789012 ps-7223aa01b2c3d401",
          resource: assignmentRef(JANE, JANE.instance, JANE.store, ADMIN, JANE.id),
          summary: summaryOfAssignment("jane", "AdministratorAccess", ADMIN.target, 12 * 3_600_000),
          ...taken(),
        },
        {
          key: `group ${PLATFORM}`,
          resource: membershipRef(JANE, JANE.store, PLATFORM, JANE.id),
          summary: summaryOfMembership("jane", "platform", 1),
          ...taken(),
        },
      ],
    },
  ],

  async *plan(scope, user) {
    yield* assignmentsIn(scope, user);
    yield* membershipsIn(scope, user);
  },

  read,

  async apply(scope, { resource, after }) {
    const grant = grantOf(resource);
    if (after === null) return defect(`user "${grant.user}" is neither made nor deleted`);
    if (grant.kind === "membership") await setMembership(scope, resource, grant, after.granted);
    // Identity Center refuses what concerns an account while it works on another assignment there.
    else
      await scope.inTurn(`sso ${resource.account} ${grant.target}`, () => setAssignment(scope, resource, grant, after.granted));
  },

  async settle(scope, { resource }, token) {
    const [job = "", id = ""] = token.split(" ");
    await resumedJob(scope, id, await lookAt(scope, resource, job === "create"));
  },

  async verify(scope, change, direction) {
    const now = await read(scope, change.resource);
    // A user that is gone has nothing.
    const inPlace = direction === "contain" ? now?.granted !== true : sameJson(now, change.after);
    if (inPlace) return { verdict: "confirmed", level: "configuration" };
    const detail = now === null ? "the user is gone" : now.granted ? "the user has it" : "the user does not have it";
    return { verdict: "contradicted", level: "configuration", detail };
  },

  denies({ resource }, { account, name }) {
    const grant = grantOf(resource);
    const by = grant.kind === "membership" ? `group ${grant.group}` : `permission set ${grant.set} in account ${grant.target}`;
    return [{ principal: `aws:sso-user/${name}`, account, what: `new sessions by ${by}` }];
  },

  effects({ resource }) {
    const { account, region } = resource;
    const grant = grantOf(resource);
    const by = grant.kind === "membership" ? grant.group : `${grant.target}/${grant.set}`;
    return [{ kind: "portal", account, region, user: grant.user, grant: by, session: "new" }];
  },

  async residual(scope, { resource }) {
    const grant = grantOf(resource);
    const facts = grant.kind === "membership" ? null : await factsOfSet(scope, resource, grant.instance, grant.set);
    const until =
      facts === null ? "as long as their permission sets say, at most 12 hours" : `at most ${sayDuration(facts.sessionMs)}`;
    const what = facts === null ? "by way of the group" : `in account ${resource.account} with permission set "${facts.name}"`;
    return [
      {
        what: `sessions of roles that the user got ${what}`,
        until: `until they expire, ${until} after their issue, or until the user is denied in the permission sets (aws.sso.deny-user)`,
        why: "a session is not asked again whether it is still assigned",
      },
      {
        what: "the user's sign-in to the access portal, and to applications that are assigned to it otherwise",
        until:
          "until somebody disables the user and deletes its sessions in the console of Identity Center, and at the identity provider",
        why: "AWS has no public operation for either",
      },
      {
        what: "the same grant, where a provider outside keeps groups in step with its own",
        until: "until the user is taken out of the group there",
        why: "the next synchronization may put back what was taken away here",
      },
    ];
  },
});

async function* assignmentsIn(scope: ReadScope, user: User): AsyncGenerator<ProposedChange<State>> {
  const own = await assignmentsOf(scope, user, user.instance, { type: "USER", id: user.id });
  for (const { target, set } of own) {
    const { name, sessionMs } = await factsOfSet(scope, user, user.instance, set);
    yield {
      key: `assignment ${target} ${set}`,
      resource: assignmentRef(user, user.instance, user.store, { target, set }, user.id),
      summary: summaryOfAssignment(user.name, name, target, sessionMs),
      ...taken(),
      reversal: { kind: "restore" },
    };
  }
}

async function* membershipsIn(scope: ReadScope, user: User): AsyncGenerator<ProposedChange<State>> {
  for (const { GroupId: group } of await membershipsOf(scope, user, user.store, user.id)) {
    if (group === undefined) continue;
    const assigned = await assignmentsOf(scope, user, user.instance, { type: "GROUP", id: group });
    if (assigned.length === 0) continue;
    yield {
      key: `group ${group}`,
      resource: membershipRef(user, user.store, group, user.id),
      summary: summaryOfMembership(user.name, await groupName(scope, user, user.store, group), assigned.length),
      ...taken(),
      reversal: { kind: "compensate", how: "the user is added to the group again; the membership gets another id" },
    };
  }
}

/** Null where there is no such user. */
async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  const grant = grantOf(resource);
  if (!(await userExists(scope, resource, grant.store, grant.user))) return null;
  if (grant.kind === "membership") return { granted: (await membershipId(scope, resource, grant)) !== undefined };
  const own = await assignmentsOf(scope, resource, grant.instance, { type: "USER", id: grant.user }, grant.target);
  return { granted: own.some(({ target, set }) => target === grant.target && set === grant.set) };
}

type Membership = Extract<Grant, { kind: "membership" }>;
type OwnAssignment = Extract<Grant, { kind: "assignment" }>;

async function membershipId(
  scope: ReadScope,
  place: ResourceRef,
  { store, group, user }: Membership,
): Promise<string | undefined> {
  return (await membershipsOf(scope, place, store, user)).find(({ GroupId }) => GroupId === group)?.MembershipId;
}

async function setMembership(scope: WriteScope, resource: ResourceRef, grant: Membership, granted: boolean): Promise<void> {
  const identities = await scope.aws("identitystore", resource);
  const IdentityStoreId = grant.store;
  if (granted) {
    const input = { IdentityStoreId, GroupId: grant.group, MemberId: { UserId: grant.user } };
    await identities.send(new CreateGroupMembershipCommand(input));
    return;
  }
  const MembershipId = await membershipId(scope, resource, grant);
  if (MembershipId === undefined) throw goneSince(grant);
  await identities.send(new DeleteGroupMembershipCommand({ IdentityStoreId, MembershipId }));
}

async function setAssignment(scope: WriteScope, resource: ResourceRef, grant: OwnAssignment, granted: boolean): Promise<void> {
  const sso = await scope.aws("ssoadmin", resource);
  const input = {
    InstanceArn: instanceArn(grant.instance),
    TargetId: grant.target,
    TargetType: "AWS_ACCOUNT",
    PermissionSetArn: setArn(grant.instance, grant.set),
    PrincipalType: "USER",
    PrincipalId: grant.user,
  } as const;
  const job = granted
    ? (await sso.send(new CreateAccountAssignmentCommand(input))).AccountAssignmentCreationStatus
    : (await sso.send(new DeleteAccountAssignmentCommand(input))).AccountAssignmentDeletionStatus;
  await ended(scope, job, (id) => `${granted ? "create" : "delete"} ${id}`, await lookAt(scope, resource, granted));
}

async function lookAt(scope: ReadScope, resource: ResourceRef, granted: boolean) {
  const grant = grantOf(resource);
  if (grant.kind === "membership") return defect("a membership is changed at once");
  const sso = await scope.aws("ssoadmin", resource);
  const InstanceArn = instanceArn(grant.instance);
  return async (id: string) =>
    granted
      ? (
          await sso.send(
            new DescribeAccountAssignmentCreationStatusCommand({ InstanceArn, AccountAssignmentCreationRequestId: id }),
          )
        ).AccountAssignmentCreationStatus
      : (
          await sso.send(
            new DescribeAccountAssignmentDeletionStatusCommand({ InstanceArn, AccountAssignmentDeletionRequestId: id }),
          )
        ).AccountAssignmentDeletionStatus;
}

function goneSince({ group, user }: Membership): ProviderError {
  const facts = { service: "aws.identitystore", operation: "DeleteGroupMembership", status: null, requestId: null };
  const message = `user ${user} left group ${group} since it was read`;
  return new ProviderError("stale", { ...facts, providerCode: "ResourceNotFoundException", message });
}

function taken() {
  return { before: { granted: true }, after: { granted: false } };
}

function summaryOfAssignment(user: string, set: string, target: string, sessionMs: number): string {
  return `take permission set "${set}" in account ${target} from user "${user}"; its sessions live for at most ${sayDuration(sessionMs)}`;
}

function summaryOfMembership(user: string, group: string, assignments: number): string {
  return `take user "${user}" out of group "${group}", which has ${assignments} ${assignments === 1 ? "assignment" : "assignments"}`;
}
