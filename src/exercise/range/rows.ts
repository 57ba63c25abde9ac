import type { JsonObject } from "../../model/index.ts";

/** The values of the world's rows. Types, not interfaces: they have to be JSON. Times are instants. */
type Tags = { readonly [key: string]: string };
export type Status = "Active" | "Inactive";

export type UserRow = {
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly created: string;
  readonly tags: Tags;
  /** ARNs of managed policies. */
  readonly attached: readonly string[];
  readonly boundary: string | null;
};
export type RoleRow = UserRow & { readonly trust: string; readonly maxSessionSeconds: number };
export type PolicyRow = { readonly document: string };
export type ManagedPolicyRow = {
  readonly name: string;
  readonly arn: string;
  readonly created: string;
  readonly document: string;
};
export type AccessKeyRow = {
  readonly id: string;
  readonly user: string;
  readonly status: Status;
  readonly created: string;
  readonly lastUsed: { readonly at: string; readonly service: string; readonly region: string } | null;
};
export type SshKeyRow = { readonly user: string; readonly id: string; readonly status: Status; readonly uploaded: string };
export type CertificateRow = SshKeyRow & { readonly body: string };
export type ServiceCredentialRow = {
  readonly user: string;
  readonly id: string;
  readonly status: Status;
  readonly created: string;
  readonly service: string;
  readonly serviceUserName: string;
};
export type LoginProfileRow = { readonly user: string; readonly created: string; readonly resetRequired: boolean };
/** A virtual device stays when it is deactivated: then it is nobody's. Of others only those that are somebody's are known. */
export type MfaDeviceRow = { readonly serial: string; readonly user: string | null; readonly enabled: string | null };
export type SessionRow = {
  readonly id: string;
  readonly role: string;
  readonly name: string;
  readonly issued: string;
  readonly expires: string;
};

export type BucketRow = {
  readonly name: string;
  readonly region: string;
  readonly created: string;
  readonly versioned?: boolean;
  readonly objectLock?: boolean;
};
export type BucketPolicyRow = { readonly text: string };
/** Rules as the SDK's model has them: what a customer wrote comes back field for field. */
export type LifecycleRow = { readonly rules: readonly JsonObject[]; readonly transitionDefaultMinimumObjectSize: string };
export type ObjectRow = {
  readonly key: string;
  /** base64 */
  readonly body: string;
  readonly contentType: string;
  readonly modified: string;
  readonly metadata: Tags;
  /** Absent for what was written while the bucket was not versioned. */
  readonly version?: string;
  readonly marker?: never;
};
/** A version that is not the current one, or a marker that hides the key's versions. */
export type VersionRow =
  | ObjectRow
  | { readonly key: string; readonly version: string; readonly modified: string; readonly marker: true };
/** A legal hold on a version; there is none while it is off. */
export type HoldRow = { readonly status: "ON" };
/** Rules as the SDK's model has them. */
export type ReplicationRow = { readonly role: string; readonly rules: readonly JsonObject[] };

export type KeyRow = {
  readonly id: string;
  readonly description: string;
  readonly created: string;
  readonly state: "Enabled" | "Disabled" | "PendingDeletion" | "PendingImport";
};
export type KeyPolicyRow = { readonly text: string };
/** `alias/…` and the id of the key behind it. */
export type KeyAliasRow = { readonly name: string; readonly key: string };

export type SecretRow = {
  readonly name: string;
  /** With the six characters that Secrets Manager adds to the name. */
  readonly arn: string;
  readonly value: string;
  /** Where the secret is replicated from; null for a primary. */
  readonly primaryRegion: string | null;
  readonly deleted: boolean;
};
/** Of a secret for which rotation is set up. A new version is current when the rotation took effect, and pending until then. */
export type RotationRow = { readonly current: string; readonly previous: string | null };
export type SecretPolicyRow = { readonly text: string };

/** Lives of tokens as `DescribeUserPoolClient` has them: numbers and their units. */
export type PoolClientRow = {
  readonly id: string;
  readonly name: string;
  readonly access: { readonly life: number; readonly unit: "minutes" | "hours" };
};
/** `signedOut` is when its sessions were ended last: a refresh token that was issued before is refused. */
export type PoolUserRow = {
  readonly name: string;
  readonly created: string;
  readonly enabled: boolean;
  readonly groups: readonly string[];
  readonly signedOut: string | null;
};

export type PermissionSetRow = {
  readonly id: string;
  readonly name: string;
  readonly created: string;
  readonly sessionDuration: string;
};
export type AssignmentRow = {
  readonly target: string;
  readonly set: string;
  readonly type: "USER" | "GROUP";
  readonly principal: string;
};
/** Of an identity store. */
export type StoredRow = { readonly id: string; readonly name: string };
export type GroupMemberRow = { readonly group: string; readonly user: string; readonly membershipId: string };

export type TableRow = {
  readonly name: string;
  readonly created: string;
  /** Names of the key's attributes; all are strings. */
  readonly partitionKey: string;
  readonly sortKey: string | null;
  readonly indexes: readonly { readonly name: string; readonly partitionKey: string }[];
  readonly streamed: boolean;
  /** Other Regions of a global table. */
  readonly replicas: readonly string[];
};
/** `version` is the policy's revision. */
export type TablePolicyRow = { readonly text: string; readonly version: string };
/** Attributes, all strings. */
export type ItemRow = { readonly [attribute: string]: string };

