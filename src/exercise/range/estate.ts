import { accessGrantRows } from "./estate/access-grants.ts";
import { attackerRows } from "./estate/attacker.ts";
import { balancerRows } from "./estate/balancers.ts";
import { clusterRows } from "./estate/clusters.ts";
import { cognitoRows } from "./estate/cognito.ts";
import { dataRows } from "./estate/data.ts";
import { databaseRows } from "./estate/databases.ts";
import { distributionRows } from "./estate/distributions.ts";
import { firewallRows } from "./estate/firewall.ts";
import { identityRows } from "./estate/identity.ts";
import { identityCenterRows } from "./estate/identity-center.ts";
import { keyedRows } from "./estate/keyed.ts";
import type { EstateRow } from "./estate/names.ts";
import { networkRows } from "./estate/network.ts";
import { organizationRows } from "./estate/organization.ts";
import { serviceRows } from "./estate/services.ts";
import { webAclRows } from "./estate/web-acls.ts";

export * from "./estate/names.ts";

/** Everything that exists in the embedded estate (AWS part) when its world begins at `now`. */
export function estateRows(now: number): readonly EstateRow[] {
  return [
    ...identityRows(),
    ...dataRows(),
    ...keyedRows(),
    ...networkRows(),
    ...firewallRows(),
    ...cognitoRows(),
    ...webAclRows(),
    ...identityCenterRows(),
    ...distributionRows(),
    ...balancerRows(),
    ...organizationRows(),
    ...serviceRows(),
    ...databaseRows(),
    ...accessGrantRows(),
    ...clusterRows(),
    ...attackerRows(now),
  ];
}
