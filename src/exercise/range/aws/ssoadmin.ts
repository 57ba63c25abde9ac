import type * as Sso from "@aws-sdk/client-sso-admin";
import { SSO_INSTANCE, SSO_STORE } from "../estate/names.ts";
import { sso } from "../keys.ts";
import type { AssignmentRow, GroupMemberRow, PermissionSetRow, PolicyRow } from "../rows.ts";
import { delaysOf } from "../settings.ts";
import { AwsFault } from "./fault.ts";
import { type Call, type Operation, operation } from "./operation.ts";
import { page } from "./paging.ts";

type InInstance = { InstanceArn?: string | undefined };
type OnSet = InInstance & { PermissionSetArn?: string | undefined };
type OnAssignment = OnSet & {
  TargetId?: string | undefined;
  PrincipalType?: "USER" | "GROUP" | undefined;
  PrincipalId?: string | undefined;
};

const INSTANCE_ARN = `arn:aws:sso:::instance/${SSO_INSTANCE}`;
const setArn = (id: string) => `arn:aws:sso:::permissionSet/${SSO_INSTANCE}/${id}`;
const absent = (what: string) => new AwsFault("ResourceNotFoundException", 400, `Could not find ${what}`);

function checkInstance({ input }: Call<InInstance>): void {
  if (input.InstanceArn !== INSTANCE_ARN) throw absent(`instance ${input.InstanceArn}`);
}

function setOf(call: Call<OnSet>): PermissionSetRow {
  checkInstance(call);
  const arn = call.input.PermissionSetArn ?? "";
  const row = call.tx.newest<PermissionSetRow>(sso.set(call.account, arn.slice(arn.lastIndexOf("/") + 1)));
  if (row === null || setArn(row.id) !== arn) throw absent(`PermissionSet with id ${arn}`);
  return row;
}

/** The request's id says when the job is done: nothing else of it stays in the world. */
function begun(call: Call) {
  const ends = Math.round(call.tx.now + delaysOf(call.tx)["identity-center"])
    .toString(16)
    .padStart(12, "0");
  return { Status: "IN_PROGRESS" as const, RequestId: `${ends.slice(0, 8)}-${ends.slice(8)}-4000-8000-${call.newId(12)}` };
}

function seen(call: Call, id: string | undefined) {
  const [first = "", second = ""] = (id ?? "").split("-");
  const ends = Number.parseInt(first + second, 16);
  if (Number.isNaN(ends)) throw absent(`request ${id}`);
  return { RequestId: id, Status: call.tx.now < ends ? ("IN_PROGRESS" as const) : ("SUCCEEDED" as const) };
}

function assignmentOf(call: Call<OnAssignment>): AssignmentRow {
  const { TargetId: target = "", PrincipalType: type = "USER", PrincipalId: principal = "" } = call.input;
  return { target, set: setOf(call).id, type, principal };
}

/** A permission set has roles in the accounts that somebody is assigned with it; a set's first assignment there makes them as the set is. */
function assignedAccounts(rows: readonly { readonly value: AssignmentRow }[], set: string): readonly string[] {
  return [...new Set(rows.filter(({ value }) => value.set === set).map(({ value }) => value.target))];
}

const assignmentsPrefix = (call: Call) => sso.assignment(call.account, "", "", "").slice(0, -2);
const isAssigned = (call: Call, { target, set }: AssignmentRow) =>
  assignedAccounts(call.tx.list<AssignmentRow>(assignmentsPrefix(call)), set).includes(target);
const policyOf = (call: Call, set: string) => call.tx.newest<PolicyRow>(sso.inlinePolicy(call.account, set));

function isLatest(call: Call, target: string, set: string): boolean {
  const roles = call.tx.effective<PolicyRow>(sso.provisioned(call.account, target, set));
  return (roles?.document ?? "") === (policyOf(call, set)?.document ?? "");
}

const keyOf = (call: Call, { target, set, principal }: AssignmentRow) => sso.assignment(call.account, target, set, principal);

