import { type AwsCredentials, as } from "./caller.ts";
import type { Emulator } from "./emulator.ts";
import { ACCOUNT } from "./seed.ts";
import { respondWith, sessionIn } from "./seed-accounts.ts";
import { allow, MANAGEMENT, policy } from "./seed-identity.ts";

/** As an administrator wrote it, by hand. */
const DENY_POLICY = `{
  "Version": "2012-10-17",
  "Statement": [
    { "Sid": "StayInTheOrganization", "Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*" }
  ]
}`;

/** Attached to nothing. */
const LOCKDOWN_POLICY = `{
  "Version": "2012-10-17",
  "Statement": [
    { "Sid": "Lockdown", "Effect": "Deny", "Action": "*", "Resource": "*",
      "Condition": { "ArnNotLike": { "aws:PrincipalArn": "arn:aws:iam::*:role/soc2-er-responder" } } }
  ]
}`;

/** The organization as in the range's estate, above the seeded account. Gives an administrator of its management account. */
export async function seedOrganization({ endpoint }: Emulator, ids: Map<string, string>): Promise<AwsCredentials> {
  const call = as(endpoint, await sessionIn(endpoint, MANAGEMENT));
  await call("organizations:CreateOrganization", { FeatureSet: "ALL" });
  const { Roots } = await call<{ Roots: { Id: string }[] }>("organizations:ListRoots");
  const ParentId = Roots[0]?.Id ?? "";
  const Name = "Workloads";
  type Made = { OrganizationalUnit: { Id: string } };
  const { OrganizationalUnit } = await call<Made>("organizations:CreateOrganizationalUnit", { ParentId, Name });
  await call("organizations:CreateAccount", { AccountName: ACCOUNT, Email: "prod@acme.example" });
  const move = { SourceParentId: ParentId, DestinationParentId: OrganizationalUnit.Id };
  await call("organizations:MoveAccount", { AccountId: ACCOUNT, ...move });
  const PolicyId = await emergencyPolicy(call, "soc2-er-deny", DENY_POLICY);
  await call("organizations:AttachPolicy", { PolicyId, TargetId: ParentId });
  ids.set("p-soc2deny", PolicyId);
  ids.set("p-soc2lock", await emergencyPolicy(call, "soc2-er-quarantine", LOCKDOWN_POLICY));
  const administrator = await people(call);
  call.close();
  return administrator;
}

async function emergencyPolicy(call: ReturnType<typeof as>, Name: string, Content: string): Promise<string> {
  const input = { Name, Content, Description: "For emergencies", Type: "SERVICE_CONTROL_POLICY" };
  type Made = { Policy: { PolicySummary: { Id: string } } };
  return (await call<Made>("organizations:CreatePolicy", input)).Policy.PolicySummary.Id;
}

async function people(call: ReturnType<typeof as>): Promise<AwsCredentials> {
  await call("iam:CreateUser", { UserName: "administrator" });
  await call("iam:PutUserPolicy", { UserName: "administrator", PolicyName: "all", PolicyDocument: policy([allow("*", "*")]) });
  type Key = { AccessKey: { AccessKeyId: string; SecretAccessKey: string } };
  const { AccessKey } = await call<Key>("iam:CreateAccessKey", { UserName: "administrator" });
  const trust = policy([{ Effect: "Allow", Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: "sts:AssumeRole" }]);
  await call("iam:CreateRole", { RoleName: "soc2-er-responder", AssumeRolePolicyDocument: trust });
  await respondWith(call, [allow("*", "*")]);
  return { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey };
}
