import type { ResourceRef } from "../../model/index.ts";
import type { Block } from "./terraform-state.ts";

/** Of what a lease holds: the type of block that owns it, the arguments that a deploy would write back, and whether an instance is it. */
export type Owned = {
  readonly type: string;
  readonly ignore: readonly string[];
  readonly is: (attributes: Block["instances"][number], ref: ResourceRef) => boolean;
};

const byBucket = (attributes: Block["instances"][number], { id }: ResourceRef) => attributes["bucket"] === id;
const byId = (attributes: Block["instances"][number], { id }: ResourceRef) => attributes["id"] === id;
const first = ({ id }: ResourceRef) => id.split("/")[0];
const last = ({ id }: ResourceRef) => id.split("/").at(-1);

/** By the type of what is held. What is not here is said to be unknown. */
export const OWNED: { readonly [type: string]: readonly Owned[] } = {
  "iam-access-key": [{ type: "aws_iam_access_key", ignore: ["status"], is: (has, ref) => has["id"] === last(ref) }],
  // Terraform leaves inline policies that it does not know, unless it is told that its own are all.
  "iam-user-policy": [
    { type: "aws_iam_user_policies_exclusive", ignore: ["policy_names"], is: (has, ref) => has["user_name"] === first(ref) },
  ],
  "iam-role-policy": [
    { type: "aws_iam_role_policies_exclusive", ignore: ["policy_names"], is: (has, ref) => has["role_name"] === first(ref) },
    {
      type: "aws_iam_role",
      ignore: ["inline_policy"],
      is: (has, ref) => has["name"] === first(ref) && Array.isArray(has["inline_policy"]) && has["inline_policy"].length > 0,
    },
  ],
  "iam-role-trust": [{ type: "aws_iam_role", ignore: ["assume_role_policy"], is: (has, ref) => has["name"] === last(ref) }],
  "iam-ssh-key": [{ type: "aws_iam_user_ssh_key", ignore: ["status"], is: (has, ref) => has["ssh_public_key_id"] === last(ref) }],
  "iam-signing-certificate": [
    { type: "aws_iam_signing_certificate", ignore: ["status"], is: (has, ref) => has["certificate_id"] === last(ref) },
  ],
  "iam-service-credential": [
    {
      type: "aws_iam_service_specific_credential",
      ignore: ["status"],
      is: (has, ref) => has["service_specific_credential_id"] === last(ref),
    },
  ],
  // What we deleted: no argument that could be ignored keeps it away.
  "iam-login-profile": [{ type: "aws_iam_user_login_profile", ignore: [], is: (has, { id }) => has["user"] === id }],
  "organizations-policy": [{ type: "aws_organizations_policy", ignore: ["content"], is: byId }],
  "kms-key": [{ type: "aws_kms_key", ignore: ["is_enabled"], is: (has, { id }) => has["key_id"] === id }],
  "kms-key-policy": [
    { type: "aws_kms_key", ignore: ["policy"], is: (has, { id }) => has["key_id"] === id },
    { type: "aws_kms_key_policy", ignore: ["policy"], is: (has, { id }) => String(has["key_id"]).endsWith(id) },
  ],
  "dynamodb-table-policy": [
    {
      type: "aws_dynamodb_resource_policy",
      ignore: ["policy"],
      is: (has, { account, region, id }) => has["resource_arn"] === `arn:aws:dynamodb:${region}:${account}:table/${id}`,
    },
  ],
  "secret-policy": [
    {
      type: "aws_secretsmanager_secret_policy",
      ignore: ["policy"],
      // Secrets Manager ends the ARN with six characters of its own.
      is: (has, { account, region, id }) =>
        String(has["secret_arn"]).slice(0, -7) === `arn:aws:secretsmanager:${region}:${account}:secret:${id}`,
    },
  ],
  "s3-bucket-policy": [{ type: "aws_s3_bucket_policy", ignore: ["policy"], is: byBucket }],
  "s3-public-access-block": [
    {
      type: "aws_s3_bucket_public_access_block",
      ignore: ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"],
      is: byBucket,
    },
  ],
  "s3-bucket-lifecycle": [{ type: "aws_s3_bucket_lifecycle_configuration", ignore: ["rule"], is: byBucket }],
  "s3-bucket-replication": [{ type: "aws_s3_bucket_replication_configuration", ignore: ["rule"], is: byBucket }],
  "network-interface": [
    {
      type: "aws_instance",
      ignore: ["vpc_security_group_ids", "security_groups"],
      is: (has, { id }) => has["primary_network_interface_id"] === id,
    },
    { type: "aws_network_interface", ignore: ["security_groups"], is: byId },
  ],
  "network-acl-entry": [
    { type: "aws_network_acl", ignore: ["ingress", "egress"], is: (has, ref) => has["id"] === first(ref) },
    { type: "aws_default_network_acl", ignore: ["ingress", "egress"], is: (has, ref) => has["id"] === first(ref) },
  ],
  "waf-web-acl": [{ type: "aws_wafv2_web_acl", ignore: ["default_action"], is: (has, { id }) => has["id"] === id.split("/")[2] }],
  "waf-rule-group-reference": [
    { type: "aws_wafv2_web_acl", ignore: ["rule"], is: (has, { id }) => has["id"] === id.split("/")[2] },
  ],
  "instance-attribute": [
    {
      type: "aws_instance",
      ignore: ["disable_api_stop", "disable_api_termination", "instance_initiated_shutdown_behavior"],
      is: (has, ref) => has["id"] === first(ref),
    },
  ],
  "instance-metadata-options": [{ type: "aws_instance", ignore: ["metadata_options"], is: byId }],
  "waf-ip-set": [{ type: "aws_wafv2_ip_set", ignore: ["addresses"], is: (has, ref) => has["id"] === last(ref) }],
};