const assignmentOperations: Operation[] = [
  // What a job changes is seen when it is done.
  operation<Sso.ListAccountAssignmentsForPrincipalCommandInput, Sso.ListAccountAssignmentsForPrincipalCommandOutput>(
    "ssoadmin",
    "ListAccountAssignmentsForPrincipal",
    {
      iam: "sso:ListAccountAssignmentsForPrincipal",
      answer(call) {
        checkInstance(call);
        const { PrincipalId = "", Filter, MaxResults, NextToken } = call.input;
        const memberships = call.tx.list<GroupMemberRow>(sso.membership(call.account, "", "").slice(0, -1));
        const groups = memberships.filter(({ value }) => value.user === PrincipalId).map(({ value }) => value.group);
        const rows = call.tx
          .listEffective<AssignmentRow>(assignmentsPrefix(call))
          .filter(({ value }) => [PrincipalId, ...groups].includes(value.principal))
          .filter(({ value }) => Filter?.AccountId === undefined || value.target === Filter.AccountId);
        const shown = page(rows, ({ key }) => key, call.pageSize(MaxResults, 100), NextToken);
        return {
          AccountAssignments: shown.items.map(({ value: { target, set, type, principal } }) => ({
            AccountId: target,
            PermissionSetArn: setArn(set),
            PrincipalType: type,
            PrincipalId: principal,
          })),
          NextToken: shown.next,
        };
      },
    },
  ),
  operation<Sso.CreateAccountAssignmentCommandInput, Sso.CreateAccountAssignmentCommandOutput>(
    "ssoadmin",
    "CreateAccountAssignment",
    {
      iam: "sso:CreateAccountAssignment",
      answer(call) {
        const row = assignmentOf(call);
        const roles = sso.provisioned(call.account, row.target, row.set);
        if (!isAssigned(call, row)) call.put("identity-center", roles, policyOf(call, row.set));
        call.put("identity-center", keyOf(call, row), row);
        return { AccountAssignmentCreationStatus: begun(call) };
      },
    },
  ),
  operation<Sso.DeleteAccountAssignmentCommandInput, Sso.DeleteAccountAssignmentCommandOutput>(
    "ssoadmin",
    "DeleteAccountAssignment",
    {
      iam: "sso:DeleteAccountAssignment",
      answer(call) {
        const row = assignmentOf(call);
        if (call.tx.newest(keyOf(call, row)) === null) throw absent("the account assignment");
        call.put("identity-center", keyOf(call, row), null);
        if (!isAssigned(call, row)) call.put("identity-center", sso.provisioned(call.account, row.target, row.set), null);
        return { AccountAssignmentDeletionStatus: begun(call) };
      },
    },
  ),
  operation<Sso.DescribeAccountAssignmentCreationStatusCommandInput, Sso.DescribeAccountAssignmentCreationStatusCommandOutput>(
    "ssoadmin",
    "DescribeAccountAssignmentCreationStatus",
    {
      iam: "sso:DescribeAccountAssignmentCreationStatus",
      answer: (call) => ({ AccountAssignmentCreationStatus: seen(call, call.input.AccountAssignmentCreationRequestId) }),
    },
  ),
  operation<Sso.DescribeAccountAssignmentDeletionStatusCommandInput, Sso.DescribeAccountAssignmentDeletionStatusCommandOutput>(
    "ssoadmin",
    "DescribeAccountAssignmentDeletionStatus",
    {
      iam: "sso:DescribeAccountAssignmentDeletionStatus",
      answer: (call) => ({ AccountAssignmentDeletionStatus: seen(call, call.input.AccountAssignmentDeletionRequestId) }),
    },
  ),
];

const inlinePolicyOperations: Operation[] = [
  operation<Sso.GetInlinePolicyForPermissionSetCommandInput, Sso.GetInlinePolicyForPermissionSetCommandOutput>(
    "ssoadmin",
    "GetInlinePolicyForPermissionSet",
    {
      iam: "sso:GetInlinePolicyForPermissionSet",
      answer: (call) => ({ InlinePolicy: policyOf(call, setOf(call).id)?.document ?? "" }),
    },
  ),
  operation<Sso.PutInlinePolicyToPermissionSetCommandInput, Sso.PutInlinePolicyToPermissionSetCommandOutput>(
    "ssoadmin",
    "PutInlinePolicyToPermissionSet",
    {
      iam: "sso:PutInlinePolicyToPermissionSet",
      answer(call) {
        const { InlinePolicy: document = "" } = call.input;
        if (document.length < 1 || document.length > 32_768)
          throw new AwsFault("ValidationException", 400, "InlinePolicy has 1 to 32768 characters");
        call.tx.put(sso.inlinePolicy(call.account, setOf(call).id), { document });
        return {};
      },
    },
  ),
  operation<Sso.DeleteInlinePolicyFromPermissionSetCommandInput, Sso.DeleteInlinePolicyFromPermissionSetCommandOutput>(
    "ssoadmin",
    "DeleteInlinePolicyFromPermissionSet",
    {
      iam: "sso:DeleteInlinePolicyFromPermissionSet",
      answer(call) {
        call.tx.put(sso.inlinePolicy(call.account, setOf(call).id), null);
        return {};
      },
    },
  ),
];

