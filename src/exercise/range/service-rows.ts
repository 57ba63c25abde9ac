import { digestJson, type JsonObject } from "../../model/index.ts";

/** What keeps hosts in service: load balancers' target groups, and groups of Auto Scaling. */
export type TargetRow = { readonly id: string; readonly port: number; readonly zone?: string };
export type TargetGroupRow = {
  /** `NAME/HASH`, as in its ARN. */
  readonly id: string;
  readonly type: "instance" | "ip";
  readonly vpc: string;
  readonly port: number;
  readonly targets: readonly TargetRow[];
};
/** Conditions and actions as the SDK's model has them. */
export type ListenerRuleRow = {
  readonly id: string;
  readonly priority: number;
  readonly conditions: readonly JsonObject[];
  readonly actions: readonly JsonObject[];
  readonly tags: { readonly [key: string]: string };
};
export type ListenerRow = {
  /** The load balancer's, a slash, and its own. */
  readonly id: string;
  readonly protocol: "HTTP" | "HTTPS" | "TCP";
  readonly port: number;
  /** What is done with requests that no rule takes. */
  readonly otherwise: JsonObject;
  readonly rules: readonly ListenerRuleRow[];
};
export type AutoScalingGroupRow = {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly desired: number;
  /** As in their ARNs. */
  readonly targetGroups: readonly string[];
};
/** An instance of a group. */
export type MemberRow = { readonly instance: string; readonly group: string; readonly lifecycle: "InService" | "Standby" };

/** An EKS cluster, and by what it lets in. */
export type ClusterRow = { readonly name: string; readonly mode: "API" | "API_AND_CONFIG_MAP" | "CONFIG_MAP" };
/** Whom it lets in, by ARN, and what EKS itself allows it there. */
export type AccessEntryRow = {
  readonly principal: string;
  readonly username: string;
  readonly groups: readonly string[];
  readonly type: string;
  readonly tags: { readonly [key: string]: string };
  readonly policies: readonly {
    readonly arn: string;
    readonly scope: "cluster" | "namespace";
    readonly namespaces: readonly string[];
  }[];
};

/** A DB instance, a cluster or a proxy of RDS. */
export type DatabaseRow = {
  readonly kind: "db-instance" | "db-cluster" | "db-proxy";
  readonly name: string;
  readonly engine: string;
  readonly vpc: string;
  /** A member of a cluster has none of its own. */
  readonly groups: readonly string[];
  readonly tags: { readonly [key: string]: string };
  /** Of a member: its cluster's name. */
  readonly cluster?: string;
  readonly public?: boolean;
  readonly stopped?: true;
};

/** A grant of S3 Access Grants, below the location `default`, which is all of S3. */
export type AccessGrantRow = {
  readonly id: string;
  readonly scope: string;
  readonly permission: string;
  readonly grantee: { readonly type: string; readonly id: string };
  readonly location: string;
  readonly sub: string;
  readonly tags: { readonly [key: string]: string };
};

/** S3's own ids are random; here they follow from the content, so that a grant that is made anew can be compared with the one that was. */
export function grantId({ scope, permission, grantee }: Pick<AccessGrantRow, "scope" | "permission" | "grantee">): string {
  return digestJson({ scope, permission, grantee }).slice(-32);
}
