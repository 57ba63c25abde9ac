import type { EntityType } from "@aws-sdk/client-iam";
import type { S3Place } from "../config/index.ts";
import { compact, type NonEmpty } from "../model/index.ts";
import { type AwsPermission, everyPage, orAbsent, ProviderError, type ReadScope } from "../providers/index.ts";

/** What the planner itself reads; actions declare their own. The SDKs are loaded by whoever asks: most commands only want a plan's words. */
export const PLANNER_PERMISSIONS: NonEmpty<AwsPermission> = [
  { service: "cognito", operation: "AdminGetUser", iam: ["cognito-idp:AdminGetUser"] },
  { service: "ssoadmin", operation: "ListInstances", iam: ["sso:ListInstances"] },
  { service: "identitystore", operation: "GetUserId", iam: ["identitystore:GetUserId"] },
  { service: "iam", operation: "GetUser", iam: ["iam:GetUser"] },
  { service: "iam", operation: "GetRole", iam: ["iam:GetRole"] },
  { service: "iam", operation: "ListUsers", iam: ["iam:ListUsers"] },
  // For sweeps.
  { service: "iam", operation: "ListRoles", iam: ["iam:ListRoles"] },
  { service: "cloudtrail", operation: "LookupEvents", iam: ["cloudtrail:LookupEvents"] },
  { service: "iam", operation: "GetAccessKeyLastUsed", iam: ["iam:GetAccessKeyLastUsed"] },
  { service: "iam", operation: "GetAccountAuthorizationDetails", iam: ["iam:GetAccountAuthorizationDetails"] },
  { service: "ec2", operation: "DescribeInstances", iam: ["ec2:DescribeInstances"] },
  { service: "ec2", operation: "DescribeSubnets", iam: ["ec2:DescribeSubnets"] },
  {
    service: "ec2",
    operation: "DescribeVpcBlockPublicAccessExclusions",
    iam: ["ec2:DescribeVpcBlockPublicAccessExclusions"],
  },
  { service: "ec2", operation: "DescribeSecurityGroups", iam: ["ec2:DescribeSecurityGroups"] },
  { service: "s3", operation: "GetBucketEncryption", iam: ["s3:GetEncryptionConfiguration"] },
  { service: "s3", operation: "ListObjectsV2", iam: ["s3:ListBucket"] },
  { service: "sts", operation: "GetCallerIdentity", iam: ["sts:GetCallerIdentity"] },
];

/** IAM has one endpoint for all Regions. */
const iamOf = (scope: ReadScope, account: string) => scope.aws("iam", { account, region: "global" });

export async function userExists(scope: ReadScope, account: string, name: string): Promise<boolean> {
  const { GetUserCommand } = await import("@aws-sdk/client-iam");
  const iam = await iamOf(scope, account);
  return (await orAbsent(() => iam.send(new GetUserCommand({ UserName: name })))) !== null;
}

export async function roleExists(scope: ReadScope, account: string, name: string): Promise<boolean> {
  const { GetRoleCommand } = await import("@aws-sdk/client-iam");
  const iam = await iamOf(scope, account);
  return (await orAbsent(() => iam.send(new GetRoleCommand({ RoleName: name })))) !== null;
}

/** The user whose key it is; null when it is none of this account's. IAM refuses to speak of other accounts' keys instead of not finding them. */
export async function ownerOfKey(scope: ReadScope, account: string, accessKeyId: string): Promise<string | null> {
  const { GetAccessKeyLastUsedCommand } = await import("@aws-sdk/client-iam");
  const iam = await iamOf(scope, account);
  try {
    const answer = await orAbsent(() => iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: accessKeyId })));
    return answer?.UserName ?? null;
  } catch (error) {
    if (error instanceof ProviderError && error.kind === "denied") return null;
    throw error;
  }
}