const provisioningOperations: Operation[] = [
  operation<Sso.ListAccountsForProvisionedPermissionSetCommandInput, Sso.ListAccountsForProvisionedPermissionSetCommandOutput>(
    "ssoadmin",
    "ListAccountsForProvisionedPermissionSet",
    {
      iam: "sso:ListAccountsForProvisionedPermissionSet",
      answer(call) {
        const { id } = setOf(call);
        const { ProvisioningStatus: status, MaxResults, NextToken } = call.input;
        const accounts = assignedAccounts(call.tx.listEffective<AssignmentRow>(assignmentsPrefix(call)), id).filter(
          (target) => status === undefined || isLatest(call, target, id) === (status === "LATEST_PERMISSION_SET_PROVISIONED"),
        );
        const shown = page(accounts, (target) => target, call.pageSize(MaxResults, 100), NextToken);
        return { AccountIds: [...shown.items], NextToken: shown.next };
      },
    },
  ),
  operation<Sso.ProvisionPermissionSetCommandInput, Sso.ProvisionPermissionSetCommandOutput>(
    "ssoadmin",
    "ProvisionPermissionSet",
    {
      iam: "sso:ProvisionPermissionSet",
      answer(call) {
        const { id } = setOf(call);
        const accounts = assignedAccounts(call.tx.list<AssignmentRow>(assignmentsPrefix(call)), id);
        const { TargetType, TargetId } = call.input;
        for (const target of accounts.filter((account) => TargetType === "ALL_PROVISIONED_ACCOUNTS" || account === TargetId))
          call.put("identity-center", sso.provisioned(call.account, target, id), policyOf(call, id));
        return { PermissionSetProvisioningStatus: begun(call) };
      },
    },
  ),
  operation<Sso.DescribePermissionSetProvisioningStatusCommandInput, Sso.DescribePermissionSetProvisioningStatusCommandOutput>(
    "ssoadmin",
    "DescribePermissionSetProvisioningStatus",
    {
      iam: "sso:DescribePermissionSetProvisioningStatus",
      answer: (call) => ({ PermissionSetProvisioningStatus: seen(call, call.input.ProvisionPermissionSetRequestId) }),
    },
  ),
];

export const ssoOperations: Operation[] = [
  ...assignmentOperations,
  ...inlinePolicyOperations,
  ...provisioningOperations,
  operation<Sso.DeletePermissionSetCommandInput, Sso.DeletePermissionSetCommandOutput>("ssoadmin", "DeletePermissionSet", {
    iam: "sso:DeletePermissionSet",
    answer(call) {
      const { id } = setOf(call);
      if (assignedAccounts(call.tx.list<AssignmentRow>(assignmentsPrefix(call)), id).length > 0)
        throw new AwsFault("ConflictException", 400, "The permission set is in use by account assignments");
      call.tx.put(sso.inlinePolicy(call.account, id), null);
      call.tx.put(sso.set(call.account, id), null);
      return {};
    },
  }),
  operation<Sso.ListInstancesCommandInput, Sso.ListInstancesCommandOutput>("ssoadmin", "ListInstances", {
    iam: "sso:ListInstances",
    answer: () => ({ Instances: [{ InstanceArn: INSTANCE_ARN, IdentityStoreId: SSO_STORE }] }),
  }),
  operation<Sso.DescribePermissionSetCommandInput, Sso.DescribePermissionSetCommandOutput>("ssoadmin", "DescribePermissionSet", {
    iam: "sso:DescribePermissionSet",
    answer(call) {
      const { id, name, created, sessionDuration } = setOf(call);
      const PermissionSetArn = setArn(id);
      return {
        PermissionSet: { Name: name, PermissionSetArn, CreatedDate: new Date(created), SessionDuration: sessionDuration },
      };
    },
  }),
];
