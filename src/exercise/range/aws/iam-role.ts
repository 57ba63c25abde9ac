import type * as IAM from "@aws-sdk/client-iam";
import { iam } from "../keys.ts";
import type { ManagedPolicyRow, PolicyRow, RoleRow, UserRow } from "../rows.ts";
import {
  checkInlinePolicy,
  checkTrust,
  encodeDocument,
  iamPage,
  noSuchEntity,
  roleArn,
  roleOf,
  roleResource,
  tagsOf,
} from "./iam-common.ts";
import { describeUser } from "./iam-user.ts";
import { type Call, type Operation, operation } from "./operation.ts";

function describeRole(account: string, role: RoleRow): IAM.Role {
  return {
    RoleName: role.name,
    RoleId: role.id,
    Path: role.path,
    Arn: roleArn(account, role),
    CreateDate: new Date(role.created),
    AssumeRolePolicyDocument: encodeDocument(role.trust),
  };
}

const looks: Operation[] = [
  operation<IAM.GetRoleCommandInput, IAM.GetRoleCommandOutput>("iam", "GetRole", {
    iam: "iam:GetRole",
    resource: roleResource,
    answer(call) {
      const role = roleOf(call, call.input.RoleName);
      const tags = tagsOf(role.tags);
      return {
        Role: {
          ...describeRole(call.account, role),
          MaxSessionDuration: role.maxSessionSeconds,
          ...(tags.length > 0 ? { Tags: tags } : {}),
        },
      };
    },
  }),
  // As on AWS, lists leave tags and boundaries out.
  operation<IAM.ListRolesCommandInput, IAM.ListRolesCommandOutput>("iam", "ListRoles", {
    iam: "iam:ListRoles",
    resource: (call) => `arn:aws:iam::${call.account}:role${call.input.PathPrefix ?? "/"}`,
    answer(call) {
      const prefix = call.input.PathPrefix ?? "/";
      const roles = call.tx.list<RoleRow>(iam.role(call.account, "")).filter((row) => row.value.path.startsWith(prefix));
      const { items, rest } = iamPage(call, roles, (row) => row.key);
      const Roles = items.map((row) => ({
        ...describeRole(call.account, row.value),
        MaxSessionDuration: row.value.maxSessionSeconds,
      }));
      return { Roles, ...rest };
    },
  }),
  operation<IAM.GetAccountAuthorizationDetailsCommandInput, IAM.GetAccountAuthorizationDetailsCommandOutput>(
    "iam",
    "GetAccountAuthorizationDetails",
    {
      iam: "iam:GetAccountAuthorizationDetails",
      answer: authorizationDetails,
    },
  ),
];

type Described =
  | { readonly sort: string; readonly user: IAM.UserDetail }
  | { readonly sort: string; readonly role: IAM.RoleDetail }
  | { readonly sort: string; readonly policy: IAM.ManagedPolicyDetail };

function authorizationDetails(
  call: Call<IAM.GetAccountAuthorizationDetailsCommandInput>,
): Omit<IAM.GetAccountAuthorizationDetailsCommandOutput, "$metadata"> {
  const wanted = (kind: IAM.EntityType) =>
    call.input.Filter === undefined || call.input.Filter.length === 0 || call.input.Filter.includes(kind);
  const { account, tx } = call;
  const attached = (owner: UserRow) =>
    owner.attached.map((PolicyArn) => ({
      PolicyArn,
      PolicyName: tx.newest<ManagedPolicyRow>(iam.managedPolicy(account, PolicyArn))?.name,
    }));
  const inline = (prefix: string) =>
    tx
      .list<PolicyRow>(prefix)
      .map((row) => ({ PolicyName: row.key.slice(prefix.length), PolicyDocument: encodeDocument(row.value.document) }));
  const users = tx.list<UserRow>(iam.user(account, "")).map(({ key, value }) => ({
    sort: key,
    user: {
      ...describeUser(account, value),
      UserPolicyList: inline(iam.userPolicy(account, value.name, "")),
      GroupList: [],
      AttachedManagedPolicies: attached(value),
      Tags: tagsOf(value.tags),
    },
  }));
  const roles = tx.list<RoleRow>(iam.role(account, "")).map(({ key, value }) => ({
    sort: key,
    role: {
      ...describeRole(account, value),
      InstanceProfileList: [],
      RolePolicyList: inline(iam.rolePolicy(account, value.name, "")),
      AttachedManagedPolicies: attached(value),
      Tags: tagsOf(value.tags),
    },
  }));
  const policies = tx
    .list<ManagedPolicyRow>(iam.managedPolicy(account, ""))
    .map(({ key, value }) => ({ sort: key, policy: describePolicy(value) }));
  const all: Described[] = [
    ...(wanted("AWSManagedPolicy") || wanted("LocalManagedPolicy") ? policies : []),
    ...(wanted("Role") ? roles : []),
    ...(wanted("User") ? users : []),
  ];
  const { items, rest } = iamPage(
    call,
    all.sort((left, right) => (left.sort < right.sort ? -1 : 1)),
    (item) => item.sort,
  );
  return {
    UserDetailList: items.flatMap((item) => ("user" in item ? [item.user] : [])),
    GroupDetailList: [],
    RoleDetailList: items.flatMap((item) => ("role" in item ? [item.role] : [])),
    Policies: items.flatMap((item) => ("policy" in item ? [item.policy] : [])),
    ...rest,
  };
}