export async function usersUnder(scope: ReadScope, account: string, path: string): Promise<string[]> {
  const { ListUsersCommand } = await import("@aws-sdk/client-iam");
  const iam = await iamOf(scope, account);
  const users = await everyPage(
    (from) => iam.send(new ListUsersCommand(compact({ PathPrefix: path, Marker: from }))),
    ({ Users }) => Users,
  );
  return users.flatMap(({ UserName }) => UserName ?? []);
}

export type Tagged = { readonly kind: "user" | "role"; readonly name: string; readonly path: string };

/** Users and roles that carry the tag. One listing of the account, because IAM cannot search by tag. */
export async function principalsTagged(scope: ReadScope, account: string, key: string, value: string): Promise<Tagged[]> {
  const { GetAccountAuthorizationDetailsCommand } = await import("@aws-sdk/client-iam");
  const iam = await iamOf(scope, account);
  const Filter: EntityType[] = ["User", "Role"];
  const all = await everyPage(
    (from) => iam.send(new GetAccountAuthorizationDetailsCommand(compact({ Filter, Marker: from }))),
    ({ UserDetailList = [], RoleDetailList = [] }) => [
      ...UserDetailList.map(({ UserName: name, Path, Tags }) => ({ kind: "user" as const, name, Path, Tags })),
      ...RoleDetailList.map(({ RoleName: name, Path, Tags }) => ({ kind: "role" as const, name, Path, Tags })),
    ],
  );
  return all.flatMap(({ kind, name, Path = "/", Tags = [] }) =>
    name !== undefined && Tags.some((tag) => tag.Key === key && tag.Value === value) ? [{ kind, name, path: Path }] : [],
  );
}

export async function holdsObjects(scope: ReadScope, place: S3Place, prefix: string): Promise<boolean> {
  const { ListObjectsV2Command } = await import("@aws-sdk/client-s3");
  const s3 = await scope.aws("s3", place);
  const page = await s3.send(new ListObjectsV2Command({ Bucket: place.bucket, Prefix: prefix, MaxKeys: 1 }));
  return (page.KeyCount ?? page.Contents?.length ?? 0) > 0;
}

/** The KMS key that a bucket encrypts new objects with, as the bucket names it; null for none of the customer's. */
export async function keyOfBucket(scope: ReadScope, place: Omit<S3Place, "prefix">): Promise<string | null> {
  const { GetBucketEncryptionCommand } = await import("@aws-sdk/client-s3");
  const s3 = await scope.aws("s3", place);
  const answer = await orAbsent(() => s3.send(new GetBucketEncryptionCommand({ Bucket: place.bucket })));
  const rules = answer?.ServerSideEncryptionConfiguration?.Rules ?? [];
  return rules.flatMap(({ ApplyServerSideEncryptionByDefault: one }) => one?.KMSMasterKeyID ?? [])[0] ?? null;
}

/** The names that stand in a bucket where a prefix has `{tenant}`. */
export async function prefixNames(scope: ReadScope, place: S3Place): Promise<string[]> {
  const { ListObjectsV2Command } = await import("@aws-sdk/client-s3");
  const [before = "", after = ""] = place.prefix.split("{tenant}");
  const s3 = await scope.aws("s3", place);
  const names: string[] = [];
  let token: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({
        Bucket: place.bucket,
        Prefix: before,
        Delimiter: after.slice(0, 1) || "/",
        ...(token === undefined ? {} : { ContinuationToken: token }),
      }),
    );
    for (const { Prefix } of page.CommonPrefixes ?? []) if (Prefix !== undefined) names.push(Prefix.slice(before.length, -1));
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
  return names;
}

/** ARN of the credentials in use. Cannot be denied by any policy. */
export async function callerArn(scope: ReadScope, account: string, region: string): Promise<string | null> {
  const { GetCallerIdentityCommand } = await import("@aws-sdk/client-sts");
  const sts = await scope.aws("sts", { account, region });
  return (await sts.send(new GetCallerIdentityCommand({}))).Arn ?? null;
}
