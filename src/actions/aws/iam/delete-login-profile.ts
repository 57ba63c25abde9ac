import { DeleteLoginProfileCommand, GetLoginProfileCommand } from "@aws-sdk/client-iam";
import * as z from "zod";
import { defect, type ResourceRef, sameJson } from "../../../model/index.ts";
import { orAbsent, type ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { iamOf } from "./pages.ts";

/** What IAM tells of a password. `created` is an instant. */
type State = { readonly created: string; readonly resetRequired: boolean };

export const deleteLoginProfile = defineAction<"aws.user", Record<string, never>, State>({
  id: "aws.iam.delete-login-profile",
  title: "Delete a user's console password, which cannot be undone",
  description:
    "Irreversible. Deletes the user's login profile, and with it the password that signs in to the console. Nothing is proposed for a user without one. A rollback does not give the password back: an administrator sets a new one. Where the user may only be kept from acting, a denial of everything does that and can be taken back.",
  containment: "access",
  blastRadius:
    "whoever signs in as this user with its password is refused, for good: the person whose user it is needs a new password from an administrator; sessions of the console that are open, access keys and other credentials are not stopped",
  targets: ["aws.user"],
  params: z.strictObject({}),
  permissions: {
    read: [{ service: "iam", operation: "GetLoginProfile", iam: ["iam:GetLoginProfile"] }],
    write: [{ service: "iam", operation: "DeleteLoginProfile", iam: ["iam:DeleteLoginProfile"] }],
  },
  bound: {
    ms: 300_000,
    source:
      "AWS IAM User Guide, changes are not always immediately visible: a change takes time to reach every endpoint; no figure is given, five minutes are allowed",
  },
  examples: [
    {
      title: "A user with a password",
      selection: { kind: "aws.user", account: "123456789012", name: "intruder" },
      params: {},
      changes: [
        {
          key: "intruder",
          resource: profileRef("123456789012", "intruder"),
          summary: 'delete the console password of user "intruder" for good',
          before: { created: "2026-11-25T21:40:07.000Z", resetRequired: false },
          after: null,
        },
      ],
    },
    {
      title: "A user without a password",
      selection: { kind: "aws.user", account: "123456789012", name: "deploy-bot" },
      params: {},
      changes: [],
    },
  ],

  async *plan(scope, { account, name: user }) {
    const resource = profileRef(account, user);
    const before = await read(scope, resource);
    if (before === null) return;
    yield {
      key: user,
      resource,
      summary: `delete the console password of user "${user}" for good`,
      before,
      after: null,
      reversal: {
        kind: "none",
        because: `the password of user "${user}" cannot be read back; an administrator can set a new one`,
      },
    };
  },

  read,

  async apply(scope, { resource, after }) {
    if (after !== null) return defect(`no password can be given back to user "${resource.id}"`);
    const iam = await iamOf(scope, resource);
    await iam.send(new DeleteLoginProfileCommand({ UserName: resource.id }));
  },

  async verify(scope, change) {
    const now = await read(scope, change.resource);
    // Nothing is given back: what a rollback leaves is what it found.
    if (now === null || sameJson(now, change.after)) return { verdict: "confirmed", level: "configuration" };
    const detail = now.created === change.before?.created ? "it has the password still" : `it has a password of ${now.created}`;
    return { verdict: "contradicted", level: "configuration", detail };
  },

  denies: (_change, { account, name }) => [{ principal: `aws:user/${name}`, account, what: "signing in with the password" }],

  async residual(_scope, { resource: { id: user } }) {
    return [
      {
        what: `sessions of the console in which user "${user}" is signed in`,
        until: "until they expire, at most 12 hours after the sign-in, or until the user is denied everything",
        why: "a password is asked for at the sign-in and not afterwards",
      },
      {
        what: `access keys and other credentials of user "${user}", and sessions that were issued with them`,
        until: "until they are inactive and have expired, or until the user is denied everything",
        why: "they need no password",
      },
      {
        what: `whoever may set a password for user "${user}" (iam:CreateLoginProfile), the user itself among them where its policies say so`,
        until: "until that permission is denied to them",
        why: "a user without a password may be given one",
      },
    ];
  },
});

/** Null for a user without a password, and where there is no such user. */
async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  const iam = await iamOf(scope, resource);
  const answer = await orAbsent(() => iam.send(new GetLoginProfileCommand({ UserName: resource.id })));
  const profile = answer?.LoginProfile;
  if (profile === undefined) return null;
  return { created: profile.CreateDate?.toISOString() ?? "", resetRequired: profile.PasswordResetRequired ?? false };
}

function profileRef(account: string, user: string): ResourceRef {
  return { provider: "aws", type: "iam-login-profile", account, region: "global", id: user };
}
