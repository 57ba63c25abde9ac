import type { ActionId } from "../../src/model/index.ts";

/** Actions whose calls the emulator lacks, and what it lacks. */
const LACKING: Readonly<Record<ActionId, string>> = {
  "aws.ec2.block-public-access": "VPC Block Public Access",
  "aws.eks.remove-access": "access entries of EKS",
  "aws.network-firewall.block-cidrs": "rule groups of Network Firewall",
  "aws.s3.revoke-access-grants": "S3 Access Grants",
};

/**
 * Actions that work as another one does, on another service or document. Its laws run on the emulator each time, theirs where all is
 * asked for (`SOC2_ER_LONG=1`, as CI does). Who is not here is a kind of its own.
 */
export const LIKE: Readonly<Record<ActionId, ActionId>> = {
  "aws.cloudfront.disable": "aws.cloudfront.swap-web-acl",
  "aws.cognito.sign-out-users": "aws.iam.deactivate-access-keys",
  "aws.dynamodb.deny-tenant": "aws.s3.deny-tenant-prefix",
  "aws.ec2.detach-instance-profiles": "aws.iam.deactivate-access-keys",
  "aws.ec2.disable-instance-metadata": "aws.s3.suspend-lifecycle",
  "aws.ec2.protect-instances": "aws.iam.deactivate-access-keys",
  "aws.iam.deactivate-mfa": "aws.iam.delete-login-profile",
  "aws.iam.deny-session": "aws.iam.deny-user",
  "aws.iam.freeze-role-trust": "aws.s3.deny-tenant-prefix",
  "aws.kms.deny-tenant-key": "aws.s3.deny-tenant-prefix",
  "aws.kms.disable-key": "aws.iam.deactivate-access-keys",
  "aws.organizations.quarantine-account": "aws.iam.deactivate-access-keys",
  "aws.s3.block-public-access": "aws.s3.suspend-lifecycle",
  "aws.s3.legal-hold": "aws.iam.deactivate-access-keys",
  "aws.s3.suspend-replication": "aws.s3.suspend-lifecycle",
  "aws.secretsmanager.rotate-secret": "aws.iam.delete-login-profile",
  "aws.sso.deny-user": "aws.iam.deactivate-access-keys",
  "aws.sso.remove-assignments": "aws.iam.deactivate-access-keys",
  "aws.secretsmanager.deny-secret": "aws.s3.deny-tenant-prefix",
};

/**
 * Actions whose containment leaves nothing behind that a second plan could find: what is gone is not proposed, and another incident's
 * lease on it cannot be had.
 */
export const TRACELESS: ReadonlySet<ActionId> = new Set(["aws.eks.remove-access", "aws.sso.remove-assignments"]);

export function isKindOfItsOwn(id: ActionId): boolean {
  return LIKE[id] === undefined;
}

/** Why an action's laws do not run on the emulator; null where they do. */
export function notOnEmulator(id: ActionId): string | null {
  if (!id.startsWith("aws.")) return "no emulator of this provider takes part";
  return LACKING[id] ?? null;
}
