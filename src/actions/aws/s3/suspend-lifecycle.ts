import {
  GetBucketLifecycleConfigurationCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
  type TransitionDefaultMinimumObjectSize,
} from "@aws-sdk/client-s3";
import * as z from "zod";
import { defect, type ResourceRef, sameJson } from "../../../model/index.ts";
import { orAbsent, type ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { onBucket } from "./bucket.ts";
import { asksFor, disabled, enabledAgain, isEnabled, nameOf, type Rule } from "./rules.ts";

/** The configuration in the SDK's form; dates as ISO 8601. `smallest` is the setting that S3 sends as a header. */
type State = { readonly rules: readonly Rule[]; readonly smallest?: string };

const EXPIRE_EXPORTS: Rule = { ID: "expire-exports", Filter: { Prefix: "exports/" }, Expiration: { Days: 30 } };
const ARCHIVE_TENANTS: Rule = {
  ID: "archive-tenants",
  Filter: { And: { Prefix: "tenants/", Tags: [{ Key: "class", Value: "cold" }] } },
  Transitions: [{ Days: 90, StorageClass: "GLACIER" }],
  NoncurrentVersionExpiration: { NoncurrentDays: 365 },
};

export const suspendLifecycle = defineAction<"aws.bucket-prefix", Record<string, never>, State>({
  id: "aws.s3.suspend-lifecycle",
  title: "Suspend a bucket's lifecycle rules, so that evidence does not expire",
  description:
    "Sets every lifecycle rule of the bucket to Disabled. Nothing is proposed for a bucket without lifecycle rules. A restore enables the rules that were enabled before and keeps what others changed since.",
  containment: "destination",
  blastRadius:
    "the whole bucket, other tenants included, keeps objects that would have expired or moved to cheaper storage: storage costs grow; nobody loses access, and nobody is denied any",
  targets: ["aws.bucket-prefix"],
  params: z.strictObject({}),
  permissions: {
    read: [{ service: "s3", operation: "GetBucketLifecycleConfiguration", iam: ["s3:GetLifecycleConfiguration"] }],
    write: [{ service: "s3", operation: "PutBucketLifecycleConfiguration", iam: ["s3:PutLifecycleConfiguration"] }],
  },
  bound: {
    ms: 300_000,
    source:
      "Amazon S3 User Guide, managing the lifecycle: disabled rules stop scheduling after a small delay; no figure is given, five minutes are allowed",
  },
  examples: [
    {
      title: "A bucket whose rules expire exports and archive cold objects",
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
            type: "s3-bucket-lifecycle",
            account: "123456789012",
            region: "us-east-1",
            id: "acme-data",
          },
          summary: 'suspend 2 lifecycle rules of bucket "acme-data"',
          before: {
            rules: [
              { ...EXPIRE_EXPORTS, Status: "Enabled" },
              { ...ARCHIVE_TENANTS, Status: "Enabled" },
            ],
            smallest: "all_storage_classes_128K",
          },
          after: {
            rules: [
              { ...EXPIRE_EXPORTS, Status: "Disabled" },
              { ...ARCHIVE_TENANTS, Status: "Disabled" },
            ],
            smallest: "all_storage_classes_128K",
          },
          asks: { disabled: ["expire-exports", "archive-tenants"] },
        },
      ],
    },
  ],

  async *plan(scope, { account, region, bucket }) {
    const resource: ResourceRef = { provider: "aws", type: "s3-bucket-lifecycle", account, region, id: bucket };
    const before = await read(scope, resource);
    if (before === null) return;
    const enabled = before.rules.filter(isEnabled).length;
    yield {
      key: bucket,
      resource,
      summary: `suspend ${enabled} lifecycle ${enabled === 1 ? "rule" : "rules"} of bucket "${bucket}"`,
      before,
      after: { ...before, rules: disabled(before.rules) },
      reversal: { kind: "restore" },
      asks: asksFor(before.rules),
    };
  },

  read,

  async apply(scope, { resource, after }) {
    if (after === null) return defect("a lifecycle configuration is never removed");
    const s3 = await scope.aws("s3", resource);
    await s3.send(
      new PutBucketLifecycleConfigurationCommand({
        ...onBucket(resource),
        LifecycleConfiguration: { Rules: after.rules.map(toSdk) },
        // Left out, it would fall back to S3's default.
        ...(after.smallest === undefined
          ? {}
          : { TransitionDefaultMinimumObjectSize: after.smallest as TransitionDefaultMinimumObjectSize }),
      }),
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
    const rules = enabledAgain(
      base.rules,
      change.asks,
      now.rules,
      held.map(({ asks }) => asks),
    );
    return { state: { ...now, rules } };
  },

  async residual(_scope, change) {
    return [
      {
        what: `expirations and transitions in bucket "${change.resource.id}" that S3 had begun`,
        until: "until the day's run ends",
        why: "S3 applies lifecycle rules in daily runs in the background",
      },
    ];
  },
});

async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  const s3 = await scope.aws("s3", resource);
  const answer = await orAbsent(() => s3.send(new GetBucketLifecycleConfigurationCommand(onBucket(resource))));
  if (answer?.Rules === undefined || answer.Rules.length === 0) return null;
  const smallest = answer.TransitionDefaultMinimumObjectSize;
  // The SDK's dates become ISO 8601 and its undefined members disappear.
  const rules = JSON.parse(JSON.stringify(answer.Rules)) as Rule[];
  return smallest === undefined ? { rules } : { rules, smallest };
}

/** A rule in the SDK's form, which wants `Date` members as dates. Midnight UTC is all that S3 takes, so nothing is lost. */
function toSdk(rule: Rule): LifecycleRule {
  return JSON.parse(JSON.stringify(rule), (key, value) => (key === "Date" ? new Date(value) : value));
}