function describePolicy(policy: ManagedPolicyRow): IAM.ManagedPolicyDetail {
  const version = {
    VersionId: "v1",
    IsDefaultVersion: true,
    Document: encodeDocument(policy.document),
    CreateDate: new Date(policy.created),
  };
  return {
    PolicyName: policy.name,
    Arn: policy.arn,
    Path: "/",
    DefaultVersionId: "v1",
    IsAttachable: true,
    CreateDate: new Date(policy.created),
    PolicyVersionList: [version],
  };
}

export const iamRoleOperations: Operation[] = [
  ...looks,
  operation<IAM.UpdateAssumeRolePolicyCommandInput, IAM.UpdateAssumeRolePolicyCommandOutput>("iam", "UpdateAssumeRolePolicy", {
    iam: "iam:UpdateAssumeRolePolicy",
    resource: roleResource,
    answer(call) {
      const role = roleOf(call, call.input.RoleName);
      const trust = call.input.PolicyDocument ?? "";
      checkTrust(role, trust);
      call.put("iam", iam.role(call.account, role.name), { ...role, trust });
      return {};
    },
  }),
  operation<IAM.PutRolePolicyCommandInput, IAM.PutRolePolicyCommandOutput>("iam", "PutRolePolicy", {
    iam: "iam:PutRolePolicy",
    resource: roleResource,
    answer(call) {
      const { name } = roleOf(call, call.input.RoleName);
      const { PolicyName = "", PolicyDocument = "" } = call.input;
      checkInlinePolicy(call, "role", name, PolicyName, PolicyDocument);
      call.put("iam", iam.rolePolicy(call.account, name, PolicyName), { document: PolicyDocument });
      return {};
    },
  }),
  operation<IAM.GetRolePolicyCommandInput, IAM.GetRolePolicyCommandOutput>("iam", "GetRolePolicy", {
    iam: "iam:GetRolePolicy",
    resource: roleResource,
    answer(call) {
      const { name } = roleOf(call, call.input.RoleName);
      const { PolicyName = "" } = call.input;
      const policy = call.tx.newest<PolicyRow>(iam.rolePolicy(call.account, name, PolicyName));
      if (policy === null) throw noSuchEntity(`The role policy with name ${PolicyName} cannot be found.`);
      return { RoleName: name, PolicyName, PolicyDocument: encodeDocument(policy.document) };
    },
  }),
  operation<IAM.ListRolePoliciesCommandInput, IAM.ListRolePoliciesCommandOutput>("iam", "ListRolePolicies", {
    iam: "iam:ListRolePolicies",
    resource: roleResource,
    answer(call) {
      const prefix = iam.rolePolicy(call.account, roleOf(call, call.input.RoleName).name, "");
      const names = call.tx.list<PolicyRow>(prefix).map((row) => row.key.slice(prefix.length));
      const { items, rest } = iamPage(call, names, (name) => name);
      return { PolicyNames: [...items], ...rest };
    },
  }),
  operation<IAM.DeleteRolePolicyCommandInput, IAM.DeleteRolePolicyCommandOutput>("iam", "DeleteRolePolicy", {
    iam: "iam:DeleteRolePolicy",
    resource: roleResource,
    answer(call) {
      const key = iam.rolePolicy(call.account, roleOf(call, call.input.RoleName).name, call.input.PolicyName ?? "");
      if (call.tx.newest(key) === null) throw noSuchEntity(`The role policy with name ${call.input.PolicyName} cannot be found.`);
      call.put("iam", key, null);
      return {};
    },
  }),
];
