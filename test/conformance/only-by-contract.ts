import type { ActionId } from "../../src/model/index.ts";

/** Of every action: none of its own account's tests can show it, the provider's documentation says it. */
export const ALWAYS =
  "how long it takes until the provider's own machines enforce it: the range's delays are assumptions, the emulator acts at once";

/** What neither the range's judgment, which is ours, nor an emulator shows: whoever relies on it relies on the provider's documentation. */
export const ONLY_BY_CONTRACT: Readonly<Record<ActionId, readonly string[]>> = {
  "aws.ec2.block-cidrs": ["packets: the emulator sends none, and the range's network is a model of ours"],
  "aws.ec2.quarantine-instances": [
    "packets, and that tracked connections outlive the change: the emulator sends none, and the range's network is a model of ours",
    "what Auto Scaling and load balancers do with the hosts",
  ],
  "aws.iam.deactivate-access-keys": [],
  "aws.iam.deactivate-other-credentials": [
    "that CodeCommit, signing certificates and service credentials are refused where they are used: only their status is seen",
  ],
  "aws.iam.deny-user": ["that what other services handed out before (container registries, S3 Express) ends as documented"],
  "aws.iam.revoke-role-sessions": ["that every service compares the session's issue time in the same second"],
  "aws.s3.deny-tenant-prefix": [
    "requests that AWS services make for others (CloudFront, log delivery), and caches in front of the bucket",
  ],
  "aws.s3.suspend-lifecycle": ["that no rule runs any more: only its status is seen"],
  "aws.wafv2.block-cidrs": ["requests: nothing here has a web ACL that filters them; the range's is a model of ours"],
  "azure.network.deny-cidrs": [
    "packets: the range's network is a model of ours; Azure's answers are held against recorded traffic, not against Azure",
    "whether If-Match is honored on security rules: its documentation does not say",
  ],
};
