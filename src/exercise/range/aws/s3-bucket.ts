import type * as S3 from "@aws-sdk/client-s3";
import type { JsonObject } from "../../../model/index.ts";
import { type PolicyDocument, PolicyError, parsePolicy } from "../../../planner/policy/index.ts";
import { iam, s3 } from "../keys.ts";
import type { BucketPolicyRow, BucketRow, LifecycleRow } from "../rows.ts";
import { AwsFault } from "./fault.ts";
import { type Call, type Operation, operation } from "./operation.ts";
import { page } from "./paging.ts";
import { bucketArn, bucketOf, type OnBucket } from "./s3-place.ts";
import { refusePublicPolicy } from "./s3-public.ts";

const POLICY_LIMIT_BYTES = 20_480;

function checkedPolicy(call: Call<OnBucket>, text: string): void {
  if (Buffer.byteLength(text) > POLICY_LIMIT_BYTES) throw malformed("Policy exceeds the maximum allowed document size.");
  let document: PolicyDocument;
  try {
    document = parsePolicy(text);
  } catch (error) {
    if (error instanceof PolicyError) throw malformed(`Policies must be valid JSON: ${error.message}`);
    throw error;
  }
  const own = bucketArn(call);
  for (const { principal, resource } of document.statements) {
    if (principal === null) throw malformed("Missing required field Principal");
    if (resource === null) throw malformed("Missing required field Resource");
    if (!resource.patterns.every((arn) => arn === own || arn.startsWith(`${own}/`) || arn === "*")) {
      throw malformed("Policy has invalid resource");
    }
    for (const name of principal.names["AWS"] ?? [])
      if (!principalExists(call, name)) throw malformed("Invalid principal in policy");
  }
}

/** S3 and KMS resolve the users and roles that a policy names when it is put. */
export function principalExists(call: Call, name: string): boolean {
  const [, account, kind, path = ""] = /^arn:aws:(?:iam|sts)::(\d{12}):(user|role|assumed-role)\/(.+)$/.exec(name) ?? [];
  if (account !== call.account) return true;
  const parts = path.split("/");
  if (kind === "assumed-role") return call.tx.newest(iam.role(account, parts[0] ?? "")) !== null;
  return call.tx.newest((kind === "user" ? iam.user : iam.role)(account, parts.at(-1) ?? "")) !== null;
}

function malformed(message: string): AwsFault {
  return new AwsFault("MalformedPolicy", 400, message);
}

const policyOperations: Operation[] = [
  operation<S3.GetBucketPolicyCommandInput, S3.GetBucketPolicyCommandOutput>("s3", "GetBucketPolicy", {
    iam: "s3:GetBucketPolicy",
    resource: bucketArn,
    answer(call) {
      const policy = call.tx.newest<BucketPolicyRow>(s3.policy(call.account, bucketOf(call).name));
      if (policy === null) throw new AwsFault("NoSuchBucketPolicy", 404, "The bucket policy does not exist");
      return { Policy: policy.text };
    },
  }),
  operation<S3.PutBucketPolicyCommandInput, S3.PutBucketPolicyCommandOutput>("s3", "PutBucketPolicy", {
    iam: "s3:PutBucketPolicy",
    resource: bucketArn,
    answer(call) {
      const { name } = bucketOf(call);
      const text = call.input.Policy ?? "";
      checkedPolicy(call, text);
      refusePublicPolicy(call, name, text);
      call.put("bucket-policy", s3.policy(call.account, name), { text });
      return {};
    },
  }),
  operation<S3.DeleteBucketPolicyCommandInput, S3.DeleteBucketPolicyCommandOutput>("s3", "DeleteBucketPolicy", {
    iam: "s3:DeleteBucketPolicy",
    resource: bucketArn,
    answer(call) {
      call.put("bucket-policy", s3.policy(call.account, bucketOf(call).name), null);
      return {};
    },
  }),
];

