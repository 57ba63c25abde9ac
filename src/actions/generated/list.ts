// Written by scripts/generate-actions.ts from the actions themselves: npm run generate
import type { ActionSummary } from "../summary.ts";

export const actionList: readonly ActionSummary[] = [
  {
    id: "aws.autoscaling.enter-standby",
    title: "Take instances out of their Auto Scaling groups' service",
    description:
      "Puts each instance that serves in an Auto Scaling group into standby: the group does not check its health any more, takes it out of its load balancers, and neither terminates nor replaces it for being cut off. The group's desired capacity goes down by one, so that nothing is launched, as long as that is not below its minimum; where it would be, the group launches a replacement at once, from its own template and with its own security groups, and the plan says so for that instance. Instances of no group are not touched.",
    containment: "destination",
    blastRadius:
      "the groups' applications lose these instances' capacity until they are back, or get replacements that are new hosts of the tenant, which no quarantine of this plan holds; Auto Scaling may rebalance zones, that is terminate others; requests that a load balancer has passed on end within its deregistration delay",
    targets: ["aws.tagged-instances"],
    bound: {
      ms: 300000,
      source:
        "Amazon EC2 Auto Scaling User Guide, temporarily remove instances: a load balancer waits 300 seconds by default for requests that are on their way",
    },
    permissions: {
      read: [
        { service: "ec2", operation: "DescribeInstances", iam: ["ec2:DescribeInstances"] },
        { service: "autoscaling", operation: "DescribeAutoScalingInstances", iam: ["autoscaling:DescribeAutoScalingInstances"] },
        { service: "autoscaling", operation: "DescribeAutoScalingGroups", iam: ["autoscaling:DescribeAutoScalingGroups"] },
      ],
      write: [
        { service: "autoscaling", operation: "EnterStandby", iam: ["autoscaling:EnterStandby"] },
        { service: "autoscaling", operation: "ExitStandby", iam: ["autoscaling:ExitStandby"] },
      ],
    },
    file: "src/actions/aws/autoscaling/enter-standby.ts",
    load: async () => (await import("../aws/autoscaling/enter-standby.ts")).enterStandby,
  },
  {
    id: "aws.cloudfront.disable",
    title: "Switch a CloudFront distribution off",
    description:
      "Sets the entrance's distribution to disabled, under its version (ETag): it answers nobody any more, the responders included. Everything else of its configuration stays as it is, whoever edits it meanwhile; a restore enables it again.",
    containment: "destination",
    blastRadius:
      "total: everybody, responders included, loses everything that comes through this distribution, under all of its names, until it is enabled and deployed again, which takes minutes; its origins answer whoever reaches them directly",
    targets: ["aws.distribution"],
    bound: {
      ms: 300000,
      source:
        "assumed: Amazon CloudFront documents no time until a change is deployed to all edge locations; five minutes are allowed",
    },
    permissions: {
      read: [
        { service: "cloudfront", operation: "GetDistributionConfig", iam: ["cloudfront:GetDistributionConfig"] },
        { service: "cloudfront", operation: "GetDistribution", iam: ["cloudfront:GetDistribution"] },
      ],
      write: [{ service: "cloudfront", operation: "UpdateDistribution", iam: ["cloudfront:UpdateDistribution"] }],
    },
    file: "src/actions/aws/cloudfront/disable.ts",
    load: async () => (await import("../aws/cloudfront/disable.ts")).disable,
  },
  {
    id: "aws.cloudfront.swap-web-acl",
    title: "Close a CloudFront distribution to all but the responders",
    description:
      "Gives the entrance's distribution the lockdown web ACL that was made beforehand, under its version (ETag). The web ACL has to block by default and to let the responders' networks in by a rule, else the plan is refused. Everything else of the distribution's configuration stays as it is, whoever edits it meanwhile; a restore gives it its own web ACL back, or none.",
    containment: "destination",
    blastRadius:
      "everybody but whom the lockdown web ACL lets in, customers of all tenants included, loses everything that comes through this distribution until its own web ACL is back and deployed, which takes minutes; its origins answer whoever reaches them directly",
    targets: ["aws.distribution-web-acl"],
    bound: {
      ms: 300000,
      source:
        "assumed: Amazon CloudFront documents no time until a change is deployed to all edge locations; five minutes are allowed",
    },
    permissions: {
      read: [
        { service: "cloudfront", operation: "GetDistributionConfig", iam: ["cloudfront:GetDistributionConfig"] },
        { service: "cloudfront", operation: "GetDistribution", iam: ["cloudfront:GetDistribution"] },
        { service: "wafv2", operation: "ListWebACLs", iam: ["wafv2:ListWebACLs"] },
        { service: "wafv2", operation: "GetWebACL", iam: ["wafv2:GetWebACL"] },
        { service: "wafv2", operation: "GetIPSet", iam: ["wafv2:GetIPSet"] },
      ],
      write: [{ service: "cloudfront", operation: "UpdateDistribution", iam: ["cloudfront:UpdateDistribution"] }],
    },
    file: "src/actions/aws/cloudfront/swap-web-acl.ts",
    load: async () => (await import("../aws/cloudfront/swap-web-acl.ts")).swapWebAcl,
  },
  {
    id: "aws.cognito.sign-out-users",
    title: "Sign users of a Cognito user pool out and disable them",
    description:
      "Revokes the refresh tokens of each user and what the pool itself accepts of its other tokens, then disables the user, so that it cannot sign in again. Users who are disabled already are held that way. A rollback enables those who were enabled before; their sessions cannot be given back: they sign in anew.",
    containment: "access",
    blastRadius:
      "each of these users is signed out of every application of the pool, for as long as it is disabled nobody signs in as it, and where a whole group is meant, everybody in it; users of other groups are not touched; whoever accepts the pool's tokens without asking Cognito goes on accepting those that were issued until they expire",
    targets: ["aws.cognito-user", "aws.cognito-group"],
    bound: { ms: 60000, source: "assumed: AWS documents no time until a user's disablement takes effect; a minute is allowed" },
    permissions: {
      read: [
        { service: "cognito", operation: "ListUsersInGroup", iam: ["cognito-idp:ListUsersInGroup"] },
        { service: "cognito", operation: "AdminGetUser", iam: ["cognito-idp:AdminGetUser"] },
        { service: "cognito", operation: "ListUserPoolClients", iam: ["cognito-idp:ListUserPoolClients"] },
        { service: "cognito", operation: "DescribeUserPoolClient", iam: ["cognito-idp:DescribeUserPoolClient"] },
      ],
      write: [
        { service: "cognito", operation: "AdminUserGlobalSignOut", iam: ["cognito-idp:AdminUserGlobalSignOut"] },
        { service: "cognito", operation: "AdminDisableUser", iam: ["cognito-idp:AdminDisableUser"] },
        { service: "cognito", operation: "AdminEnableUser", iam: ["cognito-idp:AdminEnableUser"] },
      ],
    },
    file: "src/actions/aws/cognito/sign-out-users.ts",
    load: async () => (await import("../aws/cognito/sign-out-users.ts")).signOutUsers,
  },
  {
    id: "aws.dynamodb.deny-tenant",
    title: "Deny everyone but the responders a tenant's items in shared tables",
    description:
      "Adds a Deny statement to the table's resource-based policy, under DynamoDB's optimistic lock: reading and writing items whose partition key is the tenant's, in the table and its indexes. The responders' ARNs and DynamoDB's own replication role are exempt. Statements of other authors stay as they are.",
    containment: "destination",
    blastRadius:
      "the application, the tenant's own users and every job lose the tenant's items in this table; a batch or transaction that holds one of them among others is refused whole; other tenants' items are not touched; scans, PartiQL statements that name no key and queries of indexes with another partition key are not stopped: denying them would hit every tenant; for 15 seconds after each change, DynamoDB takes no other change of the same policy",
    targets: ["aws.dynamodb-items"],
    bound: {
      ms: 60000,
      source:
        "Amazon DynamoDB API Reference, PutResourcePolicy and GetResourcePolicy: applied asynchronously and eventually consistent, wait for a few seconds; no figure is given, a minute is allowed",
    },
    permissions: {
      read: [
        { service: "dynamodb", operation: "DescribeTable", iam: ["dynamodb:DescribeTable"] },
        { service: "dynamodb", operation: "GetResourcePolicy", iam: ["dynamodb:GetResourcePolicy"] },
      ],
      write: [
        { service: "dynamodb", operation: "PutResourcePolicy", iam: ["dynamodb:PutResourcePolicy"] },
        { service: "dynamodb", operation: "DeleteResourcePolicy", iam: ["dynamodb:DeleteResourcePolicy"] },
      ],
    },
    file: "src/actions/aws/dynamodb/deny-tenant.ts",
    load: async () => (await import("../aws/dynamodb/deny-tenant.ts")).denyTenant,
  },
  {
    id: "aws.ec2.block-cidrs",
    title: "Block networks at network ACLs",
    description:
      "Denies all traffic of the networks, in both directions, in the entrance's network ACLs: one rule per network and direction, on the lowest free number of the range that is reserved for it, ahead of every rule that lets the network pass. Rules of others, in that range too, stay as they are.",
    containment: "source",
    blastRadius:
      "every host in the ACLs' subnets loses all traffic with these networks at once, open connections included; whoever shares an address with the attacker (NAT, VPN exits) is cut off too; traffic inside a subnet and clients behind load balancers, proxies or a content delivery network are not stopped",
    targets: ["aws.network-acls"],
    bound: {
      ms: 60000,
      source:
        "Amazon VPC User Guide, network ACLs: changes are applied to the associated subnets automatically; no figure is given, one minute is allowed",
    },
    permissions: {
      read: [{ service: "ec2", operation: "DescribeNetworkAcls", iam: ["ec2:DescribeNetworkAcls"] }],
      write: [
        { service: "ec2", operation: "CreateNetworkAclEntry", iam: ["ec2:CreateNetworkAclEntry"] },
        { service: "ec2", operation: "DeleteNetworkAclEntry", iam: ["ec2:DeleteNetworkAclEntry"] },
      ],
    },
    file: "src/actions/aws/ec2/block-cidrs.ts",
    load: async () => (await import("../aws/ec2/block-cidrs.ts")).blockCidrs,
  },
  {
    id: "aws.ec2.block-public-access",
    title: "Block the internet gateways of an account's Region",
    description:
      "Turns on VPC Block Public Access for the account and Region that the entrance is in: nothing in its VPCs is reached from the internet any more, and in the mode block-bidirectional, which is the default, nothing in them reaches it. VPCs and subnets that were excluded beforehand stay open as their exclusion says; the plan names them. No route, gateway or rule is edited. A mode that blocks more than was asked for is left as it is. A restore sets the mode that was there before.",
    containment: "destination",
    blastRadius:
      "the biggest there is: every VPC of the account in this Region, of every entrance and tenant. Internet gateways, egress-only internet gateways and NAT gateways, internet-facing load balancers, CloudFront VPC origins, Global Accelerator and Wavelength's carrier gateways pass nothing any more; responders who come in that way and hosts that call AWS's public endpoints are cut off, too. Gateway Load Balancer and Network Firewall endpoints are blocked even where their subnet is excluded. In the mode block-ingress NAT and egress-only internet gateways go on. What does not take an internet gateway is not stopped: VPN, transit gateways, peering, VPC endpoints and the network inside",
    targets: ["aws.region-internet"],
    bound: {
      ms: 300000,
      source:
        "Amazon VPC User Guide, VPC BPA basics: it may take a few minutes for the settings to take effect and the status to be updated; five minutes are allowed",
    },
    permissions: {
      read: [
        { service: "ec2", operation: "DescribeVpcBlockPublicAccessOptions", iam: ["ec2:DescribeVpcBlockPublicAccessOptions"] },
        {
          service: "ec2",
          operation: "DescribeVpcBlockPublicAccessExclusions",
          iam: ["ec2:DescribeVpcBlockPublicAccessExclusions"],
        },
      ],
      write: [{ service: "ec2", operation: "ModifyVpcBlockPublicAccessOptions", iam: ["ec2:ModifyVpcBlockPublicAccessOptions"] }],
    },
    file: "src/actions/aws/ec2/block-public-access.ts",
    load: async () => (await import("../aws/ec2/block-public-access.ts")).blockPublicAccess,
  },
  {
    id: "aws.ec2.detach-instance-profiles",
    title: "Take instances' roles away",
    description:
      "Disassociates the instance profile of each instance: the host gets no new credentials of the role. One without a profile is held that way. Nothing is deleted; a restore associates the profile that was there.",
    containment: "access",
    blastRadius:
      "applications and agents on these instances lose the role when the credentials that they hold expire, Session Manager among them, by which responders may want to look at the host; other instances with the same role are not touched, and credentials that were handed out live on",
    targets: ["aws.tagged-instances"],
    bound: {
      ms: 60000,
      source: "assumed: the Amazon EC2 User Guide gives no figure for the disassociation of an instance profile",
    },
    permissions: {
      read: [
        { service: "ec2", operation: "DescribeInstances", iam: ["ec2:DescribeInstances"] },
        {
          service: "ec2",
          operation: "DescribeIamInstanceProfileAssociations",
          iam: ["ec2:DescribeIamInstanceProfileAssociations"],
        },
      ],
      write: [
        { service: "ec2", operation: "DisassociateIamInstanceProfile", iam: ["ec2:DisassociateIamInstanceProfile"] },
        { service: "ec2", operation: "AssociateIamInstanceProfile", iam: ["ec2:AssociateIamInstanceProfile", "iam:PassRole"] },
      ],
    },
    file: "src/actions/aws/ec2/detach-instance-profiles.ts",
    load: async () => (await import("../aws/ec2/detach-instance-profiles.ts")).detachInstanceProfiles,
  },
  {
    id: "aws.ec2.disable-instance-metadata",
    title: "Turn the metadata service of instances off",
    description:
      "Disables the HTTP endpoint of the instance metadata service of each instance: nothing on the host gets the role's credentials, user data or identity documents from it any more. The other options of the service are kept and written back with it.",
    containment: "access",
    blastRadius:
      "everything on these instances that asks the metadata service: applications and agents lose their credentials when those they hold expire, Session Manager among them; credentials that were handed out, and other ways out of the host, are not stopped",
    targets: ["aws.tagged-instances"],
    bound: {
      ms: 60000,
      source: "assumed: EC2 says pending until the options are applied, the Amazon EC2 User Guide gives no figure",
    },
    permissions: {
      read: [{ service: "ec2", operation: "DescribeInstances", iam: ["ec2:DescribeInstances"] }],
      write: [{ service: "ec2", operation: "ModifyInstanceMetadataOptions", iam: ["ec2:ModifyInstanceMetadataOptions"] }],
    },
    file: "src/actions/aws/ec2/disable-instance-metadata.ts",
    load: async () => (await import("../aws/ec2/disable-instance-metadata.ts")).disableInstanceMetadata,
  },
  {
    id: "aws.ec2.edit-prefix-list",
    title: "Take networks off prefix lists",
    description:
      "Takes the networks off the entrance's managed prefix lists, under EC2's lock on the list's version. Prefix lists let in: security groups and routes that refer to a list no longer let in what is taken off. Entries that lie within a given network go; an entry that is wider than a given network lets others in, too: it stays, and the plan says so. A restore puts the entries back with their descriptions.",
    containment: "source",
    blastRadius:
      "everybody in the entries that are taken off loses what any security group, route or firewall grants to the list, in every VPC and account that it is shared with; connections that are open and tracked are not cut; networks that are let in by other rules than the list's still get in",
    targets: ["aws.prefix-lists"],
    bound: {
      ms: 60000,
      source:
        "assumed: Amazon VPC User Guide, managed prefix lists, says that resources which refer to a list take its newest version and gives no time; one minute is allowed",
    },
    permissions: {
      read: [
        { service: "ec2", operation: "DescribeManagedPrefixLists", iam: ["ec2:DescribeManagedPrefixLists"] },
        { service: "ec2", operation: "GetManagedPrefixListEntries", iam: ["ec2:GetManagedPrefixListEntries"] },
      ],
      write: [{ service: "ec2", operation: "ModifyManagedPrefixList", iam: ["ec2:ModifyManagedPrefixList"] }],
    },
    file: "src/actions/aws/ec2/edit-prefix-list.ts",
    load: async () => (await import("../aws/ec2/edit-prefix-list.ts")).editPrefixList,
  },
  {
    id: "aws.ec2.protect-instances",
    title: "Protect instances from being terminated or stopped",
    description:
      "Turns on termination protection and stop protection of each instance and has a shutdown from inside stop it, so that what it holds is not lost: one change for each attribute. Spot Instances take stop protection only, instances with a root device in the instance store termination protection only; what they do not take is not proposed.",
    containment: "destination",
    blastRadius:
      "whoever stops or terminates these instances through the API is refused until it is lifted, deployments and the responders included; nobody loses access to them. Auto Scaling, Spot interruptions and a shutdown from inside are not stopped by it",
    targets: ["aws.tagged-instances"],
    bound: { ms: 60000, source: "assumed: the Amazon EC2 User Guide gives no figure for changes of an instance's attributes" },
    permissions: {
      read: [
        { service: "ec2", operation: "DescribeInstances", iam: ["ec2:DescribeInstances"] },
        { service: "ec2", operation: "DescribeInstanceAttribute", iam: ["ec2:DescribeInstanceAttribute"] },
      ],
      write: [{ service: "ec2", operation: "ModifyInstanceAttribute", iam: ["ec2:ModifyInstanceAttribute"] }],
    },
    file: "src/actions/aws/ec2/protect-instances.ts",
    load: async () => (await import("../aws/ec2/protect-instances.ts")).protectInstances,
  },
  {
    id: "aws.ec2.quarantine-instances",
    title: "Quarantine instances",
    description:
      "Replaces the security groups of every network interface of the instances by the VPC's quarantine group, which has no rules: nothing new gets in or out. The group is taken as it stands, if it has no rules in either direction and either family; where the VPC has none it is made, and emptied before anything is moved into it. A restore gives each interface its own groups back, in their order.",
    containment: "destination",
    blastRadius:
      "whoever uses these instances, responders included, reaches them no more over the network, and they reach nothing: load balancers take them out of service, and an Auto Scaling group may terminate and replace them; connections that are open and tracked are not cut, nor are the VPC's DNS resolver and the instance metadata service",
    targets: ["aws.tagged-instances"],
    bound: {
      ms: 60000,
      source:
        "Amazon VPC User Guide, security groups: changes are applied to the associated resources automatically; no figure is given, one minute is allowed",
    },
    permissions: {
      read: [
        { service: "ec2", operation: "DescribeInstances", iam: ["ec2:DescribeInstances"] },
        { service: "ec2", operation: "DescribeNetworkInterfaces", iam: ["ec2:DescribeNetworkInterfaces"] },
        { service: "ec2", operation: "DescribeSecurityGroups", iam: ["ec2:DescribeSecurityGroups"] },
      ],
      write: [
        { service: "ec2", operation: "CreateSecurityGroup", iam: ["ec2:CreateSecurityGroup", "ec2:CreateTags"] },
        { service: "ec2", operation: "RevokeSecurityGroupEgress", iam: ["ec2:RevokeSecurityGroupEgress"] },
        { service: "ec2", operation: "ModifyNetworkInterfaceAttribute", iam: ["ec2:ModifyNetworkInterfaceAttribute"] },
        { service: "ec2", operation: "DeleteSecurityGroup", iam: ["ec2:DeleteSecurityGroup"] },
      ],
    },
    file: "src/actions/aws/ec2/quarantine-instances.ts",
    load: async () => (await import("../aws/ec2/quarantine-instances.ts")).quarantineInstances,
  },
  {
    id: "aws.ec2.snapshot-volumes",
    title: "Take snapshots of instances' volumes, which stay",
    description:
      "Irreversible. Takes a snapshot of every EBS volume of each instance at one moment, tagged with the instance and the number of the set, as evidence. A rollback does not delete them: whoever keeps evidence does, when nobody needs it any more. Each plan takes a new set. What is in memory, and volumes of the instance store, are not in it.",
    containment: "destination",
    blastRadius:
      "nobody loses access, and nothing on the host changes; reading a volume may be slower while its snapshot is copied, and the snapshots cost their storage until somebody deletes them; whoever may read snapshots of the account can read what was on the volumes",
    targets: ["aws.tagged-instances"],
    bound: {
      ms: 60000,
      source:
        "Amazon EBS User Guide, snapshots: the moment is captured when the call is made, and the copy goes on behind it; a minute is allowed until it is listed",
    },
    permissions: {
      read: [
        { service: "ec2", operation: "DescribeInstances", iam: ["ec2:DescribeInstances"] },
        { service: "ec2", operation: "DescribeSnapshots", iam: ["ec2:DescribeSnapshots"] },
      ],
      write: [{ service: "ec2", operation: "CreateSnapshots", iam: ["ec2:CreateSnapshots", "ec2:CreateTags"] }],
    },
    file: "src/actions/aws/ec2/snapshot-volumes.ts",
    load: async () => (await import("../aws/ec2/snapshot-volumes.ts")).snapshotVolumes,
  },
  {
    id: "aws.ec2.swap-network-acl",
    title: "Cut subnets off with the lockdown network ACL",
    description:
      "Gives an entrance's subnets, or those in which only a tenant's hosts are, the lockdown network ACL of their VPC, which was made beforehand and lets nothing pass, or only the responders' networks. Open connections end at once, which no change of security groups does. A subnet that the tenant's hosts share with others is left, and said. A restore gives each subnet the network ACL back that it had. Neither network ACL is edited.",
    containment: "destination",
    blastRadius:
      "everything in these subnets is cut off at once in both directions, open connections included: hosts, load balancers, databases, NAT and VPC endpoints of every tenant, health checks, and responders too unless the lockdown ACL lets them pass; whoever outside of the subnets depends on them fails; traffic inside a subnet goes on",
    targets: ["aws.entrance-subnets", "aws.host-subnets"],
    bound: {
      ms: 60000,
      source:
        "assumed: Amazon VPC User Guide, network ACLs, gives no time for a change of a subnet's network ACL; one minute is allowed, as for its rules",
    },
    permissions: {
      read: [
        { service: "ec2", operation: "DescribeSubnets", iam: ["ec2:DescribeSubnets"] },
        { service: "ec2", operation: "DescribeNetworkAcls", iam: ["ec2:DescribeNetworkAcls"] },
        { service: "ec2", operation: "DescribeInstances", iam: ["ec2:DescribeInstances"] },
        { service: "ec2", operation: "DescribeNetworkInterfaces", iam: ["ec2:DescribeNetworkInterfaces"] },
      ],
      write: [{ service: "ec2", operation: "ReplaceNetworkAclAssociation", iam: ["ec2:ReplaceNetworkAclAssociation"] }],
    },
    file: "src/actions/aws/ec2/swap-network-acl.ts",
    load: async () => (await import("../aws/ec2/swap-network-acl.ts")).swapNetworkAcl,
  },
  {
    id: "aws.eks.remove-access",
    title: "Take a user's or role's access to EKS clusters away",
    description:
      "Takes each access policy from the access entry that the user or role has in a cluster, then deletes the entry. EKS lets in whoever has one, by a call that no policy can deny: a user or role that is denied everything still gets in. A rollback makes the entry anew, with the same username, groups, type and tags and another ARN, then associates the policies again. Clusters that let in by their aws-auth ConfigMap are named in the plan: it is edited by hand.",
    containment: "access",
    blastRadius:
      "whoever uses the user or role is refused by these clusters; nodes in a role whose entry is of another type than STANDARD leave the cluster and what runs there is moved; clusters of other accounts and of Regions that are not in the organization's file are not looked at, and what somebody made inside a cluster (tokens of service accounts, bindings, workloads) goes on",
    targets: ["aws.cluster-principal"],
    bound: { ms: 60000, source: "assumed: the Amazon EKS User Guide gives no figure for the deletion of an access entry" },
    permissions: {
      read: [
        { service: "eks", operation: "ListClusters", iam: ["eks:ListClusters"] },
        { service: "eks", operation: "DescribeCluster", iam: ["eks:DescribeCluster"] },
        { service: "eks", operation: "ListAccessEntries", iam: ["eks:ListAccessEntries"] },
        { service: "eks", operation: "DescribeAccessEntry", iam: ["eks:DescribeAccessEntry"] },
        { service: "eks", operation: "ListAssociatedAccessPolicies", iam: ["eks:ListAssociatedAccessPolicies"] },
      ],
      write: [
        { service: "eks", operation: "DisassociateAccessPolicy", iam: ["eks:DisassociateAccessPolicy"] },
        { service: "eks", operation: "DeleteAccessEntry", iam: ["eks:DeleteAccessEntry"] },
        { service: "eks", operation: "CreateAccessEntry", iam: ["eks:CreateAccessEntry", "eks:TagResource"] },
        { service: "eks", operation: "AssociateAccessPolicy", iam: ["eks:AssociateAccessPolicy"] },
      ],
    },
    file: "src/actions/aws/eks/remove-access.ts",
    load: async () => (await import("../aws/eks/remove-access.ts")).removeAccess,
  },
  {
    id: "aws.elbv2.deregister-targets",
    title: "Take instances out of load balancers",
    description:
      "Deregisters each instance, by its id or by one of its addresses, from every target group of its VPC: load balancers send it no new requests. A tag on the instance names what was deregistered, because the target group forgets it; a rollback removes the tag and registers the target again, with the same port and zone.",
    containment: "destination",
    blastRadius:
      "the applications behind these target groups lose the instances' capacity, and their users are refused where no other target is left; requests that are on their way end within the deregistration delay. Classic Load Balancers and clients that reach the hosts without a load balancer are not stopped",
    targets: ["aws.tagged-instances"],
    bound: {
      ms: 300000,
      source:
        "Elastic Load Balancing User Guide, deregistration delay: requests that are on their way have 300 seconds by default",
    },
    permissions: {
      read: [
        { service: "ec2", operation: "DescribeInstances", iam: ["ec2:DescribeInstances"] },
        { service: "elbv2", operation: "DescribeTargetGroups", iam: ["elasticloadbalancing:DescribeTargetGroups"] },
        { service: "elbv2", operation: "DescribeTargetHealth", iam: ["elasticloadbalancing:DescribeTargetHealth"] },
      ],
      write: [
        { service: "ec2", operation: "CreateTags", iam: ["ec2:CreateTags"] },
        { service: "elbv2", operation: "DeregisterTargets", iam: ["elasticloadbalancing:DeregisterTargets"] },
        { service: "ec2", operation: "DeleteTags", iam: ["ec2:DeleteTags"] },
        { service: "elbv2", operation: "RegisterTargets", iam: ["elasticloadbalancing:RegisterTargets"] },
      ],
    },
    file: "src/actions/aws/elbv2/deregister-targets.ts",
    load: async () => (await import("../aws/elbv2/deregister-targets.ts")).deregisterTargets,
  },
  {
    id: "aws.elbv2.fixed-response",
    title: "Answer requests to one tenant's host name with 503",
    description:
      "Puts a rule that answers every request for the tenant's host name with a fixed 503 in front of the others, at each HTTP and HTTPS listener of the entrance's Application Load Balancers. Rules for other hosts stay in force, whatever their place. It takes the lowest free priority, and refuses where a rule that may take such requests stands before that. The rule is known by its tag; a rollback deletes it, and leaves one that somebody else edited.",
    containment: "destination",
    blastRadius:
      "everybody who comes to the tenant by this host name, the responders included: a rule knows whom it answers and not whom it spares. Other tenants, other names of this one, and ways past the load balancers are not stopped; neither is a connection that was upgraded to a WebSocket before",
    targets: ["aws.tenant-hosts"],
    bound: {
      ms: 60000,
      source: "assumed: Elastic Load Balancing documents no time for a change of a listener's rules; one minute is allowed",
    },
    permissions: {
      read: [
        { service: "elbv2", operation: "DescribeLoadBalancers", iam: ["elasticloadbalancing:DescribeLoadBalancers"] },
        { service: "elbv2", operation: "DescribeListeners", iam: ["elasticloadbalancing:DescribeListeners"] },
        { service: "elbv2", operation: "DescribeRules", iam: ["elasticloadbalancing:DescribeRules"] },
        { service: "elbv2", operation: "DescribeTags", iam: ["elasticloadbalancing:DescribeTags"] },
        { service: "elbv2", operation: "DescribeAccountLimits", iam: ["elasticloadbalancing:DescribeAccountLimits"] },
      ],
      write: [
        { service: "elbv2", operation: "CreateRule", iam: ["elasticloadbalancing:CreateRule", "elasticloadbalancing:AddTags"] },
        { service: "elbv2", operation: "DeleteRule", iam: ["elasticloadbalancing:DeleteRule"] },
      ],
    },
    file: "src/actions/aws/elbv2/fixed-response.ts",
    load: async () => (await import("../aws/elbv2/fixed-response.ts")).fixedResponse,
  },
  {
    id: "aws.elbv2.swap-security-groups",
    title: "Close load balancers to all but the responders",
    description:
      "Replaces the security groups of the entrance's load balancers by the lockdown group of their VPC, which was made beforehand and lets only the responders in: its rules must be the approved ones, or nobody but the responder networks may be let in by them. A restore gives each load balancer its own groups back. A Network Load Balancer that was made without security groups can never get any: the plan says so.",
    containment: "destination",
    blastRadius:
      "everybody but who the lockdown group lets in, customers of all tenants included, loses the services behind these load balancers, health checks from outside included; connections that are open and tracked are not cut, and neither are hosts that are reached past the load balancers",
    targets: ["aws.load-balancers"],
    bound: {
      ms: 60000,
      source:
        "assumed: Elastic Load Balancing documents no time for a change of security groups; one minute is allowed, as for network interfaces",
    },
    permissions: {
      read: [
        { service: "elbv2", operation: "DescribeLoadBalancers", iam: ["elasticloadbalancing:DescribeLoadBalancers"] },
        { service: "elbv2", operation: "DescribeTags", iam: ["elasticloadbalancing:DescribeTags"] },
        { service: "ec2", operation: "DescribeSecurityGroups", iam: ["ec2:DescribeSecurityGroups"] },
      ],
      write: [{ service: "elbv2", operation: "SetSecurityGroups", iam: ["elasticloadbalancing:SetSecurityGroups"] }],
    },
    file: "src/actions/aws/elbv2/swap-security-groups.ts",
    load: async () => (await import("../aws/elbv2/swap-security-groups.ts")).swapSecurityGroups,
  },
  {
    id: "aws.iam.deactivate-access-keys",
    title: "Deactivate access keys",
    description:
      "Sets a user's access keys, or the one named, to Inactive. Keys that are inactive already are held that way. Nothing is deleted: a restore activates the keys that were active before.",
    containment: "access",
    blastRadius:
      "every application and person that signs with one of these keys is refused, wherever it runs; sessions that were issued with a key live on, and the user's console and other credentials are not touched",
    targets: ["aws.user", "aws.access-key"],
    bound: {
      ms: 300000,
      source:
        "AWS IAM User Guide, changes are not always immediately visible: a change takes time to reach every endpoint; no figure is given, five minutes are allowed",
    },
    permissions: {
      read: [
        { service: "iam", operation: "ListAccessKeys", iam: ["iam:ListAccessKeys"] },
        { service: "iam", operation: "GetAccessKeyLastUsed", iam: ["iam:GetAccessKeyLastUsed"] },
      ],
      write: [{ service: "iam", operation: "UpdateAccessKey", iam: ["iam:UpdateAccessKey"] }],
    },
    file: "src/actions/aws/iam/deactivate-access-keys.ts",
    load: async () => (await import("../aws/iam/deactivate-access-keys.ts")).deactivateAccessKeys,
  },
  {
    id: "aws.iam.deactivate-mfa",
    title: "Take a user's MFA devices away, which cannot be undone",
    description:
      "Irreversible. Deactivates every MFA device of the user: authenticator apps, passkeys and security keys, hardware tokens. It is meant for a device that the attacker enrolled, so that it is no second factor of the user any more. By itself it contains nothing and makes the sign-in weaker: deny the user everything or delete its password first. A virtual device stays in the account as nobody's. A rollback enrolls nothing: whoever holds a device has to enroll it again.",
    containment: "access",
    blastRadius:
      "the user signs in without a second factor from then on: as long as its password is valid, whoever has the password alone gets in, so the user has to be denied everything or its password be deleted first; devices that the person enrolled are taken away with the attacker's; calls that policies allow only with MFA are refused to new sessions; sessions that began with MFA are not stopped, and the password and access keys are not touched",
    targets: ["aws.user"],
    bound: {
      ms: 300000,
      source:
        "AWS IAM User Guide, changes are not always immediately visible: a change takes time to reach every endpoint; no figure is given, five minutes are allowed",
    },
    permissions: {
      read: [{ service: "iam", operation: "ListMFADevices", iam: ["iam:ListMFADevices"] }],
      write: [{ service: "iam", operation: "DeactivateMFADevice", iam: ["iam:DeactivateMFADevice"] }],
    },
    file: "src/actions/aws/iam/deactivate-mfa.ts",
    load: async () => (await import("../aws/iam/deactivate-mfa.ts")).deactivateMfa,
  },
  {
    id: "aws.iam.deactivate-other-credentials",
    title: "Deactivate a user's credentials other than access keys",
    description:
      "Sets the user's service-specific credentials (git over HTTPS, Cassandra, API keys of Bedrock and others), signing certificates and SSH public keys to Inactive. Those that are inactive already are held that way. The console password and MFA devices stay: deleting them could not be undone.",
    containment: "access",
    blastRadius:
      "whoever uses these credentials is refused: git over HTTPS and SSH, API keys of single services, signed requests by certificate; the console password and MFA devices are not touched",
    targets: ["aws.user"],
    bound: {
      ms: 300000,
      source:
        "AWS IAM User Guide, changes are not always immediately visible: a change takes time to reach every endpoint; no figure is given, five minutes are allowed",
    },
    permissions: {
      read: [
        { service: "iam", operation: "ListServiceSpecificCredentials", iam: ["iam:ListServiceSpecificCredentials"] },
        { service: "iam", operation: "ListSigningCertificates", iam: ["iam:ListSigningCertificates"] },
        { service: "iam", operation: "ListSSHPublicKeys", iam: ["iam:ListSSHPublicKeys"] },
      ],
      write: [
        { service: "iam", operation: "UpdateServiceSpecificCredential", iam: ["iam:UpdateServiceSpecificCredential"] },
        { service: "iam", operation: "UpdateSigningCertificate", iam: ["iam:UpdateSigningCertificate"] },
        { service: "iam", operation: "UpdateSSHPublicKey", iam: ["iam:UpdateSSHPublicKey"] },
      ],
    },
    file: "src/actions/aws/iam/deactivate-other-credentials.ts",
    load: async () => (await import("../aws/iam/deactivate-other-credentials.ts")).deactivateOtherCredentials,
  },
  {
    id: "aws.iam.delete-login-profile",
    title: "Delete a user's console password, which cannot be undone",
    description:
      "Irreversible. Deletes the user's login profile, and with it the password that signs in to the console. Nothing is proposed for a user without one. A rollback does not give the password back: an administrator sets a new one. Where the user may only be kept from acting, a denial of everything does that and can be taken back.",
    containment: "access",
    blastRadius:
      "whoever signs in as this user with its password is refused, for good: the person whose user it is needs a new password from an administrator; sessions of the console that are open, access keys and other credentials are not stopped",
    targets: ["aws.user"],
    bound: {
      ms: 300000,
      source:
        "AWS IAM User Guide, changes are not always immediately visible: a change takes time to reach every endpoint; no figure is given, five minutes are allowed",
    },
    permissions: {
      read: [{ service: "iam", operation: "GetLoginProfile", iam: ["iam:GetLoginProfile"] }],
      write: [{ service: "iam", operation: "DeleteLoginProfile", iam: ["iam:DeleteLoginProfile"] }],
    },
    file: "src/actions/aws/iam/delete-login-profile.ts",
    load: async () => (await import("../aws/iam/delete-login-profile.ts")).deleteLoginProfile,
  },
  {
    id: "aws.iam.deny-session",
    title: "Deny one session of a role everything",
    description:
      "Gives the role an inline policy that denies every action to one session: by the role's unique id and the name that the session was asked for with (aws:userid), or by the source identity that it carries. Other sessions of the role keep working, and the role's own policies stay as they are.",
    containment: "access",
    blastRadius:
      "whoever and whatever works in this session is refused every call, and so is every later session under the same name or source identity: a host's sessions all have its instance id as name, a function's its name, a person's often the person's; other sessions of the role are not touched, and whoever may assume the role gets in again under another name",
    targets: ["aws.session"],
    bound: {
      ms: 300000,
      source:
        "AWS IAM User Guide, disabling permissions: it might take a few minutes for policy updates to take effect; five minutes are allowed",
    },
    permissions: {
      read: [
        { service: "iam", operation: "GetRole", iam: ["iam:GetRole"] },
        { service: "iam", operation: "ListRolePolicies", iam: ["iam:ListRolePolicies"] },
        { service: "iam", operation: "GetRolePolicy", iam: ["iam:GetRolePolicy"] },
      ],
      write: [
        { service: "iam", operation: "PutRolePolicy", iam: ["iam:PutRolePolicy"] },
        { service: "iam", operation: "DeleteRolePolicy", iam: ["iam:DeleteRolePolicy"] },
      ],
    },
    file: "src/actions/aws/iam/deny-session.ts",
    load: async () => (await import("../aws/iam/deny-session.ts")).denySession,
  },
  {
    id: "aws.iam.deny-user",
    title: "Deny a user everything",
    description:
      "Gives the user an inline policy that denies every action on every resource. An explicit deny wins over whatever else the user is allowed, for its access keys, its console and the sessions that it asked for itself. It comes before anything else, so that nothing new can be made with what is still active. The user's own policies stay as they are.",
    containment: "source",
    blastRadius:
      "whoever and whatever works as this user, applications that hold its access keys included, is refused every call; sessions of roles that the user assumed are not stopped, nor is sts:GetCallerIdentity, which no policy can deny",
    targets: ["aws.user"],
    bound: {
      ms: 300000,
      source:
        "AWS IAM User Guide, disabling permissions: it might take a few minutes for policy updates to take effect; five minutes are allowed",
    },
    permissions: {
      read: [
        { service: "iam", operation: "ListUserPolicies", iam: ["iam:ListUserPolicies"] },
        { service: "iam", operation: "GetUserPolicy", iam: ["iam:GetUserPolicy"] },
      ],
      write: [
        { service: "iam", operation: "PutUserPolicy", iam: ["iam:PutUserPolicy"] },
        { service: "iam", operation: "DeleteUserPolicy", iam: ["iam:DeleteUserPolicy"] },
      ],
    },
    file: "src/actions/aws/iam/deny-user.ts",
    load: async () => (await import("../aws/iam/deny-user.ts")).denyUser,
  },
  {
    id: "aws.iam.freeze-role-trust",
    title: "Let nobody assume a role any more",
    description:
      "Adds one Deny statement to the role's trust policy: nobody may assume the role, with credentials of AWS, by SAML or by web identity. Nobody is exempt, the responders neither: the guard against locking oneself out refuses the roles of responders, of people and of the audit store, so a role that responders come through has to be named with them. Statements of other authors stay as they are.",
    containment: "access",
    blastRadius:
      "nobody and nothing gets a new session of this role: people, other accounts, identity providers, pipelines and the responders, and hosts, functions and containers at their next refresh as far as AWS applies the denial to its services; what works in the role breaks when its session ends, hours later perhaps; sessions that were issued before are not stopped",
    targets: ["aws.role"],
    bound: {
      ms: 300000,
      source:
        "AWS IAM User Guide, changes are not always immediately visible: a change takes time to reach every endpoint; no figure is given, five minutes are allowed",
    },
    permissions: {
      read: [{ service: "iam", operation: "GetRole", iam: ["iam:GetRole"] }],
      write: [{ service: "iam", operation: "UpdateAssumeRolePolicy", iam: ["iam:UpdateAssumeRolePolicy"] }],
    },
    file: "src/actions/aws/iam/freeze-role-trust.ts",
    load: async () => (await import("../aws/iam/freeze-role-trust.ts")).freezeRoleTrust,
  },
  {
    id: "aws.iam.revoke-role-sessions",
    title: "Revoke the sessions of a role",
    description:
      "Gives the role an inline policy that denies everything to sessions issued before the moment at which the change is applied. Moments that stand in the policy already stay, so that a later one keeps its effect. Sessions issued afterwards work, and the role's own policies stay as they are.",
    containment: "access",
    blastRadius:
      "everybody and everything that works in this role is refused until it has a new session: people sign in again, functions and containers at their next refresh, hosts possibly only hours later or after a restart, because the instance metadata keeps handing out the refused credentials; whoever may still assume the role gets a new session",
    targets: ["aws.role"],
    bound: {
      ms: 300000,
      source:
        "AWS IAM User Guide, disabling permissions: it might take a few minutes for policy updates to take effect; five minutes are allowed",
    },
    permissions: {
      read: [
        { service: "iam", operation: "GetRole", iam: ["iam:GetRole"] },
        { service: "iam", operation: "ListRolePolicies", iam: ["iam:ListRolePolicies"] },
        { service: "iam", operation: "GetRolePolicy", iam: ["iam:GetRolePolicy"] },
      ],
      write: [
        { service: "iam", operation: "PutRolePolicy", iam: ["iam:PutRolePolicy"] },
        { service: "iam", operation: "DeleteRolePolicy", iam: ["iam:DeleteRolePolicy"] },
      ],
    },
    file: "src/actions/aws/iam/revoke-role-sessions.ts",
    load: async () => (await import("../aws/iam/revoke-role-sessions.ts")).revokeRoleSessions,
  },
  {
    id: "aws.kms.deny-tenant-key",
    title: "Deny everyone but the responders the use of a tenant's key",
    description:
      "Adds one Deny statement to the policy of the key that the tenant's alias names: decrypting, encrypting, data keys, signing and new grants. The responders' ARNs are exempt, management of the key is not denied to anybody. Statements of other authors stay as they are.",
    containment: "destination",
    blastRadius:
      "the application, the tenant's own users and AWS services on their behalf can no longer decrypt or write what this key encrypts, wherever it is stored; grants that exist are denied too, since an explicit denial wins, and so the responders decrypt by calls of their own (S3 reads among them) but may be unable to attach volumes or restore databases, which services open by grants; a key that other tenants' data is encrypted with cuts them off as well; data keys and plaintext that were handed out before still work, and whoever may change the key's policy can take the denial away",
    targets: ["aws.kms-key"],
    bound: {
      ms: 300000,
      source:
        "AWS KMS API Reference: the API follows an eventual consistency model; no figure is given, five minutes are allowed",
    },
    permissions: {
      read: [
        { service: "kms", operation: "DescribeKey", iam: ["kms:DescribeKey"] },
        { service: "kms", operation: "GetKeyPolicy", iam: ["kms:GetKeyPolicy"] },
      ],
      write: [{ service: "kms", operation: "PutKeyPolicy", iam: ["kms:PutKeyPolicy"] }],
    },
    file: "src/actions/aws/kms/deny-tenant-key.ts",
    load: async () => (await import("../aws/kms/deny-tenant-key.ts")).denyTenantKey,
  },
  {
    id: "aws.kms.disable-key",
    title: "Disable a tenant's key",
    description:
      "Disables the key that the tenant's alias names: nobody can encrypt, decrypt or sign with it until it is enabled again. Nothing is deleted. A key that is pending deletion or import, or unavailable, cannot be used anyway and is left alone.",
    containment: "destination",
    blastRadius:
      "everybody loses the use of the key, the responders too: evidence that it encrypts cannot be read before the rollback, and databases and volumes that depend on it may stop; deny-tenant-key spares the responders; a key that other tenants' data is encrypted with cuts them off as well; data keys and plaintext that were handed out before still work, and whoever may enable keys can undo it",
    targets: ["aws.kms-key"],
    bound: {
      ms: 300000,
      source:
        "AWS KMS API Reference: the API follows an eventual consistency model; no figure is given, five minutes are allowed",
    },
    permissions: {
      read: [{ service: "kms", operation: "DescribeKey", iam: ["kms:DescribeKey"] }],
      write: [
        { service: "kms", operation: "DisableKey", iam: ["kms:DisableKey"] },
        { service: "kms", operation: "EnableKey", iam: ["kms:EnableKey"] },
      ],
    },
    file: "src/actions/aws/kms/disable-key.ts",
    load: async () => (await import("../aws/kms/disable-key.ts")).disableKey,
  },
  {
    id: "aws.network-firewall.block-cidrs",
    title: "Block networks at the network firewall",
    description:
      "Adds the networks, of both families, to an IP set variable of a stateful rule group that was made beforehand, under the group's update token. The group's own rules, which drop what comes from the variable's networks and what goes to them, stay as they are, and so do networks of other authors. No rule is added: the group's capacity is not touched.",
    containment: "source",
    blastRadius:
      "everything between these networks and what lies behind every firewall whose policy has the rule group; whoever shares an address with the attacker (NAT, VPN exits) is refused too; traffic that no route leads through a firewall, and connections that were open before, are not stopped",
    targets: ["aws.network-firewall"],
    bound: {
      ms: 60000,
      source:
        "AWS Network Firewall Developer Guide, how changes are propagated: within seconds, with a brief period of inconsistency; a minute is assumed",
    },
    permissions: {
      read: [{ service: "networkfirewall", operation: "DescribeRuleGroup", iam: ["network-firewall:DescribeRuleGroup"] }],
      write: [{ service: "networkfirewall", operation: "UpdateRuleGroup", iam: ["network-firewall:UpdateRuleGroup"] }],
    },
    file: "src/actions/aws/network-firewall/block-cidrs.ts",
    load: async () => (await import("../aws/network-firewall/block-cidrs.ts")).blockNetworks,
  },
  {
    id: "aws.organizations.deny-principal",
    title: "Deny users and roles everything from above their account",
    description:
      "Adds Deny statements to the organization's service control policy for emergencies: every action, to the named users and roles, whatever path their ARNs have; with roles: issued-sessions, to a role only in its sessions that were issued before the moment at which the change is applied. Nobody inside an account can take it out, its administrators and root neither, which makes it the only denial that an attacker who rules the account cannot undo. The policy has to be attached above the accounts already, and is never attached, moved or replaced. Statements of other authors stay as they are. Who cannot be denied this way, because no such policy binds them, this one does not reach them or has no room, is refused; with otherwise: leave they are left and said, and of those for whom there is no room users come before roles.",
    containment: "source",
    blastRadius:
      "whoever and whatever works as one of these users, and in any session of one of these roles, old or new, is refused every call in every account, applications included; with roles: issued-sessions, new sessions of these roles work, and people, functions and hosts are refused until they have one; nobody else's requests are touched; a mistake in this policy would reach every account that it is attached above",
    targets: ["aws.organization-principals"],
    bound: {
      ms: 300000,
      source:
        "assumed: AWS documents no time within which a changed service control policy is enforced; five minutes are allowed, as for IAM's policies",
    },
    permissions: {
      read: [
        { service: "organizations", operation: "DescribeOrganization", iam: ["organizations:DescribeOrganization"] },
        { service: "organizations", operation: "DescribePolicy", iam: ["organizations:DescribePolicy"] },
        { service: "organizations", operation: "ListParents", iam: ["organizations:ListParents"] },
        { service: "organizations", operation: "ListPolicies", iam: ["organizations:ListPolicies"] },
        { service: "organizations", operation: "ListTargetsForPolicy", iam: ["organizations:ListTargetsForPolicy"] },
      ],
      write: [{ service: "organizations", operation: "UpdatePolicy", iam: ["organizations:UpdatePolicy"] }],
    },
    file: "src/actions/aws/organizations/deny-principal.ts",
    load: async () => (await import("../aws/organizations/deny-principal.ts")).denyPrincipal,
  },
  {
    id: "aws.organizations.quarantine-account",
    title: "Lock an account down from above",
    description:
      "Attaches the organization's service control policy for lockdowns to the account: what it denies, nobody in the account may do any more, its administrators and root neither, but for whom its text spares. The account stays in its unit and keeps that unit's guardrails. The policy's text is the organization's, stands in the plan, and is never changed.",
    containment: "source",
    blastRadius:
      "everybody and everything that works with credentials of this account is refused what the policy denies, usually every call: people, applications, pipelines, backups and monitoring, but for whom the policy spares; roles of AWS services keep working, running hosts and functions keep running, and other accounts whom resources here let in are not stopped",
    targets: ["aws.member-account"],
    bound: {
      ms: 300000,
      source:
        "assumed: AWS documents no time within which an attached service control policy is enforced; five minutes are allowed, as for IAM's policies",
    },
    permissions: {
      read: [
        { service: "organizations", operation: "DescribeOrganization", iam: ["organizations:DescribeOrganization"] },
        { service: "organizations", operation: "DescribePolicy", iam: ["organizations:DescribePolicy"] },
        { service: "organizations", operation: "ListPolicies", iam: ["organizations:ListPolicies"] },
        { service: "organizations", operation: "ListPoliciesForTarget", iam: ["organizations:ListPoliciesForTarget"] },
      ],
      write: [
        { service: "organizations", operation: "AttachPolicy", iam: ["organizations:AttachPolicy"] },
        { service: "organizations", operation: "DetachPolicy", iam: ["organizations:DetachPolicy"] },
      ],
    },
    file: "src/actions/aws/organizations/quarantine-account.ts",
    load: async () => (await import("../aws/organizations/quarantine-account.ts")).quarantineAccount,
  },
  {
    id: "aws.rds.quarantine",
    title: "Quarantine databases",
    description:
      "Replaces the security groups of the tenant's DB instances, DB clusters and DB proxies by the quarantine group of their VPC, which was made beforehand and has no rules, and takes public access from the instances, each as a change of its own. Members of a cluster take the cluster's groups: of them only public access is changed. A restore gives each its own groups back, and public access to whom it was taken from.",
    containment: "destination",
    blastRadius:
      "every application that uses these databases, of other tenants too where they share one, cannot connect to them any more, and neither can administrators; connections that are open and tracked are not cut, and nothing is stopped: jobs inside a database, backups, snapshots and replication by AWS go on",
    targets: ["aws.tagged-databases"],
    bound: {
      ms: 600000,
      source:
        "assumed: Amazon RDS applies a change of security groups or of public access as soon as possible and documents no time; ten minutes are allowed",
    },
    permissions: {
      read: [
        { service: "rds", operation: "DescribeDBInstances", iam: ["rds:DescribeDBInstances"] },
        { service: "rds", operation: "DescribeDBClusters", iam: ["rds:DescribeDBClusters"] },
        { service: "rds", operation: "DescribeDBProxies", iam: ["rds:DescribeDBProxies"] },
        { service: "rds", operation: "DescribeDBSubnetGroups", iam: ["rds:DescribeDBSubnetGroups"] },
        { service: "rds", operation: "ListTagsForResource", iam: ["rds:ListTagsForResource"] },
        { service: "ec2", operation: "DescribeSecurityGroups", iam: ["ec2:DescribeSecurityGroups"] },
      ],
      write: [
        { service: "rds", operation: "ModifyDBInstance", iam: ["rds:ModifyDBInstance"] },
        { service: "rds", operation: "ModifyDBCluster", iam: ["rds:ModifyDBCluster"] },
        { service: "rds", operation: "ModifyDBProxy", iam: ["rds:ModifyDBProxy"] },
      ],
    },
    file: "src/actions/aws/rds/quarantine.ts",
    load: async () => (await import("../aws/rds/quarantine.ts")).quarantine,
  },
  {
    id: "aws.s3.block-public-access",
    title: "Block public access to a tenant's bucket",
    description:
      "Turns on all four settings of the bucket's public access block: public ACLs are refused and ignored, public policies are refused, and a bucket with a public policy answers its own account and AWS services only. The account's own block is not touched. A restore turns off again what was off before, and removes the block where there was none.",
    containment: "destination",
    blastRadius:
      "the whole bucket, other tenants included: anonymous readers lose it, and where its policy is public so do other accounts, those that the policy names included; until it is lifted S3 refuses to put a public policy or ACL, an unchanged one too; grants to principals that the policy names while nothing in it is public, presigned URLs, and other ways in such as a CloudFront distribution with its own grant are not stopped",
    targets: ["aws.bucket-prefix"],
    bound: {
      ms: 60000,
      source:
        "Amazon S3 User Guide, data consistency model: bucket configurations are eventually consistent; no figure is given, a minute is allowed",
    },
    permissions: {
      read: [{ service: "s3", operation: "GetPublicAccessBlock", iam: ["s3:GetBucketPublicAccessBlock"] }],
      write: [
        { service: "s3", operation: "PutPublicAccessBlock", iam: ["s3:PutBucketPublicAccessBlock"] },
        { service: "s3", operation: "DeletePublicAccessBlock", iam: ["s3:PutBucketPublicAccessBlock"] },
      ],
    },
    file: "src/actions/aws/s3/block-public-access.ts",
    load: async () => (await import("../aws/s3/block-public-access.ts")).blockPublicAccess,
  },
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
    id: "aws.s3.legal-hold",
    title: "Put a legal hold on a tenant's objects, so that nobody can delete or overwrite their versions",
    description:
      "Puts a legal hold on every version of every object under the tenant's prefix, older versions and those behind delete markers included. Nothing is proposed for a bucket without Object Lock: turning that on cannot be undone, and is not done here. A restore lifts the holds that were put on, and no other.",
    containment: "destination",
    blastRadius:
      "whoever deletes versions of the tenant's objects, lifecycle rules and the tenant's own erasure requests included, is refused until the hold is lifted; reading and writing go on as before; whoever may put holds may lift them; a delete without a version still hides an object behind a marker; what is written later is not held",
    targets: ["aws.bucket-prefix"],
    bound: {
      ms: 10000,
      source:
        "Amazon S3 User Guide, data consistency model: changes of an object's metadata are strongly consistent; holds are not named and no figure is given, ten seconds are allowed",
    },
    permissions: {
      read: [
        { service: "s3", operation: "GetObjectLockConfiguration", iam: ["s3:GetBucketObjectLockConfiguration"] },
        { service: "s3", operation: "ListObjectVersions", iam: ["s3:ListBucketVersions"] },
        { service: "s3", operation: "GetObjectLegalHold", iam: ["s3:GetObjectLegalHold"] },
      ],
      write: [{ service: "s3", operation: "PutObjectLegalHold", iam: ["s3:PutObjectLegalHold"] }],
    },
    file: "src/actions/aws/s3/legal-hold.ts",
    load: async () => (await import("../aws/s3/legal-hold.ts")).legalHold,
  },
  {
    id: "aws.s3.revoke-access-grants",
    title: "Revoke S3 Access Grants on a tenant's objects",
    description:
      "Deletes every grant of S3 Access Grants whose scope lies within the tenant's prefix: nobody gets new credentials by it. AWS keeps nothing of a deleted grant; a rollback makes it anew, with the same grantee, permission, location, application and tags, and another id. Grants that reach beyond the prefix are left as they are, and the plan names them.",
    containment: "access",
    blastRadius:
      "whoever gets at the tenant's objects through Access Grants, people of the directory and applications, is refused new credentials; those that were handed out live on for up to 12 hours; access by policies, and grants on more than this tenant's prefix, are not stopped; what names a grant by its id does not find it after a rollback",
    targets: ["aws.bucket-prefix"],
    bound: { ms: 60000, source: "assumed: the Amazon S3 User Guide gives no figure for the deletion of a grant" },
    permissions: {
      read: [
        { service: "s3control", operation: "ListAccessGrants", iam: ["s3:ListAccessGrants"] },
        { service: "s3control", operation: "ListTagsForResource", iam: ["s3:ListTagsForResource"] },
      ],
      write: [
        { service: "s3control", operation: "DeleteAccessGrant", iam: ["s3:DeleteAccessGrant"] },
        { service: "s3control", operation: "CreateAccessGrant", iam: ["s3:CreateAccessGrant", "s3:TagResource"] },
      ],
    },
    file: "src/actions/aws/s3/revoke-access-grants.ts",
    load: async () => (await import("../aws/s3/revoke-access-grants.ts")).revokeAccessGrants,
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
    id: "aws.s3.suspend-replication",
    title: "Suspend a bucket's replication, so that nothing more is carried to its destinations",
    description:
      "Sets every replication rule of the bucket to Disabled. Nothing is proposed for a bucket without replication. A restore enables the rules that were enabled before and keeps what others changed since.",
    containment: "destination",
    blastRadius:
      "the whole bucket, other tenants included, is no longer copied: what is written or deleted meanwhile is missing at the destinations, and S3 does not catch up when the rules are enabled again (S3 Batch Replication does); nobody loses access; copies by other means, replication into this bucket and jobs of Batch Replication are not stopped",
    targets: ["aws.bucket-prefix"],
    bound: {
      ms: 300000,
      source:
        "Amazon S3 User Guide, data consistency model: bucket configurations are eventually consistent; no figure is given, five minutes are allowed",
    },
    permissions: {
      read: [{ service: "s3", operation: "GetBucketReplication", iam: ["s3:GetReplicationConfiguration"] }],
      write: [{ service: "s3", operation: "PutBucketReplication", iam: ["s3:PutReplicationConfiguration", "iam:PassRole"] }],
    },
    file: "src/actions/aws/s3/suspend-replication.ts",
    load: async () => (await import("../aws/s3/suspend-replication.ts")).suspendReplication,
  },
  {
    id: "aws.secretsmanager.deny-secret",
    title: "Deny everyone but the responders a tenant's secrets",
    description:
      "Adds a Deny statement to the policy of each of the tenant's secrets: reading the value, changing, rotating, replicating and deleting it. The responders' ARNs are exempt. Statements of other authors stay as they are. A replica is left to the Region of its primary, whose policy Secrets Manager replicates.",
    containment: "destination",
    blastRadius:
      "the application and every job that fetches the secret fail when they fetch it next, and so does its rotation; what they fetched before goes on working at the database or service that the secret opens; other tenants' secrets are not touched; whoever may change the secret's policy can still take the denial out, and names and tags of the secret stay readable",
    targets: ["aws.secret"],
    bound: { ms: 60000, source: "AWS documents no time until a secret's policy takes effect; a minute is allowed" },
    permissions: {
      read: [
        { service: "secretsmanager", operation: "ListSecrets", iam: ["secretsmanager:ListSecrets"] },
        { service: "secretsmanager", operation: "GetResourcePolicy", iam: ["secretsmanager:GetResourcePolicy"] },
      ],
      write: [
        { service: "secretsmanager", operation: "PutResourcePolicy", iam: ["secretsmanager:PutResourcePolicy"] },
        { service: "secretsmanager", operation: "DeleteResourcePolicy", iam: ["secretsmanager:DeleteResourcePolicy"] },
      ],
    },
    file: "src/actions/aws/secretsmanager/deny-secret.ts",
    load: async () => (await import("../aws/secretsmanager/deny-secret.ts")).denySecret,
  },
  {
    id: "aws.secretsmanager.rotate-secret",
    title: "Rotate a tenant's secrets now, which cannot be undone",
    description:
      "Irreversible. Has Secrets Manager rotate each of the tenant's secrets for which rotation is set up: its rotation function makes a new value, puts it in force where it is used, and makes it the current one. Secrets without rotation, and those whose last rotation did not end, are left and said. A rollback leaves the new value: the old one is what was stolen.",
    containment: "access",
    blastRadius:
      "whoever holds the old value is refused where the secret is used, as soon as its rotation function has changed it there; applications that keep the value in memory fail until they fetch it anew; a function that alternates between two users leaves the old one valid until the next rotation; while the secret is denied to everyone but the responders, its function is refused, too, and the rotation fails",
    targets: ["aws.secret"],
    bound: { ms: 300000, source: "assumed: a rotation takes as long as the customer's own function; five minutes are allowed" },
    permissions: {
      read: [
        { service: "secretsmanager", operation: "ListSecrets", iam: ["secretsmanager:ListSecrets"] },
        { service: "secretsmanager", operation: "DescribeSecret", iam: ["secretsmanager:DescribeSecret"] },
      ],
      write: [{ service: "secretsmanager", operation: "RotateSecret", iam: ["secretsmanager:RotateSecret"] }],
    },
    file: "src/actions/aws/secretsmanager/rotate-secret.ts",
    load: async () => (await import("../aws/secretsmanager/rotate-secret.ts")).rotateSecret,
  },
  {
    id: "aws.sso.deny-user",
    title: "Deny an Identity Center user everything in its permission sets",
    description:
      "Adds a statement that denies everything to the user, by its id (identitystore:userId), to the inline policy of each permission set that the user is assigned by itself or by a group, and provisions the set to all its accounts: sessions of roles that the user has already are refused, too. Statements of other authors stay as they are. A permission set with changes that wait to be provisioned is left and said: provisioning would put them in force. A rollback takes the statement out and provisions again.",
    containment: "access",
    blastRadius:
      "whatever the user does in an AWS account with these permission sets fails, in sessions that it has and in new ones; other users of the sets are not touched, though Identity Center updates the role of each account that the sets are provisioned to; roles that the user went on to from such a session, and IAM users that it made, go on",
    targets: ["aws.sso-user"],
    bound: {
      ms: 120000,
      source:
        "assumed: AWS gives no figure; Identity Center updates the roles of an account one at a time, two minutes are allowed",
    },
    permissions: {
      read: [
        {
          service: "identitystore",
          operation: "ListGroupMembershipsForMember",
          iam: ["identitystore:ListGroupMembershipsForMember"],
        },
        { service: "ssoadmin", operation: "DescribePermissionSet", iam: ["sso:DescribePermissionSet"] },
        { service: "ssoadmin", operation: "ListAccountAssignmentsForPrincipal", iam: ["sso:ListAccountAssignmentsForPrincipal"] },
        { service: "ssoadmin", operation: "GetInlinePolicyForPermissionSet", iam: ["sso:GetInlinePolicyForPermissionSet"] },
        {
          service: "ssoadmin",
          operation: "ListAccountsForProvisionedPermissionSet",
          iam: ["sso:ListAccountsForProvisionedPermissionSet"],
        },
        {
          service: "ssoadmin",
          operation: "DescribePermissionSetProvisioningStatus",
          iam: ["sso:DescribePermissionSetProvisioningStatus"],
        },
      ],
      write: [
        { service: "ssoadmin", operation: "PutInlinePolicyToPermissionSet", iam: ["sso:PutInlinePolicyToPermissionSet"] },
        {
          service: "ssoadmin",
          operation: "DeleteInlinePolicyFromPermissionSet",
          iam: ["sso:DeleteInlinePolicyFromPermissionSet"],
        },
        { service: "ssoadmin", operation: "ProvisionPermissionSet", iam: ["sso:ProvisionPermissionSet"] },
      ],
    },
    file: "src/actions/aws/sso/deny-user.ts",
    load: async () => (await import("../aws/sso/deny-user.ts")).denyUser,
  },
  {
    id: "aws.sso.remove-assignments",
    title: "Take an Identity Center user's AWS accounts away",
    description:
      "Deletes each assignment of an AWS account and a permission set that the user has by itself, and takes the user out of each group that is assigned any. Groups without assignments are left alone. A rollback assigns and adds it again: a membership then has another id. Sessions that the user has already go on: aws.sso.deny-user stops them.",
    containment: "access",
    blastRadius:
      "the user gets no new session in these accounts, and loses what else these groups give it: applications, and what they are given later; other users are not touched; sessions of roles that it has go on until they expire, and where a provider outside provisions the groups it may put the user back",
    targets: ["aws.sso-user"],
    bound: {
      ms: 120000,
      source:
        "assumed: AWS gives no figure; Identity Center updates the roles of an account one at a time, two minutes are allowed",
    },
    permissions: {
      read: [
        { service: "identitystore", operation: "DescribeUser", iam: ["identitystore:DescribeUser"] },
        { service: "identitystore", operation: "DescribeGroup", iam: ["identitystore:DescribeGroup"] },
        {
          service: "identitystore",
          operation: "ListGroupMembershipsForMember",
          iam: ["identitystore:ListGroupMembershipsForMember"],
        },
        { service: "ssoadmin", operation: "DescribePermissionSet", iam: ["sso:DescribePermissionSet"] },
        { service: "ssoadmin", operation: "ListAccountAssignmentsForPrincipal", iam: ["sso:ListAccountAssignmentsForPrincipal"] },
        {
          service: "ssoadmin",
          operation: "DescribeAccountAssignmentDeletionStatus",
          iam: ["sso:DescribeAccountAssignmentDeletionStatus"],
        },
        {
          service: "ssoadmin",
          operation: "DescribeAccountAssignmentCreationStatus",
          iam: ["sso:DescribeAccountAssignmentCreationStatus"],
        },
      ],
      write: [
        { service: "ssoadmin", operation: "DeleteAccountAssignment", iam: ["sso:DeleteAccountAssignment"] },
        { service: "ssoadmin", operation: "CreateAccountAssignment", iam: ["sso:CreateAccountAssignment"] },
        { service: "identitystore", operation: "DeleteGroupMembership", iam: ["identitystore:DeleteGroupMembership"] },
        { service: "identitystore", operation: "CreateGroupMembership", iam: ["identitystore:CreateGroupMembership"] },
      ],
    },
    file: "src/actions/aws/sso/remove-assignments.ts",
    load: async () => (await import("../aws/sso/remove-assignments.ts")).removeAssignments,
  },
  {
    id: "aws.wafv2.activate-ruleset",
    title: "Activate the emergency rules of a web ACL",
    description:
      "Lets the rule group that the organization wrote beforehand, and that its web ACL only counts with, act: the reference's override goes from Count to None, under WAF's optimistic lock; everything else of the web ACL stays as it is, whoever edits it meanwhile. The rules must be the approved ones when it is planned and when it is applied: a digest of what they do stands in the organization's file. What stands in IP sets that they refer to is not part of it.",
    containment: "source",
    blastRadius:
      "every request that the emergency rules match gets what they say, at every resource that the web ACL protects; what they match is what was approved, and may be customers; hosts that are reached past the firewall are not protected",
    targets: ["aws.web-acl-ruleset"],
    bound: {
      ms: 300000,
      source:
        "AWS WAF Developer Guide, temporary inconsistencies during updates: a few seconds to a number of minutes; five minutes are allowed",
    },
    permissions: {
      read: [
        { service: "wafv2", operation: "ListWebACLs", iam: ["wafv2:ListWebACLs"] },
        { service: "wafv2", operation: "GetWebACL", iam: ["wafv2:GetWebACL"] },
        { service: "wafv2", operation: "ListRuleGroups", iam: ["wafv2:ListRuleGroups"] },
        { service: "wafv2", operation: "GetRuleGroup", iam: ["wafv2:GetRuleGroup"] },
      ],
      write: [{ service: "wafv2", operation: "UpdateWebACL", iam: ["wafv2:UpdateWebACL"] }],
    },
    file: "src/actions/aws/wafv2/activate-ruleset.ts",
    load: async () => (await import("../aws/wafv2/activate-ruleset.ts")).activateRuleset,
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
  {
    id: "aws.wafv2.default-block",
    title: "Refuse every web request that no rule lets in",
    description:
      "Sets the default action of the entrance's web ACL to Block with response 503, under WAF's optimistic lock. Its rules and everything else stay as they are, whoever edits them meanwhile. The responders' networks have to be let in by an Allow rule on an IP set: without one the plan is refused.",
    containment: "destination",
    blastRadius:
      "everybody whose request no Allow rule of the web ACL lets in, customers of all tenants included, gets a 503 from every resource that the web ACL protects; hosts that are reached past the firewall are not closed",
    targets: ["aws.web-acl"],
    bound: {
      ms: 300000,
      source:
        "AWS WAF Developer Guide, temporary inconsistencies during updates: a few seconds to a number of minutes; five minutes are allowed",
    },
    permissions: {
      read: [
        { service: "wafv2", operation: "ListWebACLs", iam: ["wafv2:ListWebACLs"] },
        { service: "wafv2", operation: "GetWebACL", iam: ["wafv2:GetWebACL"] },
        { service: "wafv2", operation: "GetIPSet", iam: ["wafv2:GetIPSet"] },
      ],
      write: [{ service: "wafv2", operation: "UpdateWebACL", iam: ["wafv2:UpdateWebACL"] }],
    },
    file: "src/actions/aws/wafv2/default-block.ts",
    load: async () => (await import("../aws/wafv2/default-block.ts")).defaultBlock,
  },
  {
    id: "azure.network.deny-cidrs",
    title: "Deny networks in network security groups",
    description:
      "Denies all new connections with the networks, in both directions, in the entrance's network security groups: one rule per direction and address family, at the lowest free priority of the range that is reserved for it, ahead of every rule that may let a network pass. A denial that stands there already is held. Rules of others, in that range too, stay as they are.",
    containment: "source",
    blastRadius:
      "every host behind the groups takes and makes no new connections with these networks; whoever shares an address with the attacker (NAT, VPN exits) is cut off too, and so are your own hosts where a network is yours; connections that are open already go on, and clients behind load balancers, proxies or a content delivery network are not stopped",
    targets: ["azure.nsgs"],
    bound: {
      ms: 60000,
      source:
        "Azure Virtual Network documentation, network security groups: no figure is given; a rule was recorded as provisioned within 10 seconds, one minute is allowed",
    },
    permissions: {
      read: [
        {
          method: "GET",
          path: "/subscriptions/{subscription}/providers/Microsoft.Network/networkSecurityGroups",
          azureAction: "Microsoft.Network/networkSecurityGroups/read",
        },
        {
          method: "GET",
          path: "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/networkSecurityGroups/{nsg}",
          azureAction: "Microsoft.Network/networkSecurityGroups/read",
        },
        {
          method: "GET",
          path: "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/networkSecurityGroups/{nsg}/securityRules/{rule}",
          azureAction: "Microsoft.Network/networkSecurityGroups/securityRules/read",
        },
        {
          method: "GET",
          path: "/subscriptions/{subscription}/providers/Microsoft.Network/locations/{location}/operations/{operation}",
          azureAction: "Microsoft.Network/locations/operations/read",
        },
      ],
      write: [
        {
          method: "PUT",
          path: "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/networkSecurityGroups/{nsg}/securityRules/{rule}",
          azureAction: "Microsoft.Network/networkSecurityGroups/securityRules/write",
        },
        {
          method: "DELETE",
          path: "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/networkSecurityGroups/{nsg}/securityRules/{rule}",
          azureAction: "Microsoft.Network/networkSecurityGroups/securityRules/delete",
        },
      ],
    },
    file: "src/actions/azure/network/deny-cidrs.ts",
    load: async () => (await import("../azure/network/deny-cidrs.ts")).denyCidrs,
  },
];
