import type { ActionId } from "../../src/model/index.ts";

/** Of every action: none of its own account's tests can show it, the provider's documentation says it. */
export const ALWAYS =
  "how long it takes until the provider's own machines enforce it: the range's delays are assumptions, the emulator acts at once";

/** What neither the range's judgment, which is ours, nor an emulator shows: whoever relies on it relies on the provider's documentation. */
export const ONLY_BY_CONTRACT: Readonly<Record<ActionId, readonly string[]>> = {
  "aws.cognito.sign-out-users": [
    "that a disabled user's refresh tokens are refused while it is disabled, whoever issued them: the emulator refuses those that were issued before the sign-out",
    "how long applications go on accepting tokens, and the cookie of Cognito's own sign-in pages, which is not cleared",
  ],
  "aws.autoscaling.enter-standby": [
    "that a group leaves what is in standby alone, and what it does about its zones; replacements are seen on the range only",
  ],
  "aws.cloudfront.disable": [
    "requests: the range's distribution is a model of ours; how long a deployment takes, and what edge locations answer until then",
  ],
  "aws.cloudfront.swap-web-acl": [
    "requests: the range's web ACLs are a model of ours; how long a deployment takes, and what edge locations answer until then",
  ],
  "aws.dynamodb.deny-tenant": [
    "which of DynamoDB's operations carry leading keys, and that an index compares the key of its own: both are as the emulator's judge and the range were told",
    "the 15 seconds after a change of a table's policy in which DynamoDB takes no other",
  ],
  "aws.ec2.block-cidrs": ["packets: the emulator sends none, and the range's network is a model of ours"],
  "aws.ec2.block-public-access": [
    "packets: the range has no internet gateways, and answers for all of them by the mode alone; what exclusions leave open",
    "what becomes of connections that are open, and what EC2 answers to a second change while one is in progress",
    "the API's answers: the emulator has no VPC Block Public Access",
  ],
  "aws.ec2.detach-instance-profiles": [
    "that a host without a profile gets no new credentials, and how long those that it has are taken",
  ],
  "aws.ec2.disable-instance-metadata": ["requests of the host to its metadata service: only the option is seen"],
  "aws.ec2.protect-instances": ["what Spot Instances and instances with a root device in the instance store take"],
  "aws.ec2.edit-prefix-list": [
    "that security groups and routes which refer to a list take its newest version: nothing here refers to one",
    "how long a modification runs on: the emulator's is done at once",
  ],
  "aws.ec2.quarantine-instances": [
    "packets, and that tracked connections outlive the change: the emulator sends none, and the range's network is a model of ours",
    "what Auto Scaling and load balancers do with the hosts",
  ],
  "aws.ec2.swap-network-acl": ["packets: the emulator sends none, and the range's network is a model of ours"],
  "aws.eks.remove-access": [
    "all of it but the range's answers, which are as the documentation of EKS has them",
    "that a cluster refuses tokens which were issued before, and that an aws-auth ConfigMap counts once there is no entry",
  ],
  "aws.elbv2.deregister-targets": ["requests: a target is seen to be out, nobody sends any; how long one is drained"],
  "aws.elbv2.fixed-response": [
    "requests on the emulator: a rule is seen to stand first, nobody sends any; the range's listener is a model of ours",
    "how soon a load balancer acts by its new rules, and that open WebSockets outlive them",
  ],
  "aws.elbv2.swap-security-groups": [
    "packets, and that tracked connections outlive the change: the emulator sends none, and the range's network is a model of ours",
    "how soon a load balancer's interfaces take over its groups",
  ],
  "aws.ec2.snapshot-volumes": [
    "that what is in a snapshot is what was on the volume at that moment, and that its copy ends well",
  ],
  "aws.iam.deactivate-access-keys": [],
  "aws.iam.deactivate-other-credentials": [
    "that CodeCommit, signing certificates and service credentials are refused where they are used: only their status is seen",
  ],
  "aws.iam.deactivate-mfa": ["sign-ins: a device is seen to be gone, nobody signs in without it"],
  "aws.iam.delete-login-profile": ["sign-ins: a password is seen to be gone, nobody tries it; console sessions that are open"],
  "aws.iam.deny-session": [
    "that a source identity stays with the sessions that are asked for from a session: neither knows such chains",
  ],
  "aws.iam.deny-user": ["that what other services handed out before (container registries, S3 Express) ends as documented"],
  "aws.iam.freeze-role-trust": [
    "whether AWS's own services (EC2, Lambda, ECS) are stopped from renewing what they hand out in the role",
    "sign-ins by SAML and web identity: the emulator takes any token",
  ],
  "aws.iam.revoke-role-sessions": ["that every service compares the session's issue time in the same second"],
  "aws.kms.deny-tenant-key": [
    "that an explicit denial wins over grants, which neither the range nor the emulator has; the emulator does not judge key policies",
    "data keys that applications and services hold in memory",
  ],
  "aws.kms.disable-key": ["what services do that use the key: only its state and the range's own refusal are seen"],
  "aws.network-firewall.block-cidrs": [
    "packets, and the rest of the firewall's policy: the range's rule group drops as if all traffic went through it",
    "that connections which were open are not judged anew, and how the length of a rule with its variables is counted",
    "the API's answers: the emulator has no rule groups",
  ],
  "aws.organizations.deny-principal": [
    "that every service compares the session's issue time in the same second",
    "that service control policies bind sessions that were issued before, and requests to other accounts: the range's judgment and the emulator's are ours",
  ],
  "aws.organizations.quarantine-account": [
    "that root of the account is bound: neither has root's credentials",
    "how many policies an account takes: the emulator takes any number",
  ],
  "aws.s3.block-public-access": ["anonymous requests and what counts as public: only the setting is seen"],
  "aws.s3.deny-tenant-prefix": [
    "requests that AWS services make for others (CloudFront, log delivery), and caches in front of the bucket",
  ],
  "aws.s3.legal-hold": ["that S3 refuses the deletion is shown on the emulator, not on the range"],
  "aws.s3.revoke-access-grants": [
    "all of it but the range's answers, which are as S3's documentation has them; credentials that Access Grants hands out",
  ],
  "aws.s3.suspend-lifecycle": ["that no rule runs any more: only its status is seen"],
  "aws.s3.suspend-replication": ["that nothing is replicated any more: only the rules' status is seen"],
  "aws.rds.quarantine": [
    "packets, and that tracked connections outlive the change: the emulator sends none, and the range's network is a model of ours",
    "how long RDS takes for a change, and which statuses a database has meanwhile: the emulator's is done at once",
    "a proxy's answer to a change of its groups: the emulator's is an addition of ours",
  ],
  "aws.secretsmanager.deny-secret": ["how soon the policy reaches a secret's replicas in other Regions"],
  "aws.secretsmanager.rotate-secret": [
    "that a rotation function puts the new value in force, and that the old one is refused: the emulator rotates without a function, and nobody uses the values",
    "a rotation that fails: it is seen only as a version that never becomes current",
  ],
  "aws.sso.deny-user": [
    "jobs of Identity Center that run on or fail: the emulator's are done at once, and the range's never fail",
    "how soon the listing of accounts by status knows that a permission set was changed: here at once; were it late, an attempt that a crash cut in two might look finished until it is looked at again",
    "sessions: the range asks the policy that the roles have for identitystore:userId, which AWS gives each session of Identity Center",
  ],
  "aws.sso.remove-assignments": [
    "jobs of Identity Center that run on or fail: the emulator's are done at once, and the range's never fail",
    "that the access portal no longer offers what was taken away: only the assignment and the membership are seen to be gone",
  ],
  "aws.wafv2.activate-ruleset": [
    "requests: no rule of the range's rule group is on addresses alone, so that only the override is seen to change",
    "that an update without a member resets it: the emulator keeps what is left out, the range does not",
  ],
  "aws.wafv2.default-block": ["requests: nothing here has a web ACL that filters them; the range's is a model of ours"],
  "aws.wafv2.block-cidrs": ["requests: nothing here has a web ACL that filters them; the range's is a model of ours"],
  "azure.network.deny-cidrs": [
    "packets: the range's network is a model of ours; Azure's answers are held against recorded traffic, not against Azure",
    "whether If-Match is honored on security rules: its documentation does not say",
  ],
};
