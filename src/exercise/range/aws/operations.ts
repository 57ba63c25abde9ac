import type { AwsService } from "../../../providers/index.ts";
import { autoScalingOperations } from "./autoscaling.ts";
import { cloudfrontOperations } from "./cloudfront.ts";
import { cloudtrailOperations } from "./cloudtrail.ts";
import { cognitoOperations } from "./cognito.ts";
import { dynamodbOperations } from "./dynamodb.ts";
import { ec2AclOperations } from "./ec2-acl.ts";
import { ec2GroupOperations } from "./ec2-group.ts";
import { ec2HostOperations } from "./ec2-host.ts";
import { ec2InstanceOperations } from "./ec2-instance.ts";
import { ec2PrefixListOperations } from "./ec2-prefix-list.ts";
import { ec2PublicAccessOperations } from "./ec2-public-access.ts";
import { ec2TagOperations } from "./ec2-tags.ts";
import { eksOperations } from "./eks.ts";
import { elbOperations } from "./elbv2.ts";
import { ruleOperations } from "./elbv2-rules.ts";
import { targetOperations } from "./elbv2-targets.ts";
import { iamConsoleOperations } from "./iam-console.ts";
import { iamCredentialOperations } from "./iam-credential.ts";
import { iamRoleOperations } from "./iam-role.ts";
import { iamUserOperations } from "./iam-user.ts";
import { identityStoreOperations } from "./identitystore.ts";
import { kmsOperations } from "./kms.ts";
import { networkFirewallOperations } from "./network-firewall.ts";
import type { Operation } from "./operation.ts";
import { organizationsOperations } from "./organizations.ts";
import { rdsOperations } from "./rds.ts";
import { accessGrantOperations } from "./s3-access-grants.ts";
import { s3BucketOperations } from "./s3-bucket.ts";
import { s3ObjectOperations } from "./s3-object.ts";
import { s3PublicOperations } from "./s3-public.ts";
import { s3ReplicationOperations } from "./s3-replication.ts";
import { s3VersionOperations } from "./s3-version.ts";
import { secretsOperations } from "./secretsmanager.ts";
import { ssoOperations } from "./ssoadmin.ts";
import { stsOperations } from "./sts.ts";
import { wafOperations } from "./wafv2.ts";
import { webAclOperations } from "./wafv2-acl.ts";

const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  [
    ...s3BucketOperations,
    ...accessGrantOperations,
    ...s3ObjectOperations,
    ...s3PublicOperations,
    ...s3ReplicationOperations,
    ...s3VersionOperations,
    ...iamUserOperations,
    ...iamCredentialOperations,
    ...iamConsoleOperations,
    ...iamRoleOperations,
    ...stsOperations,
    ...cloudtrailOperations,
    ...ec2HostOperations,
    ...ec2InstanceOperations,
    ...ec2GroupOperations,
    ...ec2AclOperations,
    ...ec2PrefixListOperations,
    ...ec2PublicAccessOperations,
    ...ec2TagOperations,
    ...elbOperations,
    ...ruleOperations,
    ...targetOperations,
    ...autoScalingOperations,
    ...rdsOperations,
    ...wafOperations,
    ...webAclOperations,
    ...cloudfrontOperations,
    ...networkFirewallOperations,
    ...eksOperations,
    ...kmsOperations,
    ...secretsOperations,
    ...dynamodbOperations,
    ...cognitoOperations,
    ...identityStoreOperations,
    ...ssoOperations,
    ...organizationsOperations,
  ].map((operation) => [`${operation.service}:${operation.name}`, operation]),
);

export function findOperation(service: AwsService, name: string): Operation | null {
  return OPERATIONS.get(`${service}:${name}`) ?? null;
}

/** `s3:GetBucketPolicy`, … in the order of declaration. */
export const operationNames: readonly string[] = [...OPERATIONS.keys()];
