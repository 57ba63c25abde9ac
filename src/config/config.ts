import type { Digest, Person, Range, Role, Tag, TagOrIds, TagOrNames } from "../model/index.ts";

/** Of the organization's file. */
export const MAX_CONFIG_BYTES = 1024 * 1024;

export type AwsAccount = {
  readonly id: string;
  readonly name: string;
  readonly regions: readonly string[];
  readonly role?: string;
};
/** Service control policies that are ours to use, by name or id. `account` is the id of the one where they are managed. */
export type AwsOrganization = { readonly account: string; readonly denyPolicy?: string; readonly quarantinePolicy?: string };
export type AzureSubscription = { readonly id: string; readonly name: string };

/** Where a tenant's objects are; `{tenant}` stands for the tenant's name. `account` is an id. */
export type S3Place = { readonly account: string; readonly region: string; readonly bucket: string; readonly prefix: string };
/** `name` is a whole name, or ends in a slash and stands for all that begin so. */
export type SecretsPlace = { readonly account: string; readonly region: string; readonly name: string };
/** `leadingKey` is a whole partition key, or ends in `*`. */
export type DynamodbPlace = {
  readonly account: string;
  readonly region: string;
  readonly table: string;
  readonly leadingKey: string;
};
export type KmsPlace = { readonly account: string; readonly region: string; readonly alias: string };
export type PostgresPlace = {
  readonly urlEnv: string;
  readonly database: string;
  readonly schema: string;
  readonly role?: string;
};

/** How a tenant's principals are found. Without `account`, in every configured account. */
export type PrincipalSource =
  | { readonly kind: "aws-user-path"; readonly path: string; readonly account?: string }
  | { readonly kind: "aws-tag"; readonly key: string; readonly account?: string }
  /** The pool's id begins with its Region. */
  | { readonly kind: "cognito-group"; readonly group: string; readonly pool: string; readonly account?: string }
  | { readonly kind: "okta-group"; readonly group: string };

export type Tenancy = {
  /** Resources of a tenant carry this tag with the tenant's name. */
  readonly tag?: string;
  readonly s3: readonly S3Place[];
  readonly secrets: readonly SecretsPlace[];
  readonly dynamodb: readonly DynamodbPlace[];
  readonly kms: readonly KmsPlace[];
  readonly postgres: readonly PostgresPlace[];
  readonly principals: readonly PrincipalSource[];
  readonly lockdown: readonly { readonly url: string; readonly audience: string }[];
  /** When given, these are all tenants there are. */
  readonly tenants?: readonly string[];
};

/** An entrance and the walls that guard it. `account` and `subscription` are ids. */
export type AwsEdge = {
  readonly provider: "aws";
  readonly name: string;
  readonly account: string;
  readonly region: string;
  /** The responders come in here themselves. */
  readonly responderEntrance?: boolean;
  readonly wafIpSets?: { readonly scope: "REGIONAL" | "CLOUDFRONT"; readonly ipv4?: string; readonly ipv6?: string };
  /** `rules` are the rule numbers reserved for us. */
  readonly networkAcls?: { readonly select: TagOrIds; readonly rules: Range };
  /** `lockdownGroup` is the name of a security group that lets only the responders in, `approved` the digest of its rules. */
  readonly loadBalancers?: { readonly select: TagOrNames; readonly lockdownGroup: string; readonly approved?: Digest };
  /** `variable` is the IP set variable of the stateful rule group that is reserved for us. */
  readonly networkFirewall?: { readonly ruleGroup: string; readonly variable: string };
  /** A CloudFront distribution, and the web ACL that closes it. */
  readonly distribution?: { readonly id: string; readonly lockdownWebAcl?: string };
  /** `response` is the key of a custom response body, `approved` the digest of the rule group's definition. */
  readonly webAcl?: {
    readonly scope: "REGIONAL" | "CLOUDFRONT";
    readonly name: string;
    readonly response?: string;
    readonly ruleset?: { readonly ruleGroup: string; readonly approved?: Digest };
  };
  /** Lists that let in. */
  readonly prefixLists?: { readonly select: TagOrNames };
  /** All that goes through the internet gateways of its account and Region may be blocked for this entrance. */
  readonly internetGateways?: boolean;
  /** `lockdownAcl` is the tag `Name` of a network ACL that lets nothing pass, or only the responders. */
  readonly subnets?: { readonly select: TagOrIds; readonly lockdownAcl: string };
  readonly tenantHosts?: string;
};
export type AzureEdge = {
  readonly provider: "azure";
  readonly name: string;
  readonly subscription: string;
  readonly nsgs?: { readonly select: TagOrIds; readonly priorities: Range };
  readonly tenantHosts?: string;
};
export type Edge = AwsEdge | AzureEdge;

