import {
  DeleteUserPolicyCommand,
  GetUserPolicyCommand,
  ListUserPoliciesCommand,
  PutUserPolicyCommand,
} from "@aws-sdk/client-iam";
import * as z from "zod";
import { defect, type ResourceRef, sameJson } from "../../../model/index.ts";
import { orAbsent, type ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { passwordOf } from "./credential.ts";
import { allowedCalls, asksOf, checkSize, type InlinePolicy, nameFor, stoppedBy, textOf } from "./inline-policy.ts";
import { everyPage, iamOf } from "./pages.ts";

/** The policy's exact text. */
type State = { readonly policy: string };

const POLICY = "soc2-er-deny-user";
const DENY_ALL = '{"Version":"2012-10-17","Statement":[{"Sid":"DenyAll","Effect":"Deny","Action":"*","Resource":"*"}]}';

export const denyUser = defineAction<"aws.user", Record<string, never>, State>({
  id: "aws.iam.deny-user",
  title: "Deny a user everything",
  description:
    "Gives the user an inline policy that denies every action on every resource. An explicit deny wins over whatever else the user is allowed, for its access keys, its console and the sessions that it asked for itself. It comes before anything else, so that nothing new can be made with what is still active. The user's own policies stay as they are.",
  containment: "source",
  blastRadius:
    "whoever and whatever works as this user, applications that hold its access keys included, is refused every call; sessions of roles that the user assumed are not stopped, nor is sts:GetCallerIdentity, which no policy can deny",
  targets: ["aws.user"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "iam", operation: "ListUserPolicies", iam: ["iam:ListUserPolicies"] },
      { service: "iam", operation: "GetUserPolicy", iam: ["iam:GetUserPolicy"] },
    ],
    write: [
      { service: "iam", operation: "PutUserPolicy", iam: ["iam:PutUserPolicy"] },
      { service: "iam", operation: "DeleteUserPolicy", iam: ["iam:DeleteUserPolicy"] },
    ],
  },
  bound: {
    ms: 300_000,
    source:
      "AWS IAM User Guide, disabling permissions: it might take a few minutes for policy updates to take effect; five minutes are allowed",
  },
  examples: [
    {
      title: "A user with a policy of its own",
      selection: { kind: "aws.user", account: "123456789012", name: "intruder" },
      params: {},
      changes: [
        {
          key: "intruder",
          resource: policyRef("123456789012", "intruder", POLICY),
          summary: 'deny user "intruder" everything',
          before: null,
          after: { policy: DENY_ALL },
          asks: { stops: [{ operation: "s3:GetObject", resource: "arn:aws:s3:::acme-data/*" }] },
        },
      ],
    },
  ],

  async *plan(scope, { account, name: user }) {
    const present = await policiesOf(scope, account, user);
    const name = nameFor(POLICY, present, (text) => text === DENY_ALL);
    const stands = present.some((policy) => policy.name === name);
    if (!stands) checkSize("user", user, present, { name, text: DENY_ALL }, roomHints(user));
    yield {
      key: user,
      resource: policyRef(account, user, name),
      summary: `deny user "${user}" everything`,
      before: stands ? { policy: DENY_ALL } : null,
      after: { policy: DENY_ALL },
      reversal: { kind: "restore" },
      asks: asksOf(allowedCalls(present)),
    };
  },

  read,

  async apply(scope, { resource, after }) {
    const iam = await iamOf(scope, resource);
    if (after === null) await iam.send(new DeleteUserPolicyCommand(inputOf(resource)));
    else await iam.send(new PutUserPolicyCommand({ ...inputOf(resource), PolicyDocument: after.policy }));
  },

  async verify(scope, change, direction) {
    const now = await read(scope, change.resource);
    if (sameJson(now, change.after)) return { verdict: "confirmed", level: "configuration" };
    const detail =
      direction === "contain"
        ? `policy "${inputOf(change.resource).PolicyName}" does not deny the user everything`
        : "the policy is not the one that was to be put back";
    return { verdict: "contradicted", level: "configuration", detail };
  },

  denies: ({ after }, { account, name }) =>
    after === null ? [] : [{ principal: `aws:user/${name}`, account, what: "everything", under: { policy: after.policy } }],

  effects(change) {
    const { account } = change.resource;
    const { UserName: user } = inputOf(change.resource);
    return stoppedBy(change.asks).map((call) => ({ kind: "aws-call", account, as: { user }, ...call }));
  },

  async residual(_scope, change) {
    const { UserName: user } = inputOf(change.resource);
    return [
      {
        what: `sessions of roles that user "${user}" assumed`,
        until: "until they expire, at most 12 hours after their issue",
        why: "such a session is judged by the role's policies; revoke the role's sessions too",
      },
      {
        what: `proof of being user "${user}" (sts:GetCallerIdentity), which Kubernetes clusters on EKS take for a sign-in`,
        until: "until its access keys are inactive and its sessions have expired",
        why: "no policy can deny this call; remove the user from the clusters' access entries",
      },
      {
        what: `what services handed out to user "${user}": sessions of S3 Express (5 minutes), logins to container registries (12 hours), open shells and database connections`,
        until: "until each of them ends",
        why: "they are judged when they begin, not at every use",
      },
      passwordOf(user),
    ];
  },
});

async function policiesOf(scope: ReadScope, account: string, user: string): Promise<InlinePolicy[]> {
  const iam = await iamOf(scope, { account });
  const names = await everyPage(
    (from) => iam.send(new ListUserPoliciesCommand({ UserName: user, ...from })),
    ({ PolicyNames }) => PolicyNames,
  );
  const texts = await Promise.all(names.map((name) => read(scope, policyRef(account, user, name))));
  return names.flatMap((name, index) => {
    const text = texts[index]?.policy;
    return text === undefined ? [] : [{ name, text }];
  });
}

async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  const iam = await iamOf(scope, resource);
  const answer = await orAbsent(() => iam.send(new GetUserPolicyCommand(inputOf(resource))));
  return answer === null ? null : { policy: textOf(answer.PolicyDocument) };
}

function policyRef(account: string, user: string, name: string): ResourceRef {
  return { provider: "aws", type: "iam-user-policy", account, region: "global", id: `${user}/${name}` };
}

/** Names of users have no slash. */
function inputOf({ id }: ResourceRef): { UserName: string; PolicyName: string } {
  const [UserName, PolicyName] = id.split("/");
  if (UserName === undefined || PolicyName === undefined) return defect(`"${id}" names no policy of a user`);
  return { UserName, PolicyName };
}

function roomHints(user: string): string[] {
  return [
    `aws iam attach-user-policy --user-name ${user} --policy-arn arn:aws:iam::aws:policy/AWSDenyAll`,
    `aws iam list-user-policies --user-name ${user}`,
    "soc2-er revoke aws:key/AKIA… deactivates a single key without the denial",
  ];
}
