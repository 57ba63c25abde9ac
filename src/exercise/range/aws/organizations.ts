import type * as Organizations from "@aws-sdk/client-organizations";
import { PolicyError, parsePolicy } from "../../../planner/policy/index.ts";
import { organizations } from "../keys.ts";
import type { AttachmentsRow, ControlPolicyRow, MembershipRow, UnitRow } from "../rows.ts";
import { AwsFault } from "./fault.ts";
import { type Call, type Operation, operation } from "./operation.ts";
import { page } from "./paging.ts";

const MOST_CHARACTERS = 5_120;
const MOST_ATTACHED = 5;

type OnPolicy = { PolicyId?: string | undefined };
type OnTarget = OnPolicy & { TargetId?: string | undefined };
type Paged = { NextToken?: string | undefined; MaxResults?: number | undefined };

const fault = (name: string, message: string): AwsFault => new AwsFault(name, 400, message);

function membershipOf(call: Call): MembershipRow {
  const membership = call.tx.newest<MembershipRow>(organizations.membership(call.account));
  if (membership !== null) return membership;
  throw fault("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.");
}

/** Nothing is delegated: only the management account may look at policies, and change them. */
function managed(call: Call): string {
  const { management } = membershipOf(call);
  if (management === call.account) return management;
  throw fault("AccessDeniedException", "You don't have permissions to access this resource.");
}

function policyOf(call: Call<OnPolicy>): ControlPolicyRow {
  const policy = call.tx.newest<ControlPolicyRow>(organizations.policy(managed(call), call.input.PolicyId ?? ""));
  if (policy !== null) return policy;
  throw fault("PolicyNotFoundException", "We can't find a policy with the PolicyId that you specified.");
}

const policyArn = (call: Call, id: string): string => {
  const membership = call.tx.newest<MembershipRow>(organizations.membership(call.account));
  const { organization = "", management = call.account } = membership ?? {};
  return `arn:aws:organizations::${management}:policy/${organization}/service_control_policy/${id}`;
};
const onPolicy = (call: Call<OnPolicy>): string => policyArn(call, call.input.PolicyId ?? "");

function summaryOf(call: Call, { id, name, description, managed: AwsManaged }: ControlPolicyRow): Organizations.PolicySummary {
  return { Id: id, Arn: policyArn(call, id), Name: name, Description: description, Type: "SERVICE_CONTROL_POLICY", AwsManaged };
}

function parentOf(call: Call, child: string): string | null {
  const management = managed(call);
  const parent = /^\d{12}$/.test(child)
    ? memberOf(call, child)?.parent
    : call.tx.newest<UnitRow>(organizations.unit(management, child))?.parent;
  if (parent === undefined)
    throw fault(
      "ChildNotFoundException",
      "We can't find an organizational unit (OU) or AWS account with the ChildId that you specified.",
    );
  return parent;
}

function memberOf(call: Call, account: string): MembershipRow | null {
  const membership = call.tx.newest<MembershipRow>(organizations.membership(account));
  return membership?.management === managed(call) ? membership : null;
}

function paged<T>(call: Call<Paged>, items: readonly T[], keyOf: (item: T) => string) {
  const { NextToken, MaxResults } = call.input;
  const shown = page(items, keyOf, call.pageSize(MaxResults, 20), NextToken);
  return { items: shown.items, rest: shown.next === undefined ? {} : { NextToken: shown.next } };
}

function attachmentsOf(call: Call<OnTarget>): AttachmentsRow {
  const attached = call.tx.newest<AttachmentsRow>(organizations.attachments(managed(call), call.input.TargetId ?? ""));
  if (attached !== null) return attached;
  throw fault("TargetNotFoundException", "We can't find a root, OU, account, or policy with the TargetId that you specified.");
}

function attach(call: Call<OnTarget>, policies: readonly string[]): void {
  call.put("control-policy", organizations.attachments(call.account, call.input.TargetId ?? ""), { policies });
}

function checkText(text: string): void {
  if (text.length > MOST_CHARACTERS)
    throw fault("ConstraintViolationException", "You have exceeded the maximum policy size. (POLICY_CONTENT_LIMIT_EXCEEDED)");
  try {
    const { statements } = parsePolicy(text);
    if (statements.length === 0) throw new PolicyError("no statement");
    if (statements.some(({ principal, resource }) => principal !== null || resource === null))
      throw new PolicyError("a statement has a Principal, or no Resource");
  } catch (error) {
    if (error instanceof PolicyError)
      throw fault("MalformedPolicyDocumentException", "The provided policy document does not meet the requirements.");
    throw error;
  }
}