/** Where the log is copied to. `role` is the ARN of the role that may write there. */
export type StoreConfig =
  | { readonly kind: "directory"; readonly path: string }
  | {
      readonly kind: "s3";
      readonly bucket: string;
      readonly region: string;
      readonly prefix: string;
      readonly account?: string;
      readonly role?: string;
    }
  | {
      readonly kind: "azure-blob";
      readonly account: string;
      readonly container: string;
      readonly prefix: string;
      readonly endpoint?: string;
    };

/** Where the key lies that signs checkpoints. */
export type LogKeyConfig =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "aws-kms"; readonly key: string; readonly region: string }
  | { readonly kind: "azure-key-vault"; readonly id: string };
/** Where entries are handed to beside the stores. `urlEnv` and `headersEnv` name environment variables. */
export type ForwardConfig =
  | { readonly kind: "file"; readonly path: string; readonly format: ForwardFormat }
  | {
      readonly kind: "webhook";
      readonly url?: string;
      readonly urlEnv?: string;
      readonly format: ForwardFormat;
      readonly headersEnv: { readonly [header: string]: string };
    };
export type ForwardFormat = "ocsf" | "csv" | "ndjson";

export type Policy = {
  /** Roles by runbook id, and `default`; exactly what the file says. */
  readonly approvals: { readonly [runbook: string]: readonly Role[] };
  readonly preapproved: readonly string[];
  /** Decisions by FIDO keys need a PIN or a finger. */
  readonly requireVerification: boolean;
  readonly breakGlass: { readonly allowed: readonly string[]; readonly ratifyWithinMs: number };
  /** Null: leases do not expire. */
  readonly leaseExpiryMs: number | null;
  readonly maxChanges: number;
  /** The shortest prefix that may be blocked. */
  readonly widestBlock: { readonly ipv4: number; readonly ipv6: number };
  readonly planLifeMs: number;
  readonly quarantineGroup: string;
  /** Tag `Name` of the network ACL that cuts a tenant's subnets off. */
  readonly lockdownAcl: string;
};

/** `roles`: who reads it; absent: everybody. Addresses are secrets: the file says where they are. A `file` is a whole path. */
export type NoticeChannel = { readonly name: string; readonly roles?: readonly Role[] } & (
  | { readonly kind: "webhook" | "chat"; readonly url: { readonly env: string } | { readonly file: string } }
  | { readonly kind: "command"; readonly argv: readonly string[] }
);

export type Sla = {
  readonly revocationMs: number;
  readonly alertingMs: number;
  readonly exercise: "monthly" | "quarterly" | "half-yearly" | "yearly";
};

/** The organization's file, checked, with names resolved to ids and durations in milliseconds. */
export type Config = {
  readonly organization: string;
  readonly origin: string;
  readonly providers: {
    readonly aws?: {
      readonly accounts: readonly AwsAccount[];
      readonly organization?: AwsOrganization;
      /** Where Identity Center is managed. */
      readonly identityCenter?: { readonly account: string; readonly region: string };
    };
    readonly azure?: { readonly tenant?: string; readonly subscriptions: readonly AzureSubscription[] };
  };
  readonly tenancy: Tenancy;
  readonly people: readonly Person[];
  /** ARNs that must never be cut off. */
  readonly responders: readonly string[];
  /** Networks that must never be blocked, canonical. */
  readonly responderNetworks: readonly string[];
  /** Tags of hosts that the responders come in through. */
  readonly responderHosts: readonly Tag[];
  readonly edge: readonly Edge[];
  readonly audit: {
    readonly stores: readonly StoreConfig[];
    readonly logKey?: LogKeyConfig;
    readonly forward?: readonly ForwardConfig[];
  };
  readonly policy: Policy;
  /** Where skipped approvers are told. */
  readonly notices: readonly NoticeChannel[];
  readonly sla: Sla;
  /** The file's path, or `range`. */
  readonly source: string;
  /** Of the file's bytes. */
  readonly digest: Digest;
};
