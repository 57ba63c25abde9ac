import { UpdatePolicyCommand } from "@aws-sdk/client-organizations";
import * as z from "zod";
import { defect, ErError, type MemberPrincipal, type ResourceRef, type SelectionOf } from "../../../model/index.ts";
import type { ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { asksOf, named, type Statement, statementsOf } from "../policy-document.ts";
import { checkSize, judgeStatements, type Limit, mergeStatements, type PolicyState, withAsked } from "../shared-statements.ts";
import {
  above,
  type ControlPolicy,
  managementAccount,
  type Organizations,
  organizationsOf,
  policyNamed,
  policyText,
  targetsOf,
} from "./control-policies.ts";

type Place = SelectionOf<"aws.organization-principals">;

/** White space counts. What stands at more is taken for a raised quota. */
const MOST_CHARACTERS = 5_120;
const MOST_CHARACTERS_RAISED = 10_240;

const EXAMPLE_ACCOUNT = "111122223333";
const EXAMPLE_POLICY = `{
  "Version": "2012-10-17",
  "Statement": [
    { "Sid": "StayInTheOrganization", "Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*" }
  ]
}`;
const EXAMPLE_DENIAL =
  '{"Sid":"Soc2ErPrincipal573a8ed7aeba","Effect":"Deny","Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":["arn:aws:iam::123456789012:role/*/app-data","arn:aws:iam::123456789012:role/app-data","arn:aws:iam::123456789012:user/*/intruder","arn:aws:iam::123456789012:user/intruder"]}}}';

export const denyPrincipal = defineAction<"aws.organization-principals", Record<string, never>, PolicyState>({
  id: "aws.organizations.deny-principal",
  title: "Deny users and roles everything from above their account",
  description:
    "Adds one Deny statement to the organization's service control policy for emergencies: every action, to the named users and roles, whatever path their ARNs have. Nobody inside an account can take it out, its administrators and root neither, which makes it the only denial that an attacker who rules the account cannot undo. The policy has to be attached above the accounts already, and is never attached, moved or replaced. Statements of other authors stay as they are.",
  containment: "source",
  blastRadius:
    "whoever and whatever works as one of these users, and in any session of one of these roles, old or new, is refused every call in every account, applications included; nobody else's requests are touched; a mistake in this policy would reach every account that it is attached above",
  targets: ["aws.organization-principals"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "organizations", operation: "DescribeOrganization", iam: ["organizations:DescribeOrganization"] },
      { service: "organizations", operation: "DescribePolicy", iam: ["organizations:DescribePolicy"] },
      { service: "organizations", operation: "ListParents", iam: ["organizations:ListParents"] },
      { service: "organizations", operation: "ListPolicies", iam: ["organizations:ListPolicies"] },
      { service: "organizations", operation: "ListTargetsForPolicy", iam: ["organizations:ListTargetsForPolicy"] },
    ],
    write: [{ service: "organizations", operation: "UpdatePolicy", iam: ["organizations:UpdatePolicy"] }],
  },
  bound: {
    ms: 300_000,
    source:
      "assumed: AWS documents no time within which a changed service control policy is enforced; five minutes are allowed, as for IAM's policies",
  },
  examples: [
    {
      title: "A user and a role of one account",
      selection: {
        kind: "aws.organization-principals",
        account: EXAMPLE_ACCOUNT,
        policy: "soc2-er-deny",
        principals: [
          { account: "123456789012", kind: "user", name: "intruder" },
          { account: "123456789012", kind: "role", name: "app-data" },
        ],
      },
      params: {},
      changes: [
        {
          key: "p-soc2deny",
          resource: policyRef(EXAMPLE_ACCOUNT, "p-soc2deny"),
          summary:
            'deny user "intruder" of 123456789012, role "app-data" of 123456789012 everything in service control policy "soc2-er-deny"',
          before: { policy: EXAMPLE_POLICY },
          after: {
            policy: `{"Version":"2012-10-17","Statement":[{"Sid":"StayInTheOrganization","Effect":"Deny","Action":"organizations:LeaveOrganization","Resource":"*"},${EXAMPLE_DENIAL}]}`,
          },
          asks: [JSON.parse(EXAMPLE_DENIAL)],
        },
      ],
    },
  ],

  async *plan(scope, { account, policy: nameOrId, principals }) {
    const organizations = await organizationsOf(scope, { account });
    const policy = await policyNamed(organizations, nameOrId);
    await checkBound(organizations, policy, principals);
    const before: PolicyState = { policy: policy.text };
    const asks = [named("Soc2ErPrincipal", denialOf(principals), statementsOf(policy.text))];
    const after = withAsked(before, asks);
    if (after !== before) checkSize(after, `the organization, "${policy.name}",`, limitOf(policy));
    yield {
      key: policy.id,
      resource: policyRef(account, policy.id),
      summary: `deny ${principals.map(sayMember).join(", ")} everything in service control policy "${policy.name}"`,
      before,
      after,
      reversal: { kind: "restore" },
      asks,
    };
  },

  read,

  async apply(scope, { resource, after }) {
    if (after === null) return defect(`service control policy "${resource.id}" cannot be without statements`);
    const organizations = await organizationsOf(scope, resource);
    await organizations.send(new UpdatePolicyCommand({ PolicyId: resource.id, Content: after.policy }));
  },

  async verify(scope, change, direction) {
    return judgeStatements(await read(scope, change.resource), change, direction);
  },

  merge(base, change, now, held) {
    if (now === null) return { state: null };
    const merged = mergeStatements(base, change, now, held);
    if (merged.state !== null) return merged;
    return { state: now, conflict: "our statement is the only one left, and a service control policy needs one: it stays" };
  },

  effects({ asks }) {
    return asksOf(asks)
      .flatMap(membersIn)
      .map(({ account, kind, name }) => {
        const as = kind === "user" ? { user: name } : { role: name, session: "any" };
        return { kind: "aws-call", account, as, operation: "*", resource: "*" };
      });
  },

  async residual(_scope, { resource, asks }) {
    const members = asksOf(asks).flatMap(membersIn);
    return [
      ...members.map((member) => ({
        what:
          member.kind === "user"
            ? `sessions of ${sayMember(member)} that it asked for with GetFederationToken, and those of roles that it assumed`
            : `sessions of other roles that sessions of ${sayMember(member)} assumed`,
        until: "until they expire, at most 36 hours after their issue, or until they are denied where they live",
        why: "such a session has an ARN of its own, which the statement does not name",
      })),
      {
        what: "the same person under another name: a user that an administrator of the account renames, or other users and roles",
        until: "until nobody whom the attacker rules may manage identities in the account",
        why: "the statement names users and roles by their ARNs",
      },
      {
        what: "proof of who they are (sts:GetCallerIdentity), which Kubernetes clusters on EKS take for a sign-in",
        until: "until their credentials are inactive and their sessions have expired",
        why: "no policy can deny this call; remove them from the clusters' access entries",
      },
      {
        what: `whoever may change or detach service control policy "${resource.id}" in the organization's management account`,
        until: "until that permission is denied to them",
        why: "service control policies do not bind the management account",
      },
    ];
  },
});

