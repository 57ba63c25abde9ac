import {
  DeletePublicAccessBlockCommand,
  GetPublicAccessBlockCommand,
  type PublicAccessBlockConfiguration,
  PutPublicAccessBlockCommand,
} from "@aws-sdk/client-s3";
import * as z from "zod";
import { type ResourceRef, sameJson } from "../../../model/index.ts";
import { orAbsent, type ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { onBucket } from "./bucket.ts";

const FLAGS = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"] as const;
/** S3 answers all four or has no block. */
type State = { readonly [flag in (typeof FLAGS)[number]]: boolean };

const ALL_ON: State = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true };

const EXAMPLE = {
  kind: "aws.bucket-prefix",
  tenant: "acme",
  account: "123456789012",
  region: "us-east-1",
  prefix: "tenants/acme/",
  exempt: ["arn:aws:iam::123456789012:role/soc2-er-responder"],
} as const;

export const blockPublicAccess = defineAction<"aws.bucket-prefix", Record<string, never>, State>({
  id: "aws.s3.block-public-access",
  title: "Block public access to a tenant's bucket",
  description:
    "Turns on all four settings of the bucket's public access block: public ACLs are refused and ignored, public policies are refused, and a bucket with a public policy answers its own account and AWS services only. The account's own block is not touched. A restore turns off again what was off before, and removes the block where there was none.",
  containment: "destination",
  blastRadius:
    "the whole bucket, other tenants included: anonymous readers lose it, and where its policy is public so do other accounts, those that the policy names included; until it is lifted S3 refuses to put a public policy or ACL, an unchanged one too; grants to principals that the policy names while nothing in it is public, presigned URLs, and other ways in such as a CloudFront distribution with its own grant are not stopped",
  targets: ["aws.bucket-prefix"],
  params: z.strictObject({}),
  permissions: {
    read: [{ service: "s3", operation: "GetPublicAccessBlock", iam: ["s3:GetBucketPublicAccessBlock"] }],
    write: [
      { service: "s3", operation: "PutPublicAccessBlock", iam: ["s3:PutBucketPublicAccessBlock"] },
      { service: "s3", operation: "DeletePublicAccessBlock", iam: ["s3:PutBucketPublicAccessBlock"] },
    ],
  },
  bound: {
    ms: 60_000,
    source:
      "Amazon S3 User Guide, data consistency model: bucket configurations are eventually consistent; no figure is given, a minute is allowed",
  },
  examples: [
    {
      title: "A bucket without a block",
      selection: { ...EXAMPLE, bucket: "acme-data" },
      params: {},
      changes: [
        {
          key: "acme-data",
          resource: blockOf({ ...EXAMPLE, bucket: "acme-data" }),
          summary: 'block public access to bucket "acme-data": 4 settings turned on',
          before: null,
          after: ALL_ON,
        },
      ],
    },
    {
      title: "A bucket that refuses public ACLs only",
      selection: { ...EXAMPLE, bucket: "acme-audit" },
      params: {},
      changes: [
        {
          key: "acme-audit",
          resource: blockOf({ ...EXAMPLE, bucket: "acme-audit" }),
          summary: 'block public access to bucket "acme-audit": 2 settings turned on',
          before: { ...ALL_ON, BlockPublicPolicy: false, RestrictPublicBuckets: false },
          after: ALL_ON,
        },
      ],
    },
  ],

  async *plan(scope, selection) {
    const resource = blockOf(selection);
    const before = await read(scope, resource);
    const off = FLAGS.filter((flag) => before?.[flag] !== true).length;
    yield {
      key: selection.bucket,
      resource,
      summary: `block public access to bucket "${selection.bucket}": ${off} ${off === 1 ? "setting" : "settings"} turned on`,
      before,
      after: ALL_ON,
      reversal: { kind: "restore" },
    };
  },

  read,

  async apply(scope, { resource, after }) {
    const s3 = await scope.aws("s3", resource);
    if (after === null) await s3.send(new DeletePublicAccessBlockCommand(onBucket(resource)));
    else await s3.send(new PutPublicAccessBlockCommand({ ...onBucket(resource), PublicAccessBlockConfiguration: { ...after } }));
  },

  async verify(scope, change, direction) {
    const now = await read(scope, change.resource);
    if (direction === "restore") {
      if (sameJson(now, change.after)) return { verdict: "confirmed", level: "configuration" };
      return { verdict: "contradicted", level: "configuration", detail: "the block is not the one that was to be put back" };
    }
    const off = FLAGS.filter((flag) => now?.[flag] !== true);
    if (off.length === 0) return { verdict: "confirmed", level: "configuration" };
    return { verdict: "contradicted", level: "configuration", detail: `still off: ${off.join(", ")}` };
  },

  /** A setting that is on goes off where it was off before any of ours and nobody else holds it; one that somebody turned off stays off. */
  merge(base, _change, now, held) {
    if (now === null || held.length > 0) return { state: now };
    const on = (flag: (typeof FLAGS)[number]): boolean => now[flag] && base?.[flag] === true;
    const left = stateOf(Object.fromEntries(FLAGS.map((flag) => [flag, on(flag)])));
    return { state: base === null ? null : left };
  },

  denies: (_change, { account, bucket }) => [
    {
      principal: "*",
      account,
      what: `bucket ${bucket}, to who is of another account or of none`,
      unknown: "only S3 judges whether the bucket's policy and its ACLs are public",
    },
  ],

  async residual(_scope, change) {
    const bucket = `bucket "${change.resource.id}"`;
    return [
      {
        what: `what the policy of ${bucket} grants to principals of other accounts by name, while nothing in it is public`,
        until: "until the policy denies it",
        why: "a grant to a fixed principal is not public, and the block concerns public access only",
      },
      {
        what: `presigned URLs of objects in ${bucket}`,
        until: "until they expire, or their signer loses the permission",
        why: "their requests are signed, and thus not anonymous",
      },
      {
        what: `ways to ${bucket} that hold a grant of their own, such as CloudFront distributions and access points of this account`,
        until: "until that grant is taken away",
        why: "whoever asks such a front need not be known to the bucket",
      },
    ];
  },
});

async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  const s3 = await scope.aws("s3", resource);
  const answer = await orAbsent(() => s3.send(new GetPublicAccessBlockCommand(onBucket(resource))));
  return answer?.PublicAccessBlockConfiguration === undefined ? null : stateOf(answer.PublicAccessBlockConfiguration);
}

/** A setting that is not named is off. */
function stateOf({
  BlockPublicAcls = false,
  IgnorePublicAcls = false,
  BlockPublicPolicy = false,
  RestrictPublicBuckets = false,
}: PublicAccessBlockConfiguration): State {
  return { BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets };
}

function blockOf({ account, region, bucket }: { account: string; region: string; bucket: string }): ResourceRef {
  return { provider: "aws", type: "s3-public-access-block", account, region, id: bucket };
}