export type VpcRow = { readonly id: string; readonly cidr: string; readonly ipv6Cidr: string | null; readonly tags: Tags };
export type SubnetRow = {
  readonly id: string;
  readonly vpc: string;
  readonly cidr: string;
  readonly acl: string;
  /** Of the network ACL; another one after each change. */
  readonly association?: string;
  readonly tags?: Tags;
};
export type AclEntry = {
  readonly number: number;
  readonly direction: "in" | "out";
  readonly action: "allow" | "deny";
  /** `-1` all, `6` TCP, `17` UDP, … */
  readonly protocol: string;
  readonly cidr?: string;
  readonly ipv6Cidr?: string;
  readonly ports?: { readonly from: number; readonly to: number };
};
export type AclRow = {
  readonly id: string;
  readonly vpc: string;
  readonly isDefault: boolean;
  readonly subnets: readonly string[];
  readonly entries: readonly AclEntry[];
  readonly tags: Tags;
};
/** Ports -1 where the protocol has none. Exactly one of the three peers is given. */
export type GroupRule = {
  readonly id: string;
  readonly direction: "in" | "out";
  readonly protocol: string;
  readonly from: number;
  readonly to: number;
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly group?: string;
  readonly description?: string;
};
export type GroupRow = {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly vpc: string;
  readonly rules: readonly GroupRule[];
  readonly tags: Tags;
};
export type InstanceRow = {
  readonly id: string;
  readonly vpc: string;
  readonly subnet: string;
  readonly interfaces: readonly string[];
  readonly launched: string;
  readonly profile: string | null;
  readonly state: "running" | "stopped" | "terminated";
  readonly tags: Tags;
  /** EBS volumes, the root device first. */
  readonly volumes: readonly string[];
  readonly attributes: InstanceAttributes;
  readonly metadata: MetadataOptions;
};
export type InstanceAttributes = {
  readonly disableApiTermination: boolean;
  readonly disableApiStop: boolean;
  readonly instanceInitiatedShutdownBehavior: "stop" | "terminate";
};
export type MetadataOptions = {
  readonly endpoint: "enabled" | "disabled";
  readonly tokens: "optional" | "required";
  readonly hopLimit: number;
};
export type SnapshotRow = {
  readonly id: string;
  readonly volume: string;
  readonly description: string;
  readonly tags: Tags;
};
export type InterfaceRow = {
  readonly id: string;
  readonly instance: string | null;
  readonly index: number;
  readonly vpc: string;
  readonly subnet: string;
  readonly address: string;
  readonly groups: readonly string[];
  readonly tags: Tags;
  readonly attached: string;
};
/** An open connection from `peer` to a port of the interface. A tracked one outlives the rule that let it in. */
export type FlowRow = {
  readonly id: string;
  readonly interface: string;
  readonly peer: string;
  readonly port: number;
  readonly what: string;
  readonly tracked: boolean;
  readonly opened: string;
};

export type PrefixListRow = {
  readonly id: string;
  readonly name: string;
  readonly family: "IPv4" | "IPv6";
  readonly most: number;
  readonly entries: readonly { readonly cidr: string; readonly description?: string }[];
  /** `since` in milliseconds. */
  readonly version: { readonly number: number; readonly since: number };
};

/** VPC Block Public Access of a Region. */
export type InternetBlockRow = { readonly mode: "off" | "block-bidirectional" | "block-ingress" };
/** `vpc/…` or `subnet/…` */
export type InternetExclusionRow = {
  readonly id: string;
  readonly resource: string;
  readonly mode: "allow-bidirectional" | "allow-egress";
};

export type LoadBalancerRow = {
  /** `app/NAME/1a2b…` or `net/NAME/1a2b…` */
  readonly id: string;
  readonly name: string;
  readonly type: "application" | "network";
  readonly scheme: "internet-facing" | "internal";
  readonly vpc: string;
  readonly subnets: readonly string[];
  /** A network load balancer that was made without groups never has any. */
  readonly groups: readonly string[];
  readonly tags: Tags;
};

/** A stateful rule group of the network firewall; `group` as the SDK's model has it. */
export type RuleGroupRow = {
  readonly name: string;
  readonly id: string;
  readonly description: string;
  readonly capacity: number;
  readonly group: JsonObject;
  readonly lockToken: string;
};

/** A web ACL, or a rule group of web ACLs: `body` as the API has what an update sets. */
export type WebAclRow = {
  readonly id: string;
  readonly name: string;
  readonly scope: "REGIONAL" | "CLOUDFRONT";
  readonly body: JsonObject;
  readonly lockToken: string;
};
export type WafRuleGroupRow = WebAclRow;

/** A CloudFront distribution; `config` as the API has it. */
export type DistributionRow = { readonly id: string; readonly config: JsonObject; readonly etag: string };

export type IpSetRow = {
  readonly id: string;
  readonly name: string;
  readonly scope: "REGIONAL" | "CLOUDFRONT";
  readonly version: "IPV4" | "IPV6";
  readonly description: string;
  readonly addresses: readonly string[];
  readonly lockToken: string;
};

/** Of every account of the organization, the management account too. */
export type MembershipRow = { readonly organization: string; readonly management: string; readonly parent: string };
/** The root, or an organizational unit. */
export type UnitRow = { readonly id: string; readonly name: string; readonly parent: string | null };
export type ControlPolicyRow = {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** AWS's own, which nobody changes. */
  readonly managed: boolean;
  readonly text: string;
};
/** Ids of the policies on a root, unit or account. */
export type AttachmentsRow = { readonly policies: readonly string[] };