const lifecycleOperations: Operation[] = [
  operation<S3.GetBucketLifecycleConfigurationCommandInput, S3.GetBucketLifecycleConfigurationCommandOutput>(
    "s3",
    "GetBucketLifecycleConfiguration",
    {
      iam: "s3:GetLifecycleConfiguration",
      resource: bucketArn,
      answer(call) {
        const lifecycle = call.tx.newest<LifecycleRow>(s3.lifecycle(call.account, bucketOf(call).name));
        if (lifecycle === null)
          throw new AwsFault("NoSuchLifecycleConfiguration", 404, "The lifecycle configuration does not exist");
        return {
          Rules: lifecycle.rules.map((rule) => withDates(rule) as S3.LifecycleRule),
          TransitionDefaultMinimumObjectSize:
            lifecycle.transitionDefaultMinimumObjectSize as S3.TransitionDefaultMinimumObjectSize,
        };
      },
    },
  ),
  operation<S3.PutBucketLifecycleConfigurationCommandInput, S3.PutBucketLifecycleConfigurationCommandOutput>(
    "s3",
    "PutBucketLifecycleConfiguration",
    {
      iam: "s3:PutLifecycleConfiguration",
      resource: bucketArn,
      answer(call) {
        const { name } = bucketOf(call);
        const asked = call.input.LifecycleConfiguration?.Rules ?? [];
        const rules = asked.map((rule) => ({ ...rule, ID: rule.ID ?? call.newId(48) }));
        if (rules.length === 0 || rules.length > 1000 || new Set(rules.map((rule) => rule.ID)).size !== rules.length) {
          throw new AwsFault(
            "MalformedXML",
            400,
            "The XML you provided was not well-formed or did not validate against our published schema",
          );
        }
        const size = call.input.TransitionDefaultMinimumObjectSize ?? "all_storage_classes_128K";
        const value = { rules: JSON.parse(JSON.stringify(rules)), transitionDefaultMinimumObjectSize: size };
        call.put("object", s3.lifecycle(call.account, name), value);
        return { TransitionDefaultMinimumObjectSize: size };
      },
    },
  ),
  operation<S3.DeleteBucketLifecycleCommandInput, S3.DeleteBucketLifecycleCommandOutput>("s3", "DeleteBucketLifecycle", {
    iam: "s3:PutLifecycleConfiguration",
    resource: bucketArn,
    answer(call) {
      call.put("object", s3.lifecycle(call.account, bucketOf(call).name), null);
      return {};
    },
  }),
];

/** Stored as JSON a `Date` is a string; the SDK hands out a Date object. */
function withDates(value: JsonObject): object {
  return JSON.parse(JSON.stringify(value), (key, item) => (key === "Date" && typeof item === "string" ? new Date(item) : item));
}

const encryptionOperations: Operation[] = [
  operation<S3.GetBucketEncryptionCommandInput, S3.GetBucketEncryptionCommandOutput>("s3", "GetBucketEncryption", {
    iam: "s3:GetEncryptionConfiguration",
    resource: bucketArn,
    answer(call) {
      const own = call.tx.newest<JsonObject>(s3.encryption(call.account, bucketOf(call).name));
      // Every bucket encrypts, with keys of S3's own where nobody says otherwise.
      const Rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" as const }, BucketKeyEnabled: false }];
      return {
        ServerSideEncryptionConfiguration: own === null ? { Rules } : (own as unknown as S3.ServerSideEncryptionConfiguration),
      };
    },
  }),
  operation<S3.PutBucketEncryptionCommandInput, S3.PutBucketEncryptionCommandOutput>("s3", "PutBucketEncryption", {
    iam: "s3:PutEncryptionConfiguration",
    resource: bucketArn,
    answer(call) {
      const value = JSON.parse(JSON.stringify(call.input.ServerSideEncryptionConfiguration ?? { Rules: [] }));
      call.put("object", s3.encryption(call.account, bucketOf(call).name), value);
      return {};
    },
  }),
];

export const s3BucketOperations: Operation[] = [
  ...policyOperations,
  ...lifecycleOperations,
  ...encryptionOperations,
  operation<S3.GetBucketLocationCommandInput, S3.GetBucketLocationCommandOutput>("s3", "GetBucketLocation", {
    iam: "s3:GetBucketLocation",
    resource: bucketArn,
    answer(call) {
      const { region } = bucketOf(call, true);
      // The oldest Region has no location constraint.
      return region === "us-east-1" ? {} : { LocationConstraint: region as S3.BucketLocationConstraint };
    },
  }),
  operation<S3.HeadBucketCommandInput, S3.HeadBucketCommandOutput>("s3", "HeadBucket", {
    iam: "s3:ListBucket",
    resource: bucketArn,
    answer(call) {
      if (call.tx.newest(s3.bucket(call.account, call.input.Bucket ?? "")) === null)
        throw new AwsFault("NotFound", 404, "UnknownError");
      return { BucketRegion: bucketOf(call).region, AccessPointAlias: false };
    },
  }),
  operation<S3.ListBucketsCommandInput, S3.ListBucketsCommandOutput>("s3", "ListBuckets", {
    iam: "s3:ListAllMyBuckets",
    answer(call) {
      const buckets = call.tx.list<BucketRow>(s3.bucket(call.account, call.input.Prefix ?? "")).map((row) => row.value);
      const size = call.pageSize(call.input.MaxBuckets, 10_000);
      const shown = page(buckets, (bucket) => bucket.name, size, call.input.ContinuationToken);
      return {
        Buckets: shown.items.map((bucket) => ({
          Name: bucket.name,
          BucketRegion: bucket.region,
          CreationDate: new Date(bucket.created),
        })),
        Owner: { ID: call.account },
        ContinuationToken: shown.next,
      };
    },
  }),
];
