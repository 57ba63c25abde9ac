import type * as IAM from "@aws-sdk/client-iam";
import { instant } from "../../../model/index.ts";
import { iam } from "../keys.ts";
import type { ManagedPolicyRow, PolicyRow, UserRow } from "../rows.ts";
import { AwsFault } from "./fault.ts";
import { checkInlinePolicy, encodeDocument, iamPage, noSuchEntity, tagsOf, userArn, userOf, userResource } from "./iam-common.ts";
import { type Operation, operation } from "./operation.ts";

export function describeUser(account: string, user: UserRow): IAM.User {
  return {
    UserName: user.name,
    UserId: user.id,
    Path: user.path,
    Arn: userArn(account, user),
    CreateDate: new Date(user.created),
  };
}

const creates: Operation[] = [
  operation<IAM.CreateUserCommandInput, IAM.CreateUserCommandOutput>("iam", "CreateUser", {
    iam: "iam:CreateUser",
    resource: userResource,
    answer(call) {
      const { UserName: name = "", Path: path = "/" } = call.input;
      if (call.tx.newest<UserRow>(iam.user(call.account, name)) !== null)
        throw new AwsFault("EntityAlreadyExistsException", 409, `User with name ${name} already exists.`, "EntityAlreadyExists");
      const id = `AIDA${call.newId(16).toUpperCase()}`;
      const user: UserRow = { name, path, id, created: instant(call.tx.now), tags: {}, attached: [], boundary: null };
      call.put("iam", iam.user(call.account, name), user);
      return { User: describeUser(call.account, user) };
    },
  }),
];

const looks: Operation[] = [
  operation<IAM.GetUserCommandInput, IAM.GetUserCommandOutput>("iam", "GetUser", {
    iam: "iam:GetUser",
    resource: userResource,
    answer(call) {
      const user = userOf(call, call.input.UserName);
      const tags = tagsOf(user.tags);
      return { User: { ...describeUser(call.account, user), ...(tags.length > 0 ? { Tags: tags } : {}) } };
    },
  }),
  operation<IAM.ListUsersCommandInput, IAM.ListUsersCommandOutput>("iam", "ListUsers", {
    iam: "iam:ListUsers",
    resource: (call) => `arn:aws:iam::${call.account}:user${call.input.PathPrefix ?? "/"}`,
    answer(call) {
      const prefix = call.input.PathPrefix ?? "/";
      const users = call.tx.list<UserRow>(iam.user(call.account, "")).filter((row) => row.value.path.startsWith(prefix));
      const { items, rest } = iamPage(call, users, (row) => row.key);
      return { Users: items.map((row) => describeUser(call.account, row.value)), ...rest };
    },
  }),
  operation<IAM.ListUserTagsCommandInput, IAM.ListUserTagsCommandOutput>("iam", "ListUserTags", {
    iam: "iam:ListUserTags",
    resource: userResource,
    answer(call) {
      const { items, rest } = iamPage(call, tagsOf(userOf(call, call.input.UserName).tags), (tag) => tag.Key);
      return { Tags: [...items], ...rest };
    },
  }),
  operation<IAM.ListAttachedUserPoliciesCommandInput, IAM.ListAttachedUserPoliciesCommandOutput>(
    "iam",
    "ListAttachedUserPolicies",
    {
      iam: "iam:ListAttachedUserPolicies",
      resource: userResource,
      answer(call) {
        const attached = userOf(call, call.input.UserName).attached;
        const { items, rest } = iamPage(call, attached, (arn) => arn);
        const nameOf = (arn: string) => call.tx.newest<ManagedPolicyRow>(iam.managedPolicy(call.account, arn))?.name;
        return { AttachedPolicies: items.map((PolicyArn) => ({ PolicyArn, PolicyName: nameOf(PolicyArn) })), ...rest };
      },
    },
  ),
];

export const iamUserOperations: Operation[] = [
  ...creates,
  ...looks,
  operation<IAM.PutUserPolicyCommandInput, IAM.PutUserPolicyCommandOutput>("iam", "PutUserPolicy", {
    iam: "iam:PutUserPolicy",
    resource: userResource,
    answer(call) {
      const { name } = userOf(call, call.input.UserName);
      const { PolicyName = "", PolicyDocument = "" } = call.input;
      checkInlinePolicy(call, "user", name, PolicyName, PolicyDocument);
      call.put("iam", iam.userPolicy(call.account, name, PolicyName), { document: PolicyDocument });
      return {};
    },
  }),
  operation<IAM.GetUserPolicyCommandInput, IAM.GetUserPolicyCommandOutput>("iam", "GetUserPolicy", {
    iam: "iam:GetUserPolicy",
    resource: userResource,
    answer(call) {
      const { name } = userOf(call, call.input.UserName);
      const { PolicyName = "" } = call.input;
      const policy = call.tx.newest<PolicyRow>(iam.userPolicy(call.account, name, PolicyName));
      if (policy === null) throw noSuchEntity(`The user policy with name ${PolicyName} cannot be found.`);
      return { UserName: name, PolicyName, PolicyDocument: encodeDocument(policy.document) };
    },
  }),
  operation<IAM.ListUserPoliciesCommandInput, IAM.ListUserPoliciesCommandOutput>("iam", "ListUserPolicies", {
    iam: "iam:ListUserPolicies",
    resource: userResource,
    answer(call) {
      const prefix = iam.userPolicy(call.account, userOf(call, call.input.UserName).name, "");
      const names = call.tx.list<PolicyRow>(prefix).map((row) => row.key.slice(prefix.length));
      const { items, rest } = iamPage(call, names, (name) => name);
      return { PolicyNames: [...items], ...rest };
    },
  }),
  operation<IAM.DeleteUserPolicyCommandInput, IAM.DeleteUserPolicyCommandOutput>("iam", "DeleteUserPolicy", {
    iam: "iam:DeleteUserPolicy",
    resource: userResource,
    answer(call) {
      const key = iam.userPolicy(call.account, userOf(call, call.input.UserName).name, call.input.PolicyName ?? "");
      if (call.tx.newest(key) === null) throw noSuchEntity(`The user policy with name ${call.input.PolicyName} cannot be found.`);
      call.put("iam", key, null);
      return {};
    },
  }),
];
