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
