import {
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminGetUserCommand,
  AdminUserGlobalSignOutCommand,
  ListUsersInGroupCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import * as z from "zod";
import {
  compact,
  defect,
  type ProposedChange,
  type ResourceRef,
  type Reversal,
  type SelectionOf,
  sameJson,
  sayDuration,
} from "../../../model/index.ts";
import { everyPage, orAbsent, type ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { longestTokenMs } from "./token-life.ts";

type Place = SelectionOf<"aws.cognito-user" | "aws.cognito-group">;
/** Of a pool's user: whether it may sign in. */
type State = { readonly enabled: boolean };
type User = State & { readonly name: string };

const POOL = "us-east-1_Portal001";
const HERE = { account: "123456789012", region: "us-east-1", pool: POOL } as const;

export const signOutUsers = defineAction<"aws.cognito-user" | "aws.cognito-group", Record<string, never>, State>({
  id: "aws.cognito.sign-out-users",
  title: "Sign users of a Cognito user pool out and disable them",
  description:
    "Revokes the refresh tokens of each user and what the pool itself accepts of its other tokens, then disables the user, so that it cannot sign in again. Users who are disabled already are held that way. A rollback enables those who were enabled before; their sessions cannot be given back: they sign in anew.",
  containment: "access",
  blastRadius:
    "each of these users is signed out of every application of the pool, for as long as it is disabled nobody signs in as it, and where a whole group is meant, everybody in it; users of other groups are not touched; whoever accepts the pool's tokens without asking Cognito goes on accepting those that were issued until they expire",
  targets: ["aws.cognito-user", "aws.cognito-group"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "cognito", operation: "ListUsersInGroup", iam: ["cognito-idp:ListUsersInGroup"] },
      { service: "cognito", operation: "AdminGetUser", iam: ["cognito-idp:AdminGetUser"] },
      { service: "cognito", operation: "ListUserPoolClients", iam: ["cognito-idp:ListUserPoolClients"] },
      { service: "cognito", operation: "DescribeUserPoolClient", iam: ["cognito-idp:DescribeUserPoolClient"] },
    ],
    write: [
      { service: "cognito", operation: "AdminUserGlobalSignOut", iam: ["cognito-idp:AdminUserGlobalSignOut"] },
      { service: "cognito", operation: "AdminDisableUser", iam: ["cognito-idp:AdminDisableUser"] },
      { service: "cognito", operation: "AdminEnableUser", iam: ["cognito-idp:AdminEnableUser"] },
    ],
  },
  bound: {
    ms: 60_000,
    source: "assumed: AWS documents no time until a user's disablement takes effect; a minute is allowed",
  },
  examples: [
    {
      title: "Everybody in a tenant's group, one of them disabled already",
      selection: { kind: "aws.cognito-group", tenant: "acme", ...HERE, group: "acme" },
      params: {},
      changes: [exampleChange("ada", true), exampleChange("bo", false)],
    },
    {
      title: "One user",
      selection: { kind: "aws.cognito-user", ...HERE, name: "cleo" },
      params: {},
      changes: [exampleChange("cleo", true)],
    },
  ],

  async *plan(scope, selection) {
    const users = await usersAt(scope, selection);
    if (users.length === 0) return;
    const life = await longestTokenMs(scope, selection);
    for (const { name, enabled } of users.toSorted((left, right) => (left.name < right.name ? -1 : 1)))
      yield {
        key: name,
        resource: userRef(selection, name),
        summary: summaryOf(selection.pool, { name, enabled }, life),
        before: { enabled },
        after: { enabled: false },
        reversal: reversalOf({ name, enabled }),
      };
  },

  read,

  // Signed out first: a user that is found disabled was signed out, too. What is signed in between the two calls is refused as
  // long as the user is disabled.
  async apply(scope, { resource, after }) {
    const cognito = await scope.aws("cognito", resource);
    const input = inputOf(resource);
    if (after?.enabled === true) await cognito.send(new AdminEnableUserCommand(input));
    else if (after?.enabled === false) {
      await cognito.send(new AdminUserGlobalSignOutCommand(input));
      await cognito.send(new AdminDisableUserCommand(input));
    } else defect(`user "${resource.id}" is neither made nor deleted`);
  },

  async verify(scope, change, direction) {
    const now = await read(scope, change.resource);
    // Nobody signs in as a user that is gone.
    const inPlace = direction === "contain" ? now?.enabled !== true : sameJson(now, change.after);
    if (inPlace) return { verdict: "confirmed", level: "configuration" };
    const detail = now === null ? "it is gone" : `it is ${now.enabled ? "enabled" : "disabled"}`;
    return { verdict: "contradicted", level: "configuration", detail };
  },

  denies: ({ resource: { account, id } }) => [{ principal: `cognito:user/${id}`, account, what: "signing in" }],

  effects({ resource }) {
    const { account, region } = resource;
    const { UserPoolId, Username } = inputOf(resource);
    return [{ kind: "sign-in", account, region, directory: UserPoolId, user: Username }];
  },

  async residual(scope, { resource }) {
    const { UserPoolId: pool, Username: user } = inputOf(resource);
    const life = await longestTokenMs(scope, { ...resource, pool });
    return [
      {
        what: `access and identity tokens of user "${user}" that were issued before, at applications and gateways which check only their signature`,
        until: `until they expire, at most ${sayDuration(life)} after their issue as the clients of pool ${pool} are set`,
        why: "a signed token is good wherever nobody asks Cognito; an application has to refuse the user by itself",
      },
      {
        what: `sessions that applications keep for user "${user}" by themselves, and AWS credentials that an identity pool gave it`,
        until: "until they expire or are revoked there",
        why: "Cognito has no part in them any more; revoke the sessions of the identity pool's roles, too",
      },
      {
        what: `a new user of the same person in pool ${pool}, where people may sign up by themselves`,
        until: "until signing up is turned off in the pool",
        why: "the user is disabled and not the person",
      },
    ];
  },
});

