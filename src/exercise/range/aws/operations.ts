import type { AwsService } from "../../../providers/index.ts";
import { dynamodbOperations } from "./dynamodb.ts";
import { ec2AclOperations } from "./ec2-acl.ts";
import { ec2GroupOperations } from "./ec2-group.ts";
import { ec2HostOperations } from "./ec2-host.ts";
import { ec2TagOperations } from "./ec2-tags.ts";
import { iamCredentialOperations } from "./iam-credential.ts";
import { iamRoleOperations } from "./iam-role.ts";
import { iamUserOperations } from "./iam-user.ts";
import type { Operation } from "./operation.ts";
import { s3BucketOperations } from "./s3-bucket.ts";
import { s3ObjectOperations } from "./s3-object.ts";
import { secretsOperations } from "./secretsmanager.ts";
import { stsOperations } from "./sts.ts";
import { wafOperations } from "./wafv2.ts";

const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  [
    ...s3BucketOperations,
    ...s3ObjectOperations,
    ...iamUserOperations,
    ...iamCredentialOperations,
    ...iamRoleOperations,
    ...stsOperations,
    ...ec2HostOperations,
    ...ec2GroupOperations,
    ...ec2AclOperations,
    ...ec2TagOperations,
    ...wafOperations,
    ...secretsOperations,
    ...dynamodbOperations,
  ].map((operation) => [`${operation.service}:${operation.name}`, operation]),
);

export function findOperation(service: AwsService, name: string): Operation | null {
  return OPERATIONS.get(`${service}:${name}`) ?? null;
}

/** `s3:GetBucketPolicy`, … in the order of declaration. */
export const operationNames: readonly string[] = [...OPERATIONS.keys()];
