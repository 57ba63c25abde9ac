import {
  DeleteInlinePolicyFromPermissionSetCommand,
  DescribePermissionSetProvisioningStatusCommand,
  ProvisionPermissionSetCommand,
  PutInlinePolicyToPermissionSetCommand,
} from "@aws-sdk/client-sso-admin";
import * as z from "zod";
import { defect, type ResourceRef, type Reversal, type SelectionOf, sayDuration } from "../../../model/index.ts";
import { ProviderError, type ReadScope, type WriteScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { includes, statementsOf, withStatements } from "../policy-document.ts";
import { checkSize, type Limit } from "../shared-statements.ts";
import { factsOfSet, type Place } from "./grants.ts";
import { accountsOfSet, denialOf, denies, onSet, policyOfSet, type SetAt, type SetPolicy, setsOfUser } from "./inline-policy.ts";
import { ended, resumedJob } from "./jobs.ts";

type User = SelectionOf<"aws.sso-user">;
/** Whether the roles of a permission set deny the user everything. */
type State = { readonly denied: boolean };

const LIMIT: Limit = {
  most: 10_240,
  of: "bytes",
  service: "Identity Center",
  hint: "remove statements that nobody needs from the permission set's inline policy",
};

const JANE = {
  kind: "aws.sso-user",
  account: "123456789012",
  region: "us-east-1",
  instance: "ssoins-7223b05f3d8a0a11",
  store: "d-9067e2a1c4",
  name: "jane",
  id: "a4d8b4e8-7001-70aa-8000-00000000a4e1",
} as const;

export const denyUser = defineAction<"aws.sso-user", Record<string, never>, State>({
  id: "aws.sso.deny-user",
  title: "Deny an Identity Center user everything in its permission sets",
  description:
    "Adds a statement that denies everything to the user, by its id (identitystore:userId), to the inline policy of each permission set that the user is assigned by itself or by a group, and provisions the set to all its accounts: sessions of roles that the user has already are refused, too. Statements of other authors stay as they are. A permission set with changes that wait to be provisioned is left and said: provisioning would put them in force. A rollback takes the statement out and provisions again.",
  containment: "access",
  blastRadius:
    "whatever the user does in an AWS account with these permission sets fails, in sessions that it has and in new ones; other users of the sets are not touched, though Identity Center updates the role of each account that the sets are provisioned to; roles that the user went on to from such a session, and IAM users that it made, go on",
  targets: ["aws.sso-user"],
  params: z.strictObject({}),
  permissions: {
    read: [
      {
        service: "identitystore",
        operation: "ListGroupMembershipsForMember",
        iam: ["identitystore:ListGroupMembershipsForMember"],
      },
      { service: "ssoadmin", operation: "DescribePermissionSet", iam: ["sso:DescribePermissionSet"] },
      { service: "ssoadmin", operation: "ListAccountAssignmentsForPrincipal", iam: ["sso:ListAccountAssignmentsForPrincipal"] },
      { service: "ssoadmin", operation: "GetInlinePolicyForPermissionSet", iam: ["sso:GetInlinePolicyForPermissionSet"] },
      {
        service: "ssoadmin",
        operation: "ListAccountsForProvisionedPermissionSet",
        iam: ["sso:ListAccountsForProvisionedPermissionSet"],
      },
      {
        service: "ssoadmin",
        operation: "DescribePermissionSetProvisioningStatus",
        iam: ["sso:DescribePermissionSetProvisioningStatus"],
      },
    ],
    write: [
      { service: "ssoadmin", operation: "PutInlinePolicyToPermissionSet", iam: ["sso:PutInlinePolicyToPermissionSet"] },
      { service: "ssoadmin", operation: "DeleteInlinePolicyFromPermissionSet", iam: ["sso:DeleteInlinePolicyFromPermissionSet"] },
      { service: "ssoadmin", operation: "ProvisionPermissionSet", iam: ["sso:ProvisionPermissionSet"] },
    ],
  },
  bound: {
    ms: 120_000,
    source:
      "assumed: AWS gives no figure; Identity Center updates the roles of an account one at a time, two minutes are allowed",
  },
  examples: [
    {
      title: "A user with a permission set of its own and one by a group",
      selection: JANE,
      params: {},
      changes: [
        exampleChange("ps-7223aa01b2c3d401", "AdministratorAccess", 12),
        exampleChange("ps-7223aa01b2c3d402", "ReadOnly", 1),
      ],
    },
  ],

  async *plan(scope, user) {
    for (const { at, policy } of await setsToDeny(scope, user)) {
      if (waits(policy, user.id)) continue;
      const { name, sessionMs } = await factsOfSet(scope, user, user.instance, at.set);
      const wanted = withDenial(policy.text, user.id, true);
      checkSize(wanted === null ? null : { policy: wanted }, `permission set "${name}"`, LIMIT);
      yield {
        key: at.set,
        resource: denialRef(at, user.id),
        summary: summaryOf(user.name, name, sessionMs),
        before: stateOf(policy, user.id),
        after: { denied: true },
        reversal: reversalOf(policy.text),
      };
    }
  },

  async leaves(scope, user) {
    const waiting = (await setsToDeny(scope, user)).filter(({ policy }) => waits(policy, user.id));
    return Promise.all(
      waiting.map(async ({ at }) => {
        const { name } = await factsOfSet(scope, user, user.instance, at.set);
        const reason = `permission set "${name}" has changes that are not provisioned to all its accounts, and what its roles deny cannot be told: provision it, then plan again`;
        return { resource: denialRef(at, user.id), reason };
      }),
    );
  },

  async read(scope, resource) {
    const { at, user } = partsOf(resource);
    const policy = await policyOfSet(scope, at);
    return policy === null ? null : stateOf(policy, user);
  },

  async apply(scope, { resource, after }) {
    if (after === null) return defect("a permission set is neither made nor deleted");
    const { at, user } = partsOf(resource);
    // The policy has no version to hold on to, and Identity Center may refuse to work on two roles of an account at a time.
    await scope.inTurn(`sso ${at.account} ${at.instance}`, async () => {
      await setDenial(scope, at, user, after.denied);
      await provision(scope, at);
    });
  },

  async settle(scope, { resource }, token) {
    const { at } = partsOf(resource);
    await resumedJob(scope, token, await lookAt(scope, at));
  },

  async verify(scope, { resource, after }) {
    const { at, user } = partsOf(resource);
    const policy = await policyOfSet(scope, at);
    const contradicted = (detail: string) => ({ verdict: "contradicted", level: "configuration", detail }) as const;
    const confirmed = { verdict: "confirmed", level: "configuration" } as const;
    if (policy === null) return after === null ? confirmed : contradicted("the permission set is gone");
    if (denies(policy.text, user) !== (after?.denied ?? false))
      return contradicted(`the inline policy ${after?.denied ? "lacks the denial" : "still has the denial"}`);
    if (!policy.provisioned) return contradicted("the permission set is not provisioned to all its accounts");
    return confirmed;
  },

  denies({ resource, after }, { account, name, id }) {
    const policy = withDenial(null, id, true);
    if (after?.denied !== true || policy === null) return [];
    const what = `everything with permission set ${partsOf(resource).at.set}`;
    return [{ principal: `aws:sso-user/${name}`, account, what, under: { policy, keys: { "identitystore:userId": id } } }];
  },

  effects({ resource }) {
    const { at, user } = partsOf(resource);
    return [{ kind: "portal", account: at.account, region: at.region, user, grant: at.set, session: "issued" }];
  },

  async residual(scope, { resource }) {
    const { at } = partsOf(resource);
    const { name } = await factsOfSet(scope, at, at.instance, at.set);
    return [
      {
        what: `sessions of other roles that the user went on to from permission set "${name}"`,
        until: "until these roles' sessions are revoked, or they expire: a chained session lives for at most an hour",
        why: "a session of another role is not one of the permission set's, and its policies do not name the user",
      },
      {
        what: "the user's sign-in to the access portal, and to applications that are integrated with Identity Center",
        until:
          "until somebody disables the user and deletes its sessions in the console: the sign-in then ends at once, applications within two hours as AWS documents",
        why: "AWS has no public operation for either, and permission sets say nothing about applications",
      },
      {
        what: "calls that AWS lets pass whatever the identity's policies say, such as sts:GetCallerIdentity, and links that were signed to be opened without credentials elsewhere",
        until: "until the session expires; that AWS refuses every link which the session signed is not verified here",
        why: "some operations need no permission",
      },
    ];
  },
});

type Found = { readonly at: SetAt; readonly policy: SetPolicy };

async function setsToDeny(scope: ReadScope, user: User): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const set of await setsOfUser(scope, user, user)) {
    const at = { account: user.account, region: user.region, instance: user.instance, set };
    const policy = await policyOfSet(scope, at);
    if (policy !== null) found.push({ at, policy });
  }
  return found;
}

