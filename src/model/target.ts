import type { Cidr } from "./cidr.ts";
import type { Digest } from "./digest.ts";
import type { Principal } from "./principal.ts";

/** What the operator names. */
export type Target =
  | { readonly kind: "tenant"; readonly name: string }
  | { readonly kind: "cidrs"; readonly cidrs: readonly Cidr[] }
  | { readonly kind: "principals"; readonly principals: readonly Principal[] }
  /** One entrance of the organization, whole, by its name. */
  | { readonly kind: "entrance"; readonly name: string };

export type Tag = { readonly key: string; readonly value: string };
export type TagOrIds = { readonly tag: Tag } | { readonly ids: readonly string[] };
export type TagOrNames = { readonly tag: Tag } | { readonly names: readonly string[] };
export type Range = { readonly from: number; readonly to: number };

/** A user or role of an account of the organization. */
export type MemberPrincipal = { readonly account: string; readonly kind: "user" | "role"; readonly name: string };

/**
 * Where a target's resources are, as the organisation's file says: what the planner makes of a target and hands to the
 * actions whose `targets` name its kind. Never written in a runbook. `account` and `subscription` are ids, not names.
 */
export type Selection =
  | {
      readonly kind: "aws.bucket-prefix";
      readonly tenant: string;
      readonly account: string;
      readonly region: string;
      readonly bucket: string;
      readonly prefix: string;
      /** ARNs of the responders, who stay able to read and to undo. */
      readonly exempt: readonly string[];
    }
  | {
      readonly kind: "aws.tagged-instances";
      readonly tenant: string;
      readonly account: string;
      readonly region: string;
      readonly tag: Tag;
      /** Name of the organization's quarantine group, the same in each VPC. */
      readonly quarantineGroup: string;
    }
  | {
      /** The subnets that a tenant's hosts are in. */
      readonly kind: "aws.host-subnets";
      readonly tenant: string;
      readonly account: string;
      readonly region: string;
      /** Of the hosts. */
      readonly tag: Tag;
      /** Tag `Name` of the network ACL that lets nothing pass, or only the responders, the same in each VPC. */
      readonly lockdownAcl: string;
      readonly responderNetworks: readonly string[];
    }
  | {
      readonly kind: "aws.tagged-databases";
      readonly tenant: string;
      readonly account: string;
      readonly region: string;
      readonly tag: Tag;
      /** Name of the organization's quarantine group, which was made beforehand in each VPC that has databases. */
      readonly quarantineGroup: string;
    }
  | {
      readonly kind: "aws.kms-key";
      readonly tenant: string;
      readonly account: string;
      readonly region: string;
      /** `alias/…` */
      readonly alias: string;
      /** ARNs of the responders, who stay able to decrypt and to undo. */
      readonly exempt: readonly string[];
    }
  | {
      readonly kind: "aws.network-acls";
      readonly entrance: string;
      readonly account: string;
      readonly region: string;
      readonly select: TagOrIds;
      readonly rules: Range;
      readonly cidrs: readonly Cidr[];
    }
  | {
      readonly kind: "aws.load-balancers";
      readonly entrance: string;
      readonly account: string;
      readonly region: string;
      readonly select: TagOrNames;
      /** Name of the security group that lets only the responders in, the same in each VPC. */
      readonly lockdownGroup: string;
      /** Whom the group may let in where its rules were not approved by their digest. */
      readonly responderNetworks: readonly string[];
      /** Of the group's rules as they were approved. */
      readonly approved?: Digest;
    }
  | {
      readonly kind: "aws.tenant-hosts";
      readonly tenant: string;
      readonly entrance: string;
      readonly account: string;
      readonly region: string;
      /** Load balancers of the entrance. */
      readonly select: TagOrNames;
      /** The name that the tenant is reached by, in lower case. */
      readonly host: string;
    }
  | {
      readonly kind: "aws.entrance-subnets";
      readonly entrance: string;
      readonly account: string;
      readonly region: string;
      readonly select: TagOrIds;
      /** Tag `Name` of the network ACL that lets nothing pass, or only the responders, the same in each VPC. */
      readonly lockdownAcl: string;
      readonly responderNetworks: readonly string[];
    }
  | {
      /** All that goes through the internet gateways of the account and Region that an entrance is in. */
      readonly kind: "aws.region-internet";
      readonly entrance: string;
      readonly account: string;
      readonly region: string;
    }
  | {
      readonly kind: "aws.prefix-lists";
      readonly entrance: string;
      readonly account: string;
      readonly region: string;
      readonly select: TagOrNames;
      readonly cidrs: readonly Cidr[];
    }
  | {
      readonly kind: "aws.waf-ip-sets";
      readonly entrance: string;
      readonly account: string;
      readonly region: string;
      readonly scope: "REGIONAL" | "CLOUDFRONT";
      readonly ipv4?: string;
      readonly ipv6?: string;
      readonly cidrs: readonly Cidr[];
    }
  | {
      readonly kind: "aws.network-firewall";
      readonly entrance: string;
      readonly account: string;
      readonly region: string;
      /** Name of a stateful rule group, and of the IP set variable whose networks its rules drop. */
      readonly ruleGroup: string;
      readonly variable: string;
      readonly cidrs: readonly Cidr[];
    }
  | {
      readonly kind: "aws.web-acl";
      readonly entrance: string;
      readonly account: string;
      readonly region: string;
      readonly scope: "REGIONAL" | "CLOUDFRONT";
      readonly name: string;
      /** Key of the custom response body that the web ACL answers with. */
      readonly response?: string;
      /** Whom a rule has to let in. */
      readonly responderNetworks: readonly string[];
    }
  | {
      readonly kind: "aws.distribution";
      readonly entrance: string;
      readonly account: string;
      readonly id: string;
      /** The responders come in there themselves. */
      readonly own: boolean;
    }
  | {
      readonly kind: "aws.distribution-web-acl";
      readonly entrance: string;
      readonly account: string;
      readonly id: string;
      /** Name of the web ACL, of CloudFront's scope, that the distribution is closed with. */
      readonly lockdownWebAcl: string;
      /** Whom a rule has to let in. */
      readonly responderNetworks: readonly string[];
    }
  | {
      readonly kind: "aws.web-acl-ruleset";
      readonly entrance: string;
      readonly account: string;
      readonly region: string;
      readonly scope: "REGIONAL" | "CLOUDFRONT";
      /** Of the web ACL. */
      readonly name: string;
      readonly ruleGroup: string;
      /** Of the rule group's definition as it was approved; without it nothing is activated. */
      readonly approved?: Digest;
    }
  | {
      readonly kind: "aws.secret";
      readonly tenant: string;
      readonly account: string;
      readonly region: string;
      /** A secret's whole name, or, where it ends in a slash, what the names of all of them begin with. */
      readonly name: string;
      /** ARNs of the responders. */
      readonly exempt: readonly string[];
    }
  | {
      readonly kind: "aws.dynamodb-items";
      readonly tenant: string;
      readonly account: string;
      readonly region: string;
      readonly table: string;
      /** Values of the partition key; one that ends in `*` stands for all that begin so. */
      readonly leadingKeys: readonly string[];
      /** ARNs of the responders. */
      readonly exempt: readonly string[];
    }
  | {
      readonly kind: "aws.cognito-user";
      readonly account: string;
      readonly region: string;
      /** The user pool's id. */
      readonly pool: string;
      readonly name: string;
    }
  | {
      readonly kind: "aws.cognito-group";
      readonly tenant: string;
      readonly account: string;
      readonly region: string;
      /** The user pool's id. */
      readonly pool: string;
      readonly group: string;
    }
  | {
      readonly kind: "aws.sso-user";
      /** Where Identity Center is managed, which need not be where its users work. */
      readonly account: string;
      readonly region: string;
      /** `ssoins-…` */
      readonly instance: string;
      /** The identity store, `d-…` */
      readonly store: string;
      readonly name: string;
      /** The user's id in the store, which stays when it is renamed. */
      readonly id: string;
    }
  | { readonly kind: "aws.user"; readonly account: string; readonly name: string }
  | { readonly kind: "aws.access-key"; readonly account: string; readonly accessKeyId: string }
  | { readonly kind: "aws.role"; readonly account: string; readonly name: string }
  | {
      readonly kind: "aws.session";
      readonly account: string;
      readonly role: string;
      /** What the session is known by: the name that it was asked for with, or the source identity that it carries. */
      readonly by: "name" | "source-identity";
      readonly session: string;
    }
  | {
      readonly kind: "aws.cluster-principal";
      /** Of the user or role, and of the clusters. */
      readonly account: string;
      readonly region: string;
      readonly principal: "user" | "role";
      readonly name: string;
    }
  | {
      readonly kind: "aws.organization-principals";
      /** Where the organization's policies are managed: its management account, or one that this was delegated to. */
      readonly account: string;
      /** Name or id of the service control policy that is ours to add to. */
      readonly policy: string;
      readonly principals: readonly MemberPrincipal[];
    }
  | {
      readonly kind: "aws.member-account";
      /** As above. */
      readonly account: string;
      /** Name or id of the service control policy that locks an account down. */
      readonly policy: string;
      /** Id of the account that is meant. */
      readonly member: string;
    }
  | {
      readonly kind: "azure.nsgs";
      readonly entrance: string;
      readonly subscription: string;
      readonly select: TagOrIds;
      readonly priorities: Range;
      readonly cidrs: readonly Cidr[];
    };

export type SelectionKind = Selection["kind"];
export type SelectionOf<K extends SelectionKind> = Extract<Selection, { kind: K }>;

/** The target as one line, and as the text an operator types to confirm. */
export function sayTarget(target: Target): string {
  switch (target.kind) {
    case "tenant":
    case "entrance":
      return target.name;
    case "cidrs":
      return target.cidrs.map((cidr) => cidr.text).join(" ");
    case "principals":
      return target.principals
        .map((principal) => (principal.kind === "email" ? principal.name : `${principal.kind}/${principal.name}`))
        .join(" ");
  }
}
