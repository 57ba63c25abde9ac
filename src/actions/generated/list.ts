// Written by scripts/generate-actions.ts from the actions themselves: npm run generate
import type { ActionSummary } from "../summary.ts";

export const actionList: readonly ActionSummary[] = [
  {
    id: "aws.s3.deny-tenant-prefix",
    title: "Deny everyone but the responders a tenant's objects",
    description:
      "Adds two Deny statements to the bucket's policy: every S3 action on the objects under the tenant's prefix, and listing under it. The responders' ARNs are exempt. Statements of other authors stay as they are.",
    containment: "destination",
    blastRadius:
      "the application, the tenant's own users and every job lose the tenant's objects in this bucket, anonymous callers and AWS services (CloudFront origin access, log delivery) included; other tenants are not touched; a listing without a prefix, downloads in flight and copies in caches are not stopped",
    targets: ["aws.bucket-prefix"],
    bound: {
      ms: 60000,
      source:
        "Amazon S3 User Guide, data consistency model: bucket configurations are eventually consistent; no figure is given, a minute is allowed",
    },
    permissions: {
      read: [{ service: "s3", operation: "GetBucketPolicy", iam: ["s3:GetBucketPolicy"] }],
      write: [
        { service: "s3", operation: "PutBucketPolicy", iam: ["s3:PutBucketPolicy"] },
        { service: "s3", operation: "DeleteBucketPolicy", iam: ["s3:DeleteBucketPolicy"] },
      ],
    },
    file: "src/actions/aws/s3/deny-tenant-prefix.ts",
    load: async () => (await import("../aws/s3/deny-tenant-prefix.ts")).denyTenantPrefix,
  },
  {
    id: "aws.s3.suspend-lifecycle",
    title: "Suspend a bucket's lifecycle rules, so that evidence does not expire",
    description:
      "Sets every lifecycle rule of the bucket to Disabled. Nothing is proposed for a bucket without lifecycle rules. A restore enables the rules that were enabled before and keeps what others changed since.",
    containment: "destination",
    blastRadius:
      "the whole bucket, other tenants included, keeps objects that would have expired or moved to cheaper storage: storage costs grow; nobody loses access, and nobody is denied any",
    targets: ["aws.bucket-prefix"],
    bound: {
      ms: 300000,
      source:
        "Amazon S3 User Guide, managing the lifecycle: disabled rules stop scheduling after a small delay; no figure is given, five minutes are allowed",
    },
    permissions: {
      read: [{ service: "s3", operation: "GetBucketLifecycleConfiguration", iam: ["s3:GetLifecycleConfiguration"] }],
      write: [{ service: "s3", operation: "PutBucketLifecycleConfiguration", iam: ["s3:PutLifecycleConfiguration"] }],
    },
    file: "src/actions/aws/s3/suspend-lifecycle.ts",
    load: async () => (await import("../aws/s3/suspend-lifecycle.ts")).suspendLifecycle,
  },
  {
    id: "aws.wafv2.block-cidrs",
    title: "Block networks at the web application firewall",
    description:
      "Adds the networks to the entrance's IP sets, one set per address family, under WAF's optimistic lock. The sets have to stand in a Block rule of the entrance's web ACLs. Addresses of other authors stay as they are.",
    containment: "source",
    blastRadius:
      "web requests from these networks are refused at every resource whose web ACL blocks the set; whoever shares an address with the attacker (NAT, VPN exits) is refused too; hosts that are reached past the firewall and clients named only in a forwarding header are not stopped",
    targets: ["aws.waf-ip-sets"],
    bound: {
      ms: 300000,
      source:
        "AWS WAF Developer Guide, temporary inconsistencies during updates: a few seconds to a number of minutes; five minutes are allowed",
    },
    permissions: {
      read: [
        { service: "wafv2", operation: "ListIPSets", iam: ["wafv2:ListIPSets"] },
        { service: "wafv2", operation: "GetIPSet", iam: ["wafv2:GetIPSet"] },
      ],
      write: [{ service: "wafv2", operation: "UpdateIPSet", iam: ["wafv2:UpdateIPSet"] }],
    },
    file: "src/actions/aws/wafv2/block-cidrs.ts",
    load: async () => (await import("../aws/wafv2/block-cidrs.ts")).blockCidrs,
  },
];
