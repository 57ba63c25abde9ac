import { accountOf, type Config, subscriptionOf } from "../config/index.ts";
import { ErError, type Selection, type Skipped, type Target } from "../model/index.ts";
import type { ReadScope } from "../providers/index.ts";
import { findWalls } from "./cidrs.ts";
import { clusterPrincipals } from "./clusters.ts";
import { findEntrance } from "./entrances.ts";
import { placesAbove } from "./from-above.ts";
import { findPrincipalTargets } from "./principals.ts";
import { placeOf, type Reach } from "./reach.ts";
import { type PlanDeps, type Resolved, selectionKey } from "./request.ts";
import { findTenant } from "./tenant.ts";

export type Narrowing = { readonly account?: string; readonly region?: string };

/** From what the operator named to where it is, by the organization's file; narrowed, without duplicates, in a fixed order. */
export async function resolveTarget(
  target: Target,
  config: Config,
  scope: ReadScope,
  narrowing: Narrowing,
  reach: Reach,
  onProgress?: PlanDeps["onProgress"],
): Promise<Resolved> {
  const place = narrowing.account === undefined ? null : placeNamed(narrowing.account, config);
  const found = await find(target, config, scope, place?.aws ? place.id : undefined, reach, onProgress);
  const byKey = new Map(found.selections.map((selection) => [selectionKey(selection), selection]));
  const all = [...byKey].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, selection]) => selection);
  const kept = all.filter((selection) => inside(selection, place?.id, narrowing.region));
  const left = all.length - kept.length;
  const said = [narrowing.account && `account ${narrowing.account}`, narrowing.region && `Region ${narrowing.region}`]
    .filter(Boolean)
    .join(", ");
  const narrowed: Skipped[] =
    left === 0 ? [] : [{ resource: null, reason: `${left} of ${all.length} places are left out: narrowed to ${said}` }];
  return {
    ...found,
    selections: [...kept, ...clusterPrincipals(kept, config, narrowing.region), ...placesAbove(kept, config)],
    skipped: [...found.skipped, ...narrowed],
  };
}

async function find(
  target: Target,
  config: Config,
  scope: ReadScope,
  account: string | undefined,
  reach: Reach,
  onProgress: PlanDeps["onProgress"],
): Promise<Resolved> {
  switch (target.kind) {
    case "tenant":
      return await findTenant(target.name, config, scope, reach);
    case "cidrs":
      return findWalls(target.cidrs, config);
    case "principals":
      return await findPrincipalTargets(target.principals, config, scope, account, reach, onProgress);
    case "entrance":
      return findEntrance(target.name, config);
  }
}

/** An AWS account and an Azure subscription may have one name: the account wins, and an id is never ambiguous. */
function placeNamed(nameOrId: string, config: Config): { id: string; aws: boolean } {
  const accounts = config.providers.aws?.accounts ?? [];
  if (accounts.some(({ id, name }) => id === nameOrId || name === nameOrId))
    return { id: accountOf(config, nameOrId).id, aws: true };
  const subscriptions = config.providers.azure?.subscriptions ?? [];
  if (subscriptions.some(({ id, name }) => id === nameOrId || name === nameOrId))
    return { id: subscriptionOf(config, nameOrId).id, aws: false };
  throw new ErError("usage", `unknown account "${nameOrId}"`, {
    hints: [`known are ${[...accounts, ...subscriptions].map(({ name, id }) => `${name} (${id})`).join(", ")}`],
  });
}

function inside(selection: Selection, place: string | undefined, region: string | undefined): boolean {
  if (place !== undefined && placeOf(selection) !== place) return false;
  return region === undefined || !("region" in selection) || selection.region === region;
}

/** How a selection is spoken of. */
export function saySelection(selection: Selection): string {
  switch (selection.kind) {
    case "aws.bucket-prefix":
      return `${selection.bucket}/${selection.prefix}`;
    case "aws.secret":
      return `secret ${selection.name}${selection.name.endsWith("/") ? "…" : ""} in ${selection.account} ${selection.region}`;
    case "aws.dynamodb-items":
      return `items ${selection.leadingKeys.map((key) => `"${key}"`).join(", ")} of table ${selection.table}`;
    case "aws.tagged-instances":
      return `instances tagged ${selection.tag.key}=${selection.tag.value} in ${selection.account} ${selection.region}`;
    case "aws.host-subnets":
      return `subnets of hosts tagged ${selection.tag.key}=${selection.tag.value} in ${selection.account} ${selection.region}`;
    case "aws.tagged-databases":
      return `databases tagged ${selection.tag.key}=${selection.tag.value} in ${selection.account} ${selection.region}`;
    case "aws.kms-key":
      return `KMS key "${selection.alias}" in ${selection.account} ${selection.region}`;
    case "aws.network-acls":
      return `network ACLs of "${selection.entrance}"`;
    case "aws.entrance-subnets":
      return `subnets of "${selection.entrance}"`;
    case "aws.region-internet":
      return `internet gateways of ${selection.account} ${selection.region}, where "${selection.entrance}" is`;
    case "aws.prefix-lists":
      return `prefix lists of "${selection.entrance}"`;
    case "aws.load-balancers":
      return `load balancers of "${selection.entrance}"`;
    case "aws.tenant-hosts":
      return `the entrance of "${selection.host}" at load balancers of "${selection.entrance}"`;
    case "aws.waf-ip-sets":
      return `WAF IP sets of "${selection.entrance}"`;
    case "aws.network-firewall":
      return `network firewall of "${selection.entrance}"`;
    case "aws.web-acl":
      return `web ACL "${selection.name}" of "${selection.entrance}"`;
    case "aws.web-acl-ruleset":
      return `rule group "${selection.ruleGroup}" in web ACL "${selection.name}" of "${selection.entrance}"`;
    case "aws.distribution":
      return `distribution ${selection.id} of "${selection.entrance}"`;
    case "aws.distribution-web-acl":
      return `web ACL of distribution ${selection.id} of "${selection.entrance}"`;
    case "azure.nsgs":
      return `network security groups of "${selection.entrance}"`;
    case "aws.cognito-user":
      return `cognito:user/${selection.pool}/${selection.name} in ${selection.account}`;
    case "aws.cognito-group":
      return `Cognito group "${selection.group}" of pool ${selection.pool} in ${selection.account}`;
    case "aws.cluster-principal": {
      const { principal, name, account, region } = selection;
      return `clusters of aws:${principal}/${name} in ${account} ${region}`;
    }
    case "aws.sso-user":
      return `aws:sso-user/${selection.name} of Identity Center in ${selection.account}`;
    case "aws.user":
      return `aws:user/${selection.name} in ${selection.account}`;
    case "aws.role":
      return `aws:role/${selection.name} in ${selection.account}`;
    case "aws.session":
      return `aws:${selection.by === "name" ? "session" : "source-identity"}/${selection.role}/${selection.session} in ${selection.account}`;
    case "aws.member-account":
      return `aws:account/${selection.member}`;
    case "aws.organization-principals":
      return selection.principals.map(({ account, kind, name }) => `aws:${kind}/${name} in ${account}`).join(", ");
    case "aws.access-key":
      return `aws:key/${selection.accessKeyId} in ${selection.account}`;
  }
}