/**
 * Roles have what the set had when it was provisioned last. A set that waits to be provisioned while ours is being put in or taken out
 * is judged by what its roles still have, so that a second attempt finishes what a crash between the two calls left.
 */
function stateOf({ text, provisioned }: SetPolicy, user: string): State {
  return { denied: denies(text, user) === provisioned };
}

/** Somebody else's changes are not in force, and nothing tells whether the roles deny the user. */
function waits({ text, provisioned }: SetPolicy, user: string): boolean {
  return !provisioned && !denies(text, user);
}

function withDenial(text: string | null, user: string, denied: boolean): string | null {
  if (denies(text, user) === denied) return text;
  const ours = denialOf(user, text);
  const present = statementsOf(text);
  return withStatements(text, denied ? [...present, ours] : present.filter((statement) => !includes([ours], statement)));
}

async function setDenial(scope: WriteScope, at: SetAt, user: string, denied: boolean): Promise<void> {
  const policy = await policyOfSet(scope, at);
  if (policy === null) throw goneSince(at);
  const wanted = withDenial(policy.text, user, denied);
  if (wanted === policy.text) return;
  const sso = await scope.aws("ssoadmin", at);
  if (wanted === null) await sso.send(new DeleteInlinePolicyFromPermissionSetCommand(onSet(at)));
  else await sso.send(new PutInlinePolicyToPermissionSetCommand({ ...onSet(at), InlinePolicy: wanted }));
}

