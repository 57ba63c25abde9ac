import { AttachPolicyCommand, DetachPolicyCommand, ListPoliciesForTargetCommand } from "@aws-sdk/client-organizations";
import * as z from "zod";
import { defect, ErError, type ResourceRef, sameJson } from "../../../model/index.ts";
import { orAbsent, type ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { everyPage } from "../ec2/pages.ts";
import { exemptIn, statementsOf } from "../policy-document.ts";
import {
  type ControlPolicy,
  managementAccount,
  type Organizations,
  organizationsOf,
  policyNamed,
  policyText,
} from "./control-policies.ts";

/** Whether the policy is attached to the account, and what it says: approvers decide on this text. */
type State = { readonly attached: boolean; readonly policy: string };

/** Service control policies on one account. Where more stand, the quota is raised. */
const MOST_ATTACHED = 5;
const MOST_ATTACHED_RAISED = 10;

const EXAMPLE_ACCOUNT = "111122223333";
const EXAMPLE_POLICY = `{
  "Version": "2012-10-17",
  "Statement": [
    { "Sid": "Lockdown", "Effect": "Deny", "Action": "*", "Resource": "*",
      "Condition": { "ArnNotLike": { "aws:PrincipalArn": "arn:aws:iam::*:role/soc2-er-responder" } } }
  ]
}`;

export const quarantineAccount = defineAction<"aws.member-account", Record<string, never>, State>({
  id: "aws.organizations.quarantine-account",
  title: "Lock an account down from above",
  description:
    "Attaches the organization's service control policy for lockdowns to the account: what it denies, nobody in the account may do any more, its administrators and root neither, but for whom its text spares. The account stays in its unit and keeps that unit's guardrails. The policy's text is the organization's, stands in the plan, and is never changed.",
  containment: "source",
  blastRadius:
    "everybody and everything that works with credentials of this account is refused what the policy denies, usually every call: people, applications, pipelines, backups and monitoring, but for whom the policy spares; roles of AWS services keep working, running hosts and functions keep running, and other accounts whom resources here let in are not stopped",
  targets: ["aws.member-account"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "organizations", operation: "DescribeOrganization", iam: ["organizations:DescribeOrganization"] },
      { service: "organizations", operation: "DescribePolicy", iam: ["organizations:DescribePolicy"] },
      { service: "organizations", operation: "ListPolicies", iam: ["organizations:ListPolicies"] },
      { service: "organizations", operation: "ListPoliciesForTarget", iam: ["organizations:ListPoliciesForTarget"] },
    ],
    write: [
      { service: "organizations", operation: "AttachPolicy", iam: ["organizations:AttachPolicy"] },
      { service: "organizations", operation: "DetachPolicy", iam: ["organizations:DetachPolicy"] },
    ],
  },
  bound: {
    ms: 300_000,
    source:
      "assumed: AWS documents no time within which an attached service control policy is enforced; five minutes are allowed, as for IAM's policies",
  },
  examples: [
    {
      title: "An account of the organization",
      selection: {
        kind: "aws.member-account",
        account: EXAMPLE_ACCOUNT,
        policy: "soc2-er-quarantine",
        member: "123456789012",
      },
      params: {},
      changes: [
        {
          key: "123456789012",
          resource: attachmentRef(EXAMPLE_ACCOUNT, "123456789012", "p-soc2lock"),
          summary: 'lock account 123456789012 down with service control policy "soc2-er-quarantine"',
          before: { attached: false, policy: EXAMPLE_POLICY },
          after: { attached: true, policy: EXAMPLE_POLICY },
        },
      ],
    },
  ],

  async *plan(scope, { account, policy: nameOrId, member }) {
    const organizations = await organizationsOf(scope, { account });
    if (member === (await managementAccount(organizations))) {
      throw new ErError(
        "limit-exceeded",
        `account ${member} cannot be locked down from above: service control policies do not bind the organization's management account`,
        { hints: ["soc2-er revoke denies its users and roles inside the account"] },
      );
    }
    const policy = await policyNamed(organizations, nameOrId);
    const standing = await attachedTo(organizations, member);
    if (standing === null) {
      throw new ErError("config-invalid", `account ${member} is not in the organization that account ${account} manages`, {
        hints: [`aws organizations describe-account --account-id ${member}`],
      });
    }
    const attached = standing.includes(policy.id);
    if (!attached) checkAttachable(policy, member, standing.length);
    yield {
      key: member,
      resource: attachmentRef(account, member, policy.id),
      summary: `lock account ${member} down with service control policy "${policy.name}"`,
      before: { attached, policy: policy.text },
      after: { attached: true, policy: policy.text },
      reversal: { kind: "restore" },
    };
  },

  read,

  async apply(scope, { resource, after }) {
    const organizations = await organizationsOf(scope, resource);
    const input = inputOf(resource);
    await organizations.send(after?.attached === true ? new AttachPolicyCommand(input) : new DetachPolicyCommand(input));
  },

  async verify(scope, change, direction) {
    const now = await read(scope, change.resource);
    if (sameJson(now, change.after)) return { verdict: "confirmed", level: "configuration" };
    const { PolicyId, TargetId } = inputOf(change.resource);
    const detail =
      direction === "restore"
        ? "the account's policies are not those that were to be put back"
        : now?.attached === true
          ? `somebody changed the text of service control policy "${PolicyId}" since: look whether it still locks down`
          : `service control policy "${PolicyId}" is not attached to account ${TargetId}`;
    return { verdict: "contradicted", level: "configuration", detail };
  },

  merge(base, _change, now, held) {
    if (now === null) return { state: null };
    return { state: { attached: base?.attached === true || held.length > 0, policy: now.policy } };
  },

  effects({ resource, after }) {
    const { TargetId: account } = inputOf(resource);
    const anyoneBut = sparedIn(after, account);
    return anyoneBut === null ? [] : [{ kind: "aws-call", account, as: { anyoneBut }, operation: "*", resource: "*" }];
  },

  async residual(_scope, { resource }) {
    const { PolicyId, TargetId } = inputOf(resource);
    return [
      {
        what: `roles of AWS services in account ${TargetId}, and what they do for whoever set them up`,
        until: "until somebody whom the policy spares changes their settings",
        why: "no service control policy binds roles that are linked to a service",
      },
      {
        what: `other accounts and anonymous callers whom buckets, keys, queues and roles of account ${TargetId} let in`,
        until: "until the resources' own policies no longer do",
        why: "a service control policy binds who is of the account, not what is in it",
      },
      {
        what: `hosts, functions and databases of account ${TargetId} that run, their network traffic, and logins to databases and registries that were handed out`,
        until: "until they are isolated themselves",
        why: "they are no calls to AWS, or were judged when they began",
      },
      {
        what: `whoever may change or detach service control policy "${PolicyId}" in the organization's management account`,
        until: "until that permission is denied to them",
        why: "service control policies do not bind the management account",
      },
    ];
  },
});

