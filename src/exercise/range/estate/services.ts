import { autoscaling, elbv2 } from "../keys.ts";
import type { AutoScalingGroupRow, MemberRow, TargetGroupRow } from "../service-rows.ts";
import { ACCOUNT, type EstateRow, REGION, VPC } from "./names.ts";

const WEB = "acme-web/0a1b2c3d4e5f6a71";

/** What the tenants' hosts serve: load balancers' target groups, and the groups that keep them running, globex's at its minimum. */
export function serviceRows(): EstateRow[] {
  return [
    ...scalingGroup({ name: "acme-web", min: 0, max: 2, desired: 2, targetGroups: [WEB] }, ["i-0acme01", "i-0acme02"]),
    ...scalingGroup({ name: "globex-web", min: 1, max: 1, desired: 1, targetGroups: [WEB] }, ["i-0globex01"]),
    targetGroup("acme-api/0a1b2c3d4e5f6a70", "ip", 8080, ["10.0.1.21"]),
    targetGroup(WEB, "instance", 443, ["i-0acme01", "i-0acme02", "i-0globex01"]),
  ];
}

function scalingGroup(group: AutoScalingGroupRow, instances: string[]): EstateRow[] {
  const members = instances.map((instance): EstateRow => {
    const value: MemberRow = { instance, group: group.name, lifecycle: "InService" };
    return { key: autoscaling.member(ACCOUNT, REGION, instance), value };
  });
  return [{ key: autoscaling.group(ACCOUNT, REGION, group.name), value: group }, ...members];
}

function targetGroup(id: string, type: TargetGroupRow["type"], port: number, targets: string[]): EstateRow {
  const value: TargetGroupRow = { id, type, vpc: VPC, port, targets: targets.map((target) => ({ id: target, port })) };
  return { key: elbv2.targetGroup(ACCOUNT, REGION, id), value };
}
