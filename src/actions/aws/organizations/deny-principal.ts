import { UpdatePolicyCommand } from "@aws-sdk/client-organizations";
import * as z from "zod";
import {
  AT_APPLY,
  type Claim,
  defect,
  instant,
  type MemberPrincipal,
  materialize,
  type ResidualAccess,
  type ResourceRef,
  type Skipped,
} from "../../../model/index.ts";
import type { ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { asksOf, type Statement } from "../policy-document.ts";
import { judgeStatements, mergeStatements, type PolicyState } from "../shared-statements.ts";
import { organizationsOf, policyText } from "./control-policies.ts";
import { askedOf, type Denied, deniedBy, FORMS, type Form, sayMember } from "./denials.ts";
import { findReachable, type Hindrance } from "./reachable.ts";
import { type TimedPolicy, textOf, timed } from "./timed-policy.ts";

type Params = { readonly roles: Form; readonly otherwise: "refuse" | "leave" };

/** Of those whom a plan leaves for one reason, so many are named. */
const MOST_NAMED = 10;

const EXAMPLE_ACCOUNT = "111122223333";
const EXAMPLE_PLACE = {
  kind: "aws.organization-principals",
  account: EXAMPLE_ACCOUNT,
  policy: "soc2-er-deny",
  principals: [
    { account: "123456789012", kind: "user", name: "intruder" },
    { account: "123456789012", kind: "role", name: "app-data" },
  ],
} as const;
const EXAMPLE_POLICY = `{
  "Version": "2012-10-17",
  "Statement": [
    { "Sid": "StayInTheOrganization", "Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*" }
  ]
}`;
const EXAMPLE_DENIAL =
  '{"Sid":"Soc2ErPrincipal573a8ed7aeba","Effect":"Deny","Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":["arn:aws:iam::123456789012:role/*/app-data","arn:aws:iam::123456789012:role/app-data","arn:aws:iam::123456789012:user/*/intruder","arn:aws:iam::123456789012:user/intruder"]}}}';
const EXAMPLE_OF_USER =
  '{"Sid":"Soc2ErPrincipaldfbf6aa731af","Effect":"Deny","Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":["arn:aws:iam::123456789012:user/*/intruder","arn:aws:iam::123456789012:user/intruder"]}}}';
const EXAMPLE_OF_SESSIONS =
  '{"Sid":"Soc2ErSessionsd55b59953610","Effect":"Deny","Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":["arn:aws:iam::123456789012:role/*/app-data","arn:aws:iam::123456789012:role/app-data"]},"DateLessThan":{"aws:TokenIssueTime":"{at-apply}"}}}';

export const denyPrincipal = defineAction<"aws.organization-principals", Params, TimedPolicy>({
  id: "aws.organizations.deny-principal",
  title: "Deny users and roles everything from above their account",
  description:
    "Adds Deny statements to the organization's service control policy for emergencies: every action, to the named users and roles, whatever path their ARNs have; with roles: issued-sessions, to a role only in its sessions that were issued before the moment at which the change is applied. Nobody inside an account can take it out, its administrators and root neither, which makes it the only denial that an attacker who rules the account cannot undo. The policy has to be attached above the accounts already, and is never attached, moved or replaced. Statements of other authors stay as they are. Who cannot be denied this way, because no such policy binds them, this one does not reach them or has no room, is refused; with otherwise: leave they are left and said, and of those for whom there is no room users come before roles.",
  containment: "source",
  blastRadius:
    "whoever and whatever works as one of these users, and in any session of one of these roles, old or new, is refused every call in every account, applications included; with roles: issued-sessions, new sessions of these roles work, and people, functions and hosts are refused until they have one; nobody else's requests are touched; a mistake in this policy would reach every account that it is attached above",
  targets: ["aws.organization-principals"],
  params: z.strictObject({
    /** What a role is denied. */
    roles: z.enum(FORMS).default("everything"),
    /** What becomes of the plan where somebody cannot be denied this way. */
    otherwise: z.enum(["refuse", "leave"]).default("refuse"),
  }),
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
      selection: EXAMPLE_PLACE,
      params: { roles: "everything", otherwise: "refuse" },
      changes: [
        {
          key: "p-soc2deny",
          resource: policyRef(EXAMPLE_ACCOUNT, "p-soc2deny"),
          summary:
            'deny user "intruder" of 123456789012, role "app-data" of 123456789012 everything in service control policy "soc2-er-deny"',
          before: { policy: EXAMPLE_POLICY },
          after: { policy: examplePolicy(EXAMPLE_DENIAL) },
          asks: [JSON.parse(EXAMPLE_DENIAL)],
        },
      ],
    },
    {
      title: "A user, and a role whose sessions were stolen",
      selection: EXAMPLE_PLACE,
      params: { roles: "issued-sessions", otherwise: "leave" },
      changes: [
        {
          key: "p-soc2deny",
          resource: policyRef(EXAMPLE_ACCOUNT, "p-soc2deny"),
          summary:
            'deny user "intruder" of 123456789012 everything, role "app-data" of 123456789012 in sessions issued before this is applied, in service control policy "soc2-er-deny"',
          before: { policy: EXAMPLE_POLICY },
          after: { policy: examplePolicy(`${EXAMPLE_OF_USER},${EXAMPLE_OF_SESSIONS}`), issuedBefore: [AT_APPLY] },
          asks: [JSON.parse(EXAMPLE_OF_USER), JSON.parse(EXAMPLE_OF_SESSIONS)],
        },
      ],
    },
  ],

  async *plan(scope, selection, { roles, otherwise }) {
    const { denial, hindrances } = await findReachable(scope, selection, roles);
    const [first] = hindrances;
    if (otherwise === "refuse" && first !== undefined) throw first.why;
    if (denial === null) return;
    const { policy, asks, after } = denial;
    yield {
      key: policy.id,
      resource: policyRef(selection.account, policy.id),
      summary: `deny ${sayDenied(denial.principals, roles)} in service control policy "${policy.name}"`,
      before: timed(policy.text),
      after: timed(after.policy),
      reversal: { kind: "restore" },
      asks,
    };
  },

  async leaves(scope, selection, { roles, otherwise }) {
    if (otherwise === "refuse") return [];
    return (await findReachable(scope, selection, roles)).hindrances.map(sayLeft);
  },

  read,

  async apply(scope, { resource, after }) {
    if (after === null) return defect(`service control policy "${resource.id}" cannot be without statements`);
    const organizations = await organizationsOf(scope, resource);
    await organizations.send(new UpdatePolicyCommand({ PolicyId: resource.id, Content: textOf(after) }));
  },

  async verify(scope, change, direction) {
    return judgeStatements(
      whole(await read(scope, change.resource)),
      { asks: askedOf(change), after: whole(change.after) },
      direction,
    );
  },

  merge(base, change, now, held) {
    if (now === null) return { state: null };
    const kept = held.map((other) => ({ asks: askedOf(other) }));
    const { state, conflict } = mergeStatements(whole(base), { asks: askedOf(change) }, whole(now), kept);
    if (state === null)
      return { state: now, conflict: "our statement is the only one left, and a service control policy needs one: it stays" };
    return { state: timed(state.policy), ...(conflict === undefined ? {} : { conflict }) };
  },

  denies: (change) => askedOf(change).flatMap(claimsOf),

  effects(change) {
    return askedOf(change)
      .flatMap(deniedBy)
      .flatMap(({ account, kind, name, issuedBefore }) => {
        if (issuedBefore === AT_APPLY) return [];
        const role = issuedBefore === undefined ? { role: name, session: "any" } : { role: name, issuedBefore };
        return [{ kind: "aws-call", account, as: kind === "user" ? { user: name } : role, operation: "*", resource: "*" }];
      });
  },

  async residual(_scope, { resource, asks }) {
    return [...asksOf(asks).flatMap(deniedBy).flatMap(residualOf), ...besides(resource)];
  },
});