async function usersAt(scope: ReadScope, selection: Place): Promise<readonly User[]> {
  if (selection.kind === "aws.cognito-group") return usersIn(scope, selection);
  const found = await read(scope, userRef(selection, selection.name));
  return found === null ? [] : [{ name: selection.name, ...found }];
}

/** None where there is no such group, or no such pool in the account. */
async function usersIn(scope: ReadScope, place: SelectionOf<"aws.cognito-group">): Promise<User[]> {
  const cognito = await scope.aws("cognito", place);
  const group = { UserPoolId: place.pool, GroupName: place.group };
  const users = await everyPage(
    (from) => orAbsent(() => cognito.send(new ListUsersInGroupCommand(compact({ ...group, NextToken: from })))),
    ({ Users }) => Users,
  );
  return users.flatMap(({ Username, Enabled }) =>
    Username === undefined ? [] : [{ name: Username, enabled: Enabled ?? false }],
  );
}

async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  const cognito = await scope.aws("cognito", resource);
  const user = await orAbsent(() => cognito.send(new AdminGetUserCommand(inputOf(resource))));
  return user === null ? null : { enabled: user.Enabled ?? false };
}

function userRef({ account, region, pool }: Pick<Place, "account" | "region" | "pool">, name: string): ResourceRef {
  return { provider: "aws", type: "cognito-user", account, region, id: `${pool}/${name}` };
}

/** Ids of pools have no slash, names of users may. */
function inputOf({ id }: ResourceRef): { UserPoolId: string; Username: string } {
  const slash = id.indexOf("/");
  return slash < 1
    ? defect(`"${id}" names no user of a pool`)
    : { UserPoolId: id.slice(0, slash), Username: id.slice(slash + 1) };
}

function summaryOf(pool: string, { name, enabled }: User, life: number): string {
  if (!enabled) return `hold user "${name}" of pool ${pool} disabled`;
  return `sign user "${name}" of pool ${pool} out and disable it; tokens issued before live for at most ${sayDuration(life)}`;
}

function reversalOf({ name, enabled }: User): Reversal {
  if (!enabled) return { kind: "restore" };
  return { kind: "compensate", how: `user "${name}" is enabled again and signs in anew; its sessions cannot be given back` };
}

function exampleChange(name: string, enabled: boolean): Omit<ProposedChange<State>, "reversal"> {
  return {
    key: name,
    resource: userRef(HERE, name),
    summary: summaryOf(POOL, { name, enabled }, 8 * 3_600_000),
    before: { enabled },
    after: { enabled: false },
  };
}
