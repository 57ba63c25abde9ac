import { eks } from "../keys.ts";
import type { AccessEntryRow, ClusterRow } from "../service-rows.ts";
import { ACCOUNT, type EstateRow, INTRUDER, REGION } from "./names.ts";

const POLICIES = "arn:aws:eks::aws:cluster-access-policy";

/** One cluster of each way to let in; `production` lets the intruder in, `batch` its nodes. */
export function clusterRows(): EstateRow[] {
  const user = `arn:aws:iam::${ACCOUNT}:user/${INTRUDER}`;
  return [
    cluster("production", "API"),
    entry("production", {
      principal: user,
      username: user,
      groups: ["on-call"],
      type: "STANDARD",
      tags: { team: "platform" },
      policies: [
        { arn: `${POLICIES}/AmazonEKSClusterAdminPolicy`, scope: "cluster", namespaces: [] },
        { arn: `${POLICIES}/AmazonEKSEditPolicy`, scope: "namespace", namespaces: ["billing", "shop"] },
      ],
    }),
    cluster("batch", "API_AND_CONFIG_MAP"),
    entry("batch", {
      principal: `arn:aws:iam::${ACCOUNT}:role/globex-worker`,
      username: "system:node:{{EC2PrivateDNSName}}",
      groups: ["system:nodes"],
      type: "EC2_LINUX",
      tags: {},
      policies: [],
    }),
    cluster("legacy", "CONFIG_MAP"),
  ];
}

function cluster(name: string, mode: ClusterRow["mode"]): EstateRow {
  const value: ClusterRow = { name, mode };
  return { key: eks.cluster(ACCOUNT, REGION, name), value };
}

function entry(clusterName: string, value: AccessEntryRow): EstateRow {
  return { key: eks.entry(ACCOUNT, REGION, clusterName, value.principal), value };
}
