import { GetRoleCommand, GetRolePolicyCommand, ListRolePoliciesCommand } from "@aws-sdk/client-iam";
import { defect, ErError, type ResourceRef } from "../../../model/index.ts";
import { orAbsent, type ReadScope } from "../../../providers/index.ts";
import { type InlinePolicy, textOf } from "./inline-policy.ts";
import { everyPage, iamOf } from "./pages.ts";

/** The role's unique id. Errors: `limit-exceeded` for roles whose policies IAM lets nobody change. */
export async function checkRole(scope: ReadScope, account: string, role: string): Promise<string> {
  const iam = await iamOf(scope, { account });
  const { Role } = await iam.send(new GetRoleCommand({ RoleName: role }));
  const path = Role?.Path ?? "/";
  if (path.startsWith("/aws-service-role/")) {
    throw new ErError("limit-exceeded", `sessions of role "${role}" cannot be revoked: it belongs to an AWS service`);
  }
  if (path.startsWith("/aws-reserved/")) {
    throw new ErError("limit-exceeded", `sessions of role "${role}" cannot be revoked here: it belongs to IAM Identity Center`, {
      hints: ["revoke the person's sessions in IAM Identity Center, or deny its user id in the permission set"],
    });
  }
  return Role?.RoleId ?? "";
}

export async function policiesOf(scope: ReadScope, account: string, role: string): Promise<InlinePolicy[]> {
  const iam = await iamOf(scope, { account });
  const names = await everyPage(
    (from) => iam.send(new ListRolePoliciesCommand({ RoleName: role, ...from })),
    ({ PolicyNames }) => PolicyNames,
  );
  const texts = await Promise.all(names.map((name) => readText(scope, policyRef(account, role, name))));
  return names.flatMap((name, index) => {
    const text = texts[index];
    return typeof text === "string" ? [{ name, text }] : [];
  });
}

export async function readText(scope: ReadScope, resource: ResourceRef): Promise<string | null> {
  const iam = await iamOf(scope, resource);
  const answer = await orAbsent(() => iam.send(new GetRolePolicyCommand(inputOf(resource))));
  return answer === null ? null : textOf(answer.PolicyDocument);
}

export function policyRef(account: string, role: string, name: string): ResourceRef {
  return { provider: "aws", type: "iam-role-policy", account, region: "global", id: `${role}/${name}` };
}

/** Names of roles have no slash. */
export function inputOf({ id }: ResourceRef): { RoleName: string; PolicyName: string } {
  const [RoleName, PolicyName] = id.split("/");
  if (RoleName === undefined || PolicyName === undefined) return defect(`"${id}" names no policy of a role`);
  return { RoleName, PolicyName };
}
