import type * as S3 from "@aws-sdk/client-s3";
import { s3 } from "../keys.ts";
import type { ReplicationRow } from "../rows.ts";
import { AwsFault } from "./fault.ts";
import { type Operation, operation } from "./operation.ts";
import { bucketArn, bucketOf } from "./s3-place.ts";

export const s3ReplicationOperations: Operation[] = [
  operation<S3.GetBucketReplicationCommandInput, S3.GetBucketReplicationCommandOutput>("s3", "GetBucketReplication", {
    iam: "s3:GetReplicationConfiguration",
    resource: bucketArn,
    answer(call) {
      const found = call.tx.newest<ReplicationRow>(s3.replication(call.account, bucketOf(call).name));
      if (found === null)
        throw new AwsFault("ReplicationConfigurationNotFoundError", 404, "The replication configuration was not found");
      return { ReplicationConfiguration: { Role: found.role, Rules: found.rules as readonly object[] as S3.ReplicationRule[] } };
    },
  }),
  operation<S3.PutBucketReplicationCommandInput, S3.PutBucketReplicationCommandOutput>("s3", "PutBucketReplication", {
    iam: "s3:PutReplicationConfiguration",
    resource: bucketArn,
    answer(call) {
      const { name, versioned = false } = bucketOf(call);
      if (!versioned)
        throw new AwsFault(
          "InvalidRequest",
          400,
          "Versioning must be 'Enabled' on the bucket to apply a replication configuration",
        );
      const { Role = "", Rules = [] } = call.input.ReplicationConfiguration ?? {};
      const rules = Rules.map((rule) => ({ ...rule, ID: rule.ID ?? call.newId(48) }));
      if (Role === "" || rules.length === 0 || rules.length > 1000 || new Set(rules.map(({ ID }) => ID)).size !== rules.length) {
        throw new AwsFault(
          "MalformedXML",
          400,
          "The XML you provided was not well-formed or did not validate against our published schema",
        );
      }
      call.put("object", s3.replication(call.account, name), { role: Role, rules: JSON.parse(JSON.stringify(rules)) });
      return {};
    },
  }),
];