/** Judged for a session of long ago, whatever the moment will be. */
function claimsOf(statement: Statement): Claim[] {
  const policy = JSON.stringify({ Version: "2012-10-17", Statement: [materialize(statement, instant(1_000))] });
  return deniedBy(statement).map(({ account, kind, name, issuedBefore }) => ({
    principal: `aws:${kind}/${name}`,
    account,
    what: issuedBefore === undefined ? "everything" : "everything in sessions issued before the change is applied",
    under: { policy, ...(issuedBefore === undefined ? {} : { keys: { "aws:TokenIssueTime": instant(0) } }) },
  }));
}

function residualOf(member: Denied): ResidualAccess[] {
  const { kind, name, issuedBefore } = member;
  const ofOthers = {
    what:
      kind === "user"
        ? `sessions of ${sayMember(member)} that it asked for with GetFederationToken, and those of roles that it assumed`
        : `sessions of other roles that sessions of ${sayMember(member)} assumed`,
    until: "until they expire, at most 36 hours after their issue, or until they are denied where they live",
    why: "such a session has an ARN of its own, which the statement does not name",
  };
  if (issuedBefore === undefined) return [ofOthers];
  return [
    ofOthers,
    {
      what: `new sessions of role "${name}" for whoever its trust policy lets in`,
      until: "until the trust policy no longer does",
      why: "only sessions issued before the moment are denied",
    },
  ];
}

function besides({ id }: ResourceRef): ResidualAccess[] {
  return [
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
      what: `whoever may change or detach service control policy "${id}" in the organization's management account`,
      until: "until that permission is denied to them",
      why: "service control policies do not bind the management account",
    },
  ];
}

function sayDenied(principals: readonly MemberPrincipal[], roles: Form): string {
  const inSessions = (one: MemberPrincipal) => one.kind === "role" && roles === "issued-sessions";
  const say = (some: readonly MemberPrincipal[], what: string) =>
    some.length === 0 ? [] : [`${some.map(sayMember).join(", ")} ${what}`];
  const parts = [
    ...say(
      principals.filter((one) => !inSessions(one)),
      "everything",
    ),
    ...say(principals.filter(inSessions), "in sessions issued before this is applied,"),
  ];
  return parts.join(", ");
}

function sayLeft({ who, why: { message, hints } }: Hindrance): Skipped {
  const named = who.slice(0, MOST_NAMED).map(sayMember).join(", ");
  const more = who.length > MOST_NAMED ? ` and ${who.length - MOST_NAMED} more` : "";
  return { resource: null, reason: [`not denied from above: ${named}${more}: ${message}`, ...hints].join("; ") };
}

function whole(state: TimedPolicy | null): PolicyState | null {
  return state === null ? null : { policy: textOf(state) };
}

async function read(scope: ReadScope, resource: ResourceRef): Promise<TimedPolicy | null> {
  const text = await policyText(await organizationsOf(scope, resource), resource.id);
  return text === null ? null : timed(text);
}

function policyRef(account: string, id: string): ResourceRef {
  return { provider: "aws", type: "organizations-policy", account, region: "global", id };
}

function examplePolicy(statements: string): string {
  return `{"Version":"2012-10-17","Statement":[{"Sid":"StayInTheOrganization","Effect":"Deny","Action":"organizations:LeaveOrganization","Resource":"*"},${statements}]}`;
}
