import { GetBucketReplicationCommand, PutBucketReplicationCommand, type ReplicationRule } from "@aws-sdk/client-s3";
import * as z from "zod";
import { defect, type ResourceRef, sameJson } from "../../../model/index.ts";
import { orAbsent, type ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { onBucket } from "./bucket.ts";
import { asksFor, disabled, enabledAgain, isEnabled, nameOf, type Rule } from "./rules.ts";

/** The configuration in the SDK's form. `role` is the ARN that S3 copies with. */
type State = { readonly role: string; readonly rules: readonly Rule[] };

const ROLE = "arn:aws:iam::123456789012:role/acme-replication";
const Destination = { Bucket: "arn:aws:s3:::acme-data-copy", StorageClass: "STANDARD_IA" };
const COPY_TENANTS: Rule = {
  ID: "copy-tenants",
  Priority: 1,
  Filter: { Prefix: "tenants/" },
  Destination,
  DeleteMarkerReplication: { Status: "Enabled" },
};
const COPY_EXPORTS: Rule = {
  ID: "copy-exports",
  Priority: 2,
  Filter: { Prefix: "exports/" },
  Destination,
  DeleteMarkerReplication: { Status: "Disabled" },
};

export const suspendReplication = defineAction<"aws.bucket-prefix", Record<string, never>, State>({
  id: "aws.s3.suspend-replication",
  title: "Suspend a bucket's replication, so that nothing more is carried to its destinations",
  description:
    "Sets every replication rule of the bucket to Disabled. Nothing is proposed for a bucket without replication. A restore enables the rules that were enabled before and keeps what others changed since.",
  containment: "destination",
  blastRadius:
    "the whole bucket, other tenants included, is no longer copied: what is written or deleted meanwhile is missing at the destinations, and S3 does not catch up when the rules are enabled again (S3 Batch Replication does); nobody loses access; copies by other means, replication into this bucket and jobs of Batch Replication are not stopped",
  targets: ["aws.bucket-prefix"],
  params: z.strictObject({}),
  permissions: {
    read: [{ service: "s3", operation: "GetBucketReplication", iam: ["s3:GetReplicationConfiguration"] }],
    // S3 acts with the role that the configuration names: whoever puts it hands that role on.
    write: [{ service: "s3", operation: "PutBucketReplication", iam: ["s3:PutReplicationConfiguration", "iam:PassRole"] }],
  },
  bound: {
    ms: 300_000,
    source:
      "Amazon S3 User Guide, data consistency model: bucket configurations are eventually consistent; no figure is given, five minutes are allowed",
  },
  examples: [
    {
      title: "A bucket with one rule that copies and one that is disabled already",
      selection: {
        kind: "aws.bucket-prefix",
        tenant: "acme",
        account: "123456789012",
        region: "us-east-1",
        bucket: "acme-data",
        prefix: "tenants/acme/",
        exempt: ["arn:aws:iam::123456789012:role/soc2-er-responder"],
      },
      params: {},
      changes: [
        {
          key: "acme-data",
          resource: {
            provider: "aws",
            type: "s3-bucket-replication",
            account: "123456789012",
            region: "us-east-1",
            id: "acme-data",
          },
          summary: 'suspend 1 replication rule of bucket "acme-data"',
          before: {
            role: ROLE,
            rules: [
              { ...COPY_TENANTS, Status: "Enabled" },
              { ...COPY_EXPORTS, Status: "Disabled" },
            ],
          },
          after: {
            role: ROLE,
            rules: [
              { ...COPY_TENANTS, Status: "Disabled" },
              { ...COPY_EXPORTS, Status: "Disabled" },
            ],
          },
          asks: { disabled: ["copy-tenants", "copy-exports"] },
        },
      ],
    },
  ],

  async *plan(scope, { account, region, bucket }) {
    const resource: ResourceRef = { provider: "aws", type: "s3-bucket-replication", account, region, id: bucket };
    const before = await read(scope, resource);
    if (before === null) return;
    const enabled = before.rules.filter(isEnabled).length;
    yield {
      key: bucket,
      resource,
      summary: `suspend ${enabled} replication ${enabled === 1 ? "rule" : "rules"} of bucket "${bucket}"`,
      before,
      after: { ...before, rules: disabled(before.rules) },
      reversal: { kind: "restore" },
      asks: asksFor(before.rules),
    };
  },

  read,

  async apply(scope, { resource, after }) {
    if (after === null) return defect("a replication configuration is never removed");
    const s3 = await scope.aws("s3", resource);
    const Rules = after.rules as readonly object[] as ReplicationRule[];
    await s3.send(
      new PutBucketReplicationCommand({ ...onBucket(resource), ReplicationConfiguration: { Role: after.role, Rules } }),
    );
  },

  async verify(scope, change, direction) {
    const now = await read(scope, change.resource);
    if (direction === "restore") {
      if (sameJson(now, change.after)) return { verdict: "confirmed", level: "configuration" };
      return { verdict: "contradicted", level: "configuration", detail: "the rules are not those that were to be put back" };
    }
    const enabled = (now?.rules ?? []).filter(isEnabled).map(nameOf);
    if (enabled.length === 0) return { verdict: "confirmed", level: "configuration" };
    return { verdict: "contradicted", level: "configuration", detail: `still enabled: ${enabled.join(", ")}` };
  },

  merge(base, change, now, held) {
    if (now === null || base === null) return { state: now };
    const others = held.map(({ asks }) => asks);
    return { state: { ...now, rules: enabledAgain(base.rules, change.asks, now.rules, others) } };
  },

  async residual(_scope, change) {
    const bucket = `bucket "${change.resource.id}"`;
    return [
      {
        what: `copies of objects of ${bucket} that stand at the destinations already`,
        until: "until somebody removes them there",
        why: "replication copies, and takes nothing back when it ends",
      },
      {
        what: `copies of objects of ${bucket} that S3 had begun or queued`,
        until: "until they have arrived or failed",
        why: "S3 replicates in the background, and says nowhere that a disabled rule stops what is under way",
      },
    ];
  },
});

async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  const s3 = await scope.aws("s3", resource);
  const answer = await orAbsent(() => s3.send(new GetBucketReplicationCommand(onBucket(resource))));
  const { Role, Rules } = answer?.ReplicationConfiguration ?? {};
  if (Role === undefined || Rules === undefined || Rules.length === 0) return null;
  // The SDK's undefined members disappear.
  return { role: Role, rules: JSON.parse(JSON.stringify(Rules)) as Rule[] };
}