/** Errors: `config-invalid` for a policy that takes nothing away, `limit-exceeded` where no more policies fit. */
function checkAttachable({ id, name, text }: ControlPolicy, member: string, standing: number): void {
  if (!statementsOf(text).some(({ Effect }) => Effect === "Deny")) {
    throw new ErError(
      "config-invalid",
      `service control policy "${name}" denies nothing: beside others it would change nothing`,
      {
        hints: [`aws organizations describe-policy --policy-id ${id}`],
      },
    );
  }
  const most = standing > MOST_ATTACHED ? MOST_ATTACHED_RAISED : MOST_ATTACHED;
  if (standing < most) return;
  throw new ErError(
    "limit-exceeded",
    `account ${member} has ${standing} service control policies already; Organizations takes ${most} on an account`,
    { hints: [`aws organizations list-policies-for-target --target-id ${member} --filter SERVICE_CONTROL_POLICY`] },
  );
}

/** Ids of the service control policies on an account itself; null where the organization does not have it. */
async function attachedTo(organizations: Organizations, member: string): Promise<readonly string[] | null> {
  const asked = { TargetId: member, Filter: "SERVICE_CONTROL_POLICY" } as const;
  const found = await orAbsent(() =>
    everyPage(
      (from) => organizations.send(new ListPoliciesForTargetCommand({ ...asked, ...from })),
      ({ Policies }) => Policies,
    ),
  );
  return found?.flatMap(({ Id }) => Id ?? []) ?? null;
}

/** Null when the policy or the account is gone. */
async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  const organizations = await organizationsOf(scope, resource);
  const { PolicyId, TargetId } = inputOf(resource);
  const [policy, standing] = await Promise.all([policyText(organizations, PolicyId), attachedTo(organizations, TargetId)]);
  return policy === null || standing === null ? null : { attached: standing.includes(PolicyId), policy };
}

/** Whom of the account a policy that denies everything spares; null where it cannot be told by names, or denies less. */
function sparedIn(state: State | null, account: string): readonly string[] | null {
  const statements = statementsOf(state?.policy ?? null).filter(({ Effect, Action }) => Effect === "Deny" && Action === "*");
  const [only] = statements;
  if (only === undefined || statements.length > 1) return null;
  const spared = exemptIn(only).map((arn) => arn.replace("::*:", `::${account}:`));
  return spared.some((arn) => arn.includes("*")) ? null : spared;
}

function attachmentRef(account: string, member: string, policy: string): ResourceRef {
  return { provider: "aws", type: "organizations-attachment", account, region: "global", id: `${member}/${policy}` };
}

function inputOf({ id }: ResourceRef): { TargetId: string; PolicyId: string } {
  const [TargetId, PolicyId] = id.split("/");
  if (TargetId === undefined || PolicyId === undefined) return defect(`"${id}" names no policy on an account`);
  return { TargetId, PolicyId };
}