/** Errors: `limit-exceeded` for who is bound by no such policy, `config-invalid` where this one does not reach. */
async function checkBound(organizations: Organizations, policy: ControlPolicy, principals: Place["principals"]): Promise<void> {
  const linked = principals.find(({ kind, name }) => kind === "role" && name.startsWith("AWSServiceRoleFor"));
  if (linked) {
    throw new ErError("limit-exceeded", `${sayMember(linked)} cannot be denied from above: it belongs to an AWS service`);
  }
  const [management, targets] = await Promise.all([managementAccount(organizations), targetsOf(organizations, policy.id)]);
  for (const account of new Set(principals.map((one) => one.account))) {
    if (account === management) {
      throw new ErError(
        "limit-exceeded",
        `nobody of account ${account} can be denied from above: service control policies do not bind the organization's management account`,
        { hints: ["leave them out of the target", "soc2-er revoke denies them inside the account"] },
      );
    }
    if ((await above(organizations, account)).some((one) => targets.includes(one))) continue;
    throw new ErError(
      "config-invalid",
      `service control policy "${policy.name}" is not attached above account ${account}: it would deny nothing there`,
      { hints: [`aws organizations attach-policy --policy-id ${policy.id} --target-id ${account}`] },
    );
  }
}

/** Both with and without a path: names are unique in an account, whatever the path, and paths can be changed. */
function denialOf(principals: Place["principals"]): Statement {
  const arns = principals.flatMap(({ account, kind, name }) =>
    ["", "*/"].map((path) => `arn:aws:iam::${account}:${kind}/${path}${name}`),
  );
  const Condition = { ArnLike: { "aws:PrincipalArn": [...new Set(arns)].toSorted() } };
  return { Effect: "Deny", Action: "*", Resource: "*", Condition };
}

/** Whom a statement of ours names. */
function membersIn(statement: Statement): readonly MemberPrincipal[] {
  const { ArnLike } = (statement["Condition"] ?? {}) as { ArnLike?: { "aws:PrincipalArn"?: readonly string[] } };
  return (ArnLike?.["aws:PrincipalArn"] ?? []).flatMap((arn) => {
    const [, account = "", kind, name = ""] = /^arn:aws:iam::(\d{12}):(user|role)\/([^*/]+)$/.exec(arn) ?? [];
    return kind === "user" || kind === "role" ? [{ account, kind, name }] : [];
  });
}

function sayMember({ account, kind, name }: MemberPrincipal): string {
  return `${kind} "${name}" of ${account}`;
}

function limitOf({ id, text }: ControlPolicy): Limit {
  return {
    most: text.length > MOST_CHARACTERS ? MOST_CHARACTERS_RAISED : MOST_CHARACTERS,
    of: "characters",
    service: "Organizations",
    hint: `remove white space and statements that nobody needs: aws organizations describe-policy --policy-id ${id}`,
  };
}

async function read(scope: ReadScope, resource: ResourceRef): Promise<PolicyState | null> {
  const text = await policyText(await organizationsOf(scope, resource), resource.id);
  return text === null ? null : { policy: text };
}

function policyRef(account: string, id: string): ResourceRef {
  return { provider: "aws", type: "organizations-policy", account, region: "global", id };
}
