import { DeleteBucketPolicyCommand, GetBucketPolicyCommand, PutBucketPolicyCommand } from "@aws-sdk/client-s3";
import * as z from "zod";
import { ErError, type ResourceRef, type SelectionOf } from "../../../model/index.ts";
import { orAbsent, type ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { anyoneBut, asksOf, exemptIn, named, oneOrMany, type Statement, statementsOf } from "../policy-document.ts";
import {
  checkSize,
  everyoneBut,
  judgeStatements,
  type Limit,
  mergeStatements,
  type PolicyState,
  refuseUnspared,
  withAsked,
} from "../shared-statements.ts";
import { onBucket } from "./bucket.ts";

type Place = SelectionOf<"aws.bucket-prefix">;

const LIMIT: Limit = {
  most: 20_480,
  of: "bytes",
  service: "S3",
  hint: "remove statements that nobody needs from the bucket's policy, or move them to access points",
};

const EXAMPLE = {
  kind: "aws.bucket-prefix",
  tenant: "acme",
  account: "123456789012",
  region: "us-east-1",
  prefix: "tenants/acme/",
  exempt: ["arn:aws:iam::123456789012:role/soc2-er-responder"],
} as const;

const EXAMPLE_POLICY = `{
  "Version": "2012-10-17",
  "Id": "acme-data-policy",
  "Statement": [
    { "Sid": "DenyInsecureTransport", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
      "Resource": ["arn:aws:s3:::acme-data", "arn:aws:s3:::acme-data/*"],
      "Condition": { "Bool": { "aws:SecureTransport": "false" } } },
    { "Sid": "ApplicationAccess", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:role/app-data" },
      "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::acme-data/*" }
  ]
}`;

export const denyTenantPrefix = defineAction<"aws.bucket-prefix", Record<string, never>, PolicyState>({
  id: "aws.s3.deny-tenant-prefix",
  title: "Deny everyone but the responders a tenant's objects",
  description:
    "Adds two Deny statements to the bucket's policy: every S3 action on the objects under the tenant's prefix, and listing under it. The responders' ARNs are exempt. Statements of other authors stay as they are.",
  containment: "destination",
  blastRadius:
    "the application, the tenant's own users and every job lose the tenant's objects in this bucket, anonymous callers and AWS services (CloudFront origin access, log delivery) included; other tenants are not touched; a listing without a prefix, downloads in flight and copies in caches are not stopped",
  targets: ["aws.bucket-prefix"],
  params: z.strictObject({}),
  permissions: {
    read: [{ service: "s3", operation: "GetBucketPolicy", iam: ["s3:GetBucketPolicy"] }],
    write: [
      { service: "s3", operation: "PutBucketPolicy", iam: ["s3:PutBucketPolicy"] },
      { service: "s3", operation: "DeleteBucketPolicy", iam: ["s3:DeleteBucketPolicy"] },
    ],
  },
  bound: {
    ms: 60_000,
    source:
      "Amazon S3 User Guide, data consistency model: bucket configurations are eventually consistent; no figure is given, a minute is allowed",
  },
  examples: [
    {
      title: "A bucket with a policy of its own",
      selection: { ...EXAMPLE, bucket: "acme-data" },
      params: {},
      changes: [
        {
          key: "acme-data/tenants/acme/",
          resource: policyOf({ ...EXAMPLE, bucket: "acme-data" }),
          summary: 'deny everyone but 1 responder the objects of tenant "acme" under "tenants/acme/" in bucket "acme-data"',
          before: { policy: EXAMPLE_POLICY },
          after: {
            policy: `{"Version":"2012-10-17","Id":"acme-data-policy","Statement":[{"Sid":"DenyInsecureTransport","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::acme-data","arn:aws:s3:::acme-data/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}},{"Sid":"ApplicationAccess","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/app-data"},"Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::acme-data/*"},${exampleText("acme-data", "f906efc8a5b8", "fa0d1c36a158")}]}`,
          },
          asks: JSON.parse(`[${exampleText("acme-data", "f906efc8a5b8", "fa0d1c36a158")}]`),
        },
      ],
    },
    {
      title: "A bucket without a policy",
      selection: { ...EXAMPLE, bucket: "acme-audit" },
      params: {},
      changes: [
        {
          key: "acme-audit/tenants/acme/",
          resource: policyOf({ ...EXAMPLE, bucket: "acme-audit" }),
          summary: 'deny everyone but 1 responder the objects of tenant "acme" under "tenants/acme/" in bucket "acme-audit"',
          before: null,
          after: {
            policy: `{"Version":"2012-10-17","Statement":[${exampleText("acme-audit", "733fea6ec5b6", "60a0b773bc1a")}]}`,
          },
          asks: JSON.parse(`[${exampleText("acme-audit", "733fea6ec5b6", "60a0b773bc1a")}]`),
        },
      ],
    },
  ],

  async *plan(scope, selection) {
    checkPlace(selection);
    const resource = policyOf(selection);
    const before = await read(scope, resource);
    const asks = denials(selection, statementsOf(before?.policy ?? null));
    const after = withAsked(before, asks);
    checkSize(after, `bucket "${selection.bucket}"`, LIMIT);
    yield {
      key: `${selection.bucket}/${selection.prefix}`,
      resource,
      summary: `deny ${everyoneBut(selection.exempt)} the objects of tenant "${selection.tenant}" under "${selection.prefix}" in bucket "${selection.bucket}"`,
      before,
      after,
      reversal: { kind: "restore" },
      asks,
    };
  },

  read,

  async apply(scope, { resource, after }) {
    const s3 = await scope.aws("s3", resource);
    if (after === null) await s3.send(new DeleteBucketPolicyCommand(onBucket(resource)));
    else await s3.send(new PutBucketPolicyCommand({ ...onBucket(resource), Policy: after.policy }));
  },

  async verify(scope, change, direction) {
    return judgeStatements(await read(scope, change.resource), change, direction);
  },

  merge: mergeStatements,

  effects(change) {
    const objects = asksOf(change.asks).find((statement) => statement["Action"] === "s3:*");
    if (objects === undefined) return [];
    return [
      {
        kind: "aws-call",
        account: change.resource.account,
        as: { anyoneBut: exemptIn(objects) },
        operation: "s3:GetObject",
        resource: String(objects["Resource"]),
      },
    ];
  },

  async residual(_scope, change) {
    const where = `bucket "${change.resource.id}"`;
    return [
      {
        what: `names of the tenant's objects in listings of ${where} without a prefix or with a shorter one`,
        until: "until other statements deny them",
        why: "a policy can deny a listing by the prefix asked for, not by the keys it shows",
      },
      {
        what: `downloads from ${where} that are in flight`,
        until: "until they end",
        why: "a policy is judged when a request begins",
      },
      {
        what: `copies of the tenant's objects in caches in front of ${where}`,
        until: "until they expire or are invalidated",
        why: "a cache answers without asking the bucket",
      },
    ];
  },
});

async function read(scope: ReadScope, resource: ResourceRef): Promise<PolicyState | null> {
  const s3 = await scope.aws("s3", resource);
  const answer = await orAbsent(() => s3.send(new GetBucketPolicyCommand(onBucket(resource))));
  return answer?.Policy === undefined ? null : { policy: answer.Policy };
}

function policyOf({ account, region, bucket }: Pick<Place, "account" | "region" | "bucket">): ResourceRef {
  return { provider: "aws", type: "s3-bucket-policy", account, region, id: bucket };
}

function checkPlace({ bucket, prefix, exempt }: Place): void {
  refuseUnspared(exempt, `undo the denial on bucket "${bucket}"`);
  if (/[*?$]/.test(prefix)) {
    throw new ErError("config-invalid", `prefix "${prefix}" has a character that policies take for a wildcard or a variable`, {
      hints: ["name the tenant's prefix without *, ? and $ under `tenancy.s3` in soc2-er.yaml"],
    });
  }
}

/** What we want in the policy. */
function denials({ bucket, prefix, exempt }: Place, present: readonly Statement[]): Statement[] {
  const arn = `arn:aws:s3:::${bucket}`;
  const others = anyoneBut(exempt);
  const under = prefix.endsWith("/") ? [prefix.slice(0, -1), `${prefix}*`] : [`${prefix}*`];
  const listed = prefix === "" ? {} : { StringLike: { "s3:prefix": oneOrMany(under) } };
  return [
    named(
      "Soc2ErObjects",
      { Effect: "Deny", Principal: "*", Action: "s3:*", Resource: `${arn}/${prefix}*`, Condition: others },
      present,
    ),
    named(
      "Soc2ErListing",
      {
        Effect: "Deny",
        Principal: "*",
        Action: ["s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListBucketVersions"],
        Resource: arn,
        Condition: { ...others, ...listed },
      },
      present,
    ),
  ];
}

function exampleText(bucket: string, objects: string, listing: string): string {
  const others = '"Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/soc2-er-responder"}';
  return `{"Sid":"Soc2ErObjects${objects}","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::${bucket}/tenants/acme/*",${others}}},{"Sid":"Soc2ErListing${listing}","Effect":"Deny","Principal":"*","Action":["s3:ListBucket","s3:ListBucketMultipartUploads","s3:ListBucketVersions"],"Resource":"arn:aws:s3:::${bucket}",${others},"StringLike":{"s3:prefix":["tenants/acme","tenants/acme/*"]}}}`;
}
