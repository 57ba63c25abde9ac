import type { NonEmpty } from "../model/index.ts";

/** One SDK operation and what the provider's policy language calls it: ListObjectsV2 is s3:ListBucket. */
export type AwsPermission = {
  readonly service: AwsService;
  readonly operation: string;
  readonly iam: NonEmpty<string>;
  readonly resources?: readonly string[];
};

/** One REST method and path pattern (`{name}` stands for one segment), and what Azure roles call it. */
export type AzurePermission = {
  readonly method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly azureAction: string;
};

export type Permission = AwsPermission | AzurePermission;

export type AwsService =
  | "autoscaling"
  | "cloudfront"
  | "cloudtrail"
  | "cognito"
  | "dynamodb"
  | "ec2"
  | "eks"
  | "elbv2"
  | "iam"
  | "identitystore"
  | "kms"
  | "networkfirewall"
  | "organizations"
  | "rds"
  | "s3"
  | "s3control"
  | "secretsmanager"
  | "ssoadmin"
  | "sts"
  | "wafv2";