const looks: Operation[] = [
  operation<Organizations.DescribeOrganizationCommandInput, Organizations.DescribeOrganizationCommandOutput>(
    "organizations",
    "DescribeOrganization",
    {
      iam: "organizations:DescribeOrganization",
      answer(call) {
        const { organization, management } = membershipOf(call);
        const Arn = `arn:aws:organizations::${management}:organization/${organization}`;
        return { Organization: { Id: organization, Arn, FeatureSet: "ALL", MasterAccountId: management } };
      },
    },
  ),
  operation<Organizations.DescribePolicyCommandInput, Organizations.DescribePolicyCommandOutput>(
    "organizations",
    "DescribePolicy",
    {
      iam: "organizations:DescribePolicy",
      resource: onPolicy,
      answer(call) {
        const policy = policyOf(call);
        return { Policy: { PolicySummary: summaryOf(call, policy), Content: policy.text } };
      },
    },
  ),
  operation<Organizations.ListPoliciesCommandInput, Organizations.ListPoliciesCommandOutput>("organizations", "ListPolicies", {
    iam: "organizations:ListPolicies",
    answer(call) {
      const listed = call.tx.list<ControlPolicyRow>(organizations.policy(managed(call), ""));
      const { items, rest } = paged(call, listed, ({ key }) => key);
      return { Policies: items.map(({ value }) => summaryOf(call, value)), ...rest };
    },
  }),
  operation<Organizations.ListTargetsForPolicyCommandInput, Organizations.ListTargetsForPolicyCommandOutput>(
    "organizations",
    "ListTargetsForPolicy",
    {
      iam: "organizations:ListTargetsForPolicy",
      resource: onPolicy,
      answer(call) {
        const { id } = policyOf(call);
        const prefix = organizations.attachments(call.account, "");
        const found = call.tx.list<AttachmentsRow>(prefix).filter(({ value }) => value.policies.includes(id));
        const { items, rest } = paged(call, found, ({ key }) => key);
        return { Targets: items.map(({ key }) => ({ TargetId: key.slice(prefix.length) })), ...rest };
      },
    },
  ),
  operation<Organizations.ListPoliciesForTargetCommandInput, Organizations.ListPoliciesForTargetCommandOutput>(
    "organizations",
    "ListPoliciesForTarget",
    {
      iam: "organizations:ListPoliciesForTarget",
      answer(call) {
        const found = attachmentsOf(call).policies.flatMap(
          (id) => call.tx.newest<ControlPolicyRow>(organizations.policy(call.account, id)) ?? [],
        );
        const sorted = found.toSorted((left, right) => (left.id < right.id ? -1 : 1));
        const { items, rest } = paged(call, sorted, ({ id }) => id);
        return { Policies: items.map((policy) => summaryOf(call, policy)), ...rest };
      },
    },
  ),
  operation<Organizations.ListParentsCommandInput, Organizations.ListParentsCommandOutput>("organizations", "ListParents", {
    iam: "organizations:ListParents",
    answer(call) {
      const Id = parentOf(call, call.input.ChildId ?? "");
      if (Id === null) return { Parents: [] };
      return { Parents: [{ Id, Type: Id.startsWith("r-") ? ("ROOT" as const) : ("ORGANIZATIONAL_UNIT" as const) }] };
    },
  }),
];

const writes: Operation[] = [
  operation<Organizations.AttachPolicyCommandInput, Organizations.AttachPolicyCommandOutput>("organizations", "AttachPolicy", {
    iam: "organizations:AttachPolicy",
    resource: onPolicy,
    answer(call) {
      const { id } = policyOf(call);
      const { policies } = attachmentsOf(call);
      if (policies.includes(id))
        throw fault("DuplicatePolicyAttachmentException", "The selected policy is already attached to the specified target.");
      if (policies.length >= MOST_ATTACHED)
        throw fault(
          "ConstraintViolationException",
          "You have exceeded the number of attached policies. (MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED)",
        );
      attach(call, [...policies, id]);
      return {};
    },
  }),
  operation<Organizations.DetachPolicyCommandInput, Organizations.DetachPolicyCommandOutput>("organizations", "DetachPolicy", {
    iam: "organizations:DetachPolicy",
    resource: onPolicy,
    answer(call) {
      const { id } = policyOf(call);
      const { policies } = attachmentsOf(call);
      if (!policies.includes(id))
        throw fault("PolicyNotAttachedException", "The policy isn't attached to the specified target in the specified root.");
      if (policies.length === 1)
        throw fault(
          "ConstraintViolationException",
          "You can't remove the last policy of a target. (MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED)",
        );
      attach(
        call,
        policies.filter((one) => one !== id),
      );
      return {};
    },
  }),
  operation<Organizations.UpdatePolicyCommandInput, Organizations.UpdatePolicyCommandOutput>("organizations", "UpdatePolicy", {
    iam: "organizations:UpdatePolicy",
    resource: onPolicy,
    answer(call) {
      const policy = policyOf(call);
      if (policy.managed)
        throw fault(
          "InvalidInputException",
          "You specified a policy that is managed by AWS and can't be modified. (IMMUTABLE_POLICY)",
        );
      const text = call.input.Content ?? policy.text;
      checkText(text);
      const { Name: name = policy.name, Description: description = policy.description } = call.input;
      const updated = { ...policy, name, description, text };
      call.put("control-policy", organizations.policy(call.account, policy.id), updated);
      return { Policy: { PolicySummary: summaryOf(call, updated), Content: text } };
    },
  }),
];

export const organizationsOperations: Operation[] = [...looks, ...writes];
