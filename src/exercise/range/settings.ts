import type { Transaction } from "./world.ts";

/** What an attacker feels later than an administrator reads it. */
export type Control =
  | "iam"
  | "bucket-policy"
  | "key-policy"
  | "object"
  | "instance"
  | "auto-scaling"
  | "load-balancer-target"
  | "listener-rule"
  | "database"
  | "network-acl"
  | "security-group"
  | "waf"
  | "network-firewall"
  | "internet-gateway"
  | "cloudfront"
  | "nsg"
  | "secret-policy"
  | "rotation"
  | "table-policy"
  | "trail"
  | "user-pool"
  | "identity-center"
  | "control-policy"
  | "cluster-access";
export type Delays = { readonly [control in Control]: number };

/** World milliseconds from a write to its effect, as third parties measured them on AWS, for internet gateways, keys of KMS, user pools, Identity Center, clusters and the organization's policies a guess; settable per world. */
export const DEFAULT_DELAYS: Delays = {
  iam: 4_000,
  "bucket-policy": 1_500,
  "key-policy": 2_000,
  object: 0,
  instance: 0,
  "auto-scaling": 2_000,
  "load-balancer-target": 1_000,
  "listener-rule": 1_000,
  database: 3_000,
  "network-acl": 500,
  "security-group": 1_000,
  waf: 6_000,
  "network-firewall": 3_000,
  "internet-gateway": 4_000,
  cloudfront: 5_000,
  nsg: 3_000,
  "secret-policy": 2_000,
  rotation: 3_000,
  "table-policy": 3_000,
  // CloudTrail has an event about five minutes after the call, on average.
  trail: 300_000,
  "user-pool": 500,
  "identity-center": 1_500,
  "control-policy": 4_000,
  "cluster-access": 2_000,
};

export function delaysOf(tx: Transaction): Delays {
  return { ...DEFAULT_DELAYS, ...tx.setting<Partial<Delays>>("delays") };
}

export function setDelays(tx: Transaction, delays: Partial<Delays>): void {
  tx.set("delays", { ...delaysOf(tx), ...delays });
}

/** The longest page that any list answers, to make paging visible in a small world; null = the service's own. */
export function pageLimitOf(tx: Transaction): number | null {
  return tx.setting<number>("pageLimit");
}