async function provision(scope: WriteScope, at: SetAt): Promise<void> {
  // There are no roles to update where the last assignment went meanwhile.
  if ((await accountsOfSet(scope, at)).length === 0) return;
  const sso = await scope.aws("ssoadmin", at);
  const job = await sso.send(new ProvisionPermissionSetCommand({ ...onSet(at), TargetType: "ALL_PROVISIONED_ACCOUNTS" }));
  await ended(scope, job.PermissionSetProvisioningStatus, (id) => id, await lookAt(scope, at));
}

async function lookAt(scope: ReadScope, at: SetAt) {
  const sso = await scope.aws("ssoadmin", at);
  const { InstanceArn } = onSet(at);
  return async (id: string) =>
    (await sso.send(new DescribePermissionSetProvisioningStatusCommand({ InstanceArn, ProvisionPermissionSetRequestId: id })))
      .PermissionSetProvisioningStatus;
}

function goneSince({ set }: SetAt): ProviderError {
  const facts = { service: "aws.ssoadmin", operation: "GetInlinePolicyForPermissionSet", status: null, requestId: null };
  const message = `permission set ${set} was deleted since it was read`;
  return new ProviderError("stale", { ...facts, providerCode: "ResourceNotFoundException", message });
}

/** A policy that is written out again keeps its statements, and loses white space and the like. */
function reversalOf(text: string | null): Reversal {
  if (text === null || withStatements(text, statementsOf(text)) === text) return { kind: "restore" };
  return { kind: "compensate", how: "the statement is taken out; what else the policy has is written without white space" };
}

function denialRef({ account, region, instance, set }: SetAt, user: string): ResourceRef {
  return { provider: "aws", type: "sso-denial", account, region, id: `${instance}/${set}/${user}` };
}

function partsOf({ account, region, id }: Place & { readonly id: string }): { readonly at: SetAt; readonly user: string } {
  const [instance, set, user] = id.split("/");
  if (!instance || !set || !user) return defect(`"${id}" names no denial of a user`);
  return { at: { account, region, instance, set }, user };
}

function summaryOf(user: string, set: string, sessionMs: number): string {
  return `deny user "${user}" everything in permission set "${set}", whose sessions live for at most ${sayDuration(sessionMs)}`;
}

function exampleChange(set: string, name: string, hours: number) {
  return {
    key: set,
    resource: denialRef({ ...JANE, set }, JANE.id),
    summary: summaryOf("jane", name, hours * 3_600_000),
    before: { denied: false },
    after: { denied: true },
  };
}
