import type { Config, PrincipalSource } from "../config/index.ts";
import { type Check, ErError, nearestFew, type Selection, type Skipped } from "../model/index.ts";
import { ProviderError, type ReadScope, type ScopeFactory } from "../providers/index.ts";
import { holdsObjects, PLANNER_PERMISSIONS, prefixNames, principalsTagged, usersUnder } from "./directory.ts";
import { Reach } from "./reach.ts";
import { nothingCovers, type Resolved } from "./request.ts";
import { fill, tenantHosts } from "./tenant-hosts.ts";
import { poolAccounts, regionOfPool } from "./user-pools.ts";

/** What stands for a tenant in paths and prefixes must not be a pattern or a path itself. */
const TENANT_NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$/;

/** The places that a tenant's name stands for. Errors: `unknown-tenant`. */
export async function resolveTenant(name: string, config: Config, scopes: ScopeFactory): Promise<readonly Selection[]> {
  const reach = new Reach();
  const { selections } = await findTenant(name, config, scopes.read(PLANNER_PERMISSIONS), reach);
  reach.refuseIfLost();
  return selections;
}

/** The tenants of the organization's file; without a list there, those that have objects in the configured buckets. */
export async function tenantNames(config: Config, scopes: ScopeFactory): Promise<string[]> {
  if (config.tenancy.tenants) return [...config.tenancy.tenants].sort();
  const scope = scopes.read(PLANNER_PERMISSIONS);
  const names = await Promise.all(config.tenancy.s3.map((place) => prefixNames(scope, place)));
  return [...new Set(names.flat())].filter((name) => TENANT_NAME.test(name)).sort();
}

export async function findTenant(name: string, config: Config, scope: ReadScope, reach: Reach): Promise<Resolved> {
  checkName(name, config);
  const names = tenantHosts(name, config);
  const [objects, principals] = await Promise.all([
    findObjects(name, config, scope, reach),
    findPrincipals(name, config, scope, reach),
  ]);
  return {
    selections: [
      ...prefixesOf(name, config),
      ...secretsOf(name, config),
      ...itemsOf(name, config),
      ...taggedOf("aws.tagged-instances", name, config),
      ...taggedOf("aws.tagged-databases", name, config),
      ...hostSubnetsOf(name, config),
      ...keysOf(name, config),
      ...names.selections,
      ...principals.selections,
    ],
    skipped: [...principals.skipped, ...uncovered(name, config), ...names.skipped],
    checks: [...objects.checks, ...itemsUnseen(config)],
    owners: new Map(),
    evidence: principals.selections.length > 0 ? "found" : withUnseen(objects.evidence, name, config),
  };
}

function checkName(name: string, config: Config): void {
  const { tenancy } = config;
  const { s3, secrets, dynamodb, principals, kms, postgres } = tenancy;
  const places = [s3, secrets, dynamodb, principals, kms, postgres].reduce((sum, part) => sum + part.length, 0);
  if (tenancy.tag === undefined && places === 0) {
    throw new ErError("config-part-missing", "the configuration does not say how a tenant's resources are found", {
      hints: [`add tenancy to ${config.source}: a tag, s3 prefixes, principals`],
    });
  }
  const known = tenancy.tenants;
  if (TENANT_NAME.test(name) && (known === undefined || known.includes(name))) return;
  const near = nearestFew(name, known ?? []);
  throw new ErError("unknown-tenant", `unknown tenant "${name}"`, {
    hints: near.length > 0 ? near.map((other) => `did you mean "${other}"?`) : ["soc2-er tenant list"],
    detail: { nearest: near },
  });
}

function prefixesOf(tenant: string, config: Config): Selection[] {
  return config.tenancy.s3.map(({ account, region, bucket, prefix }) => ({
    kind: "aws.bucket-prefix",
    tenant,
    account,
    region,
    bucket,
    prefix: prefix.replaceAll("{tenant}", tenant),
    exempt: config.responders,
  }));
}

function secretsOf(tenant: string, config: Config): Selection[] {
  return config.tenancy.secrets.map(({ account, region, name }) => ({
    kind: "aws.secret",
    tenant,
    account,
    region,
    name: fill(name, tenant),
    exempt: config.responders,
  }));
}

/** A table is one place, however many keys of it are the tenant's: its policy is one document. */
function itemsOf(tenant: string, config: Config): Selection[] {
  const tables = Map.groupBy(config.tenancy.dynamodb, ({ account, region, table }) => `${account} ${region} ${table}`);
  return [...tables.values()].flatMap((places) => {
    const [first] = places;
    if (first === undefined) return [];
    const { account, region, table } = first;
    const leadingKeys = [...new Set(places.map(({ leadingKey }) => fill(leadingKey, tenant)))].sort();
    return [{ kind: "aws.dynamodb-items" as const, tenant, account, region, table, leadingKeys, exempt: config.responders }];
  });
}

/**
 * Nobody reads a tenant's items to find out whether there are any: a tenant without objects may still have some. One whose name the
 * file lists may have no more than a host name.
 */
function withUnseen(evidence: Resolved["evidence"], tenant: string, config: Config): Resolved["evidence"] {
  const { dynamodb, tenants } = config.tenancy;
  const named = tenants?.includes(tenant) === true && tenantHosts(tenant, config).selections.length > 0;
  return evidence === "none" && (dynamodb.length > 0 || named) ? "unknown" : evidence;
}

function itemsUnseen(config: Config): Check[] {
  const tables = [...new Set(config.tenancy.dynamodb.map(({ table }) => table))];
  return tables.map((table) => ({
    id: `items:${table}`,
    level: "offline",
    status: "not-checkable",
    detail: "not looked whether the table holds items of the tenant; what is written there later is covered too",
  }));
}

/** Nobody looks for them here: a plan without a step for databases asks nothing about any. */
function taggedOf(kind: "aws.tagged-instances" | "aws.tagged-databases", tenant: string, config: Config): Selection[] {
  const { quarantineGroup } = config.policy;
  return taggedPlaces(tenant, config).map((place) => ({ kind, ...place, quarantineGroup }));
}

function hostSubnetsOf(tenant: string, config: Config): Selection[] {
  const { lockdownAcl } = config.policy;
  const { responderNetworks } = config;
  return taggedPlaces(tenant, config).map((place) => ({
    kind: "aws.host-subnets",
    ...place,
    lockdownAcl,
    responderNetworks,
  }));
}

function taggedPlaces(tenant: string, { tenancy, providers }: Config) {
  const key = tenancy.tag;
  if (key === undefined) return [];
  return (providers.aws?.accounts ?? []).flatMap(({ id: account, regions }) =>
    regions.map((region) => ({ tenant, account, region, tag: { key, value: tenant } })),
  );
}

function keysOf(tenant: string, config: Config): Selection[] {
  return config.tenancy.kms.map(({ account, region, alias }) => ({
    kind: "aws.kms-key",
    tenant,
    account,
    region,
    alias: fill(alias.startsWith("alias/") ? alias : `alias/${alias}`, tenant),
    exempt: config.responders,
  }));
}

async function findObjects(
  tenant: string,
  config: Config,
  scope: ReadScope,
  reach: Reach,
): Promise<Pick<Resolved, "checks" | "evidence">> {
  const looks = await Promise.all(
    config.tenancy.s3.map(async (place): Promise<{ found: boolean | null; check?: Check }> => {
      const prefix = place.prefix.replaceAll("{tenant}", tenant);
      const id = `objects:${place.bucket}/${prefix}`;
      const seen = await reach.look(place.account, () => holdsObjects(scope, place, prefix).catch(deniedOnly));
      if (seen === null) return { found: null };
      if (seen === "denied") {
        const detail = "not allowed to list the prefix";
        return { found: null, check: { id, level: "read-only", status: "not-checkable", detail } };
      }
      const detail = seen
        ? "the prefix holds objects"
        : "the prefix holds no objects; what is written there later is covered too";
      return { found: seen, check: { id, level: "read-only", status: "passed", detail } };
    }),
  );
  const evidence = looks.some(({ found }) => found) ? "found" : looks.some(({ found }) => found === null) ? "unknown" : "none";
  return { checks: looks.flatMap(({ check }) => check ?? []), evidence };
}

/** Who may not list may still deny: it is no trouble of the account's. */
function deniedOnly(error: unknown): "denied" {
  if (error instanceof ProviderError && error.kind === "denied") return "denied";
  throw error;
}

type FoundPrincipals = { readonly selections: readonly Selection[]; readonly skipped: readonly Skipped[] };

async function findPrincipals(tenant: string, config: Config, scope: ReadScope, reach: Reach): Promise<FoundPrincipals> {
  const found = await Promise.all(config.tenancy.principals.map((source) => fromSource(source, tenant, config, scope, reach)));
  return { selections: found.flatMap(({ selections }) => selections), skipped: found.flatMap(({ skipped }) => skipped) };
}

async function fromSource(
  source: PrincipalSource,
  tenant: string,
  config: Config,
  scope: ReadScope,
  reach: Reach,
): Promise<FoundPrincipals> {
  if (source.kind === "okta-group")
    return { selections: [], skipped: [nothingCovers(`Okta group "${fill(source.group, tenant)}"`)] };
  if (source.kind === "cognito-group") return { selections: cognitoGroup(source, tenant, config), skipped: [] };
  const accounts = source.account === undefined ? (config.providers.aws?.accounts ?? []).map(({ id }) => id) : [source.account];
  const looks = accounts.map((account) => reach.look(account, () => inAccount(source, tenant, account, scope)));
  const found = (await Promise.all(looks)).flatMap((one) => one ?? []);
  return { selections: found.flatMap(({ selections }) => selections), skipped: found.flatMap(({ skipped }) => skipped) };
}

/** Not looked for here: a plan that touches no pool needs no permission for it. */
function cognitoGroup(
  { group, pool, account }: Extract<PrincipalSource, { kind: "cognito-group" }>,
  tenant: string,
  config: Config,
): Selection[] {
  return poolAccounts({ pool, account }, config).map((owner) => ({
    kind: "aws.cognito-group",
    tenant,
    account: owner,
    region: regionOfPool(pool),
    pool,
    group: fill(group, tenant),
  }));
}

type IamSource = Extract<PrincipalSource, { kind: "aws-user-path" | "aws-tag" }>;

async function inAccount(source: IamSource, tenant: string, account: string, scope: ReadScope): Promise<FoundPrincipals> {
  if (source.kind === "aws-user-path") {
    const names = await usersUnder(scope, account, fill(source.path, tenant));
    return { selections: names.map((name) => ({ kind: "aws.user", account, name })), skipped: [] };
  }
  const tagged = await principalsTagged(scope, account, source.key, tenant);
  const linked = tagged.filter(({ path }) => path.startsWith("/aws-service-role/"));
  return {
    selections: tagged
      .filter((principal) => !linked.includes(principal))
      .map(({ kind, name }) => ({ kind: kind === "user" ? "aws.user" : "aws.role", account, name })),
    skipped: linked.map(({ name }) => nothingCovers(`service-linked role "${name}"`)),
  };
}

/** What the file says belongs to a tenant and nothing here reaches: said in every plan, so that nobody takes it for contained. */
function uncovered(tenant: string, config: Config): Skipped[] {
  const { postgres, lockdown } = config.tenancy;
  return [
    ...postgres.map(({ database, schema }) => nothingCovers(`schema "${fill(schema, tenant)}" of database "${database}"`)),
    ...lockdown.map(({ url }) => nothingCovers(`the application behind ${url}`)),
  ];
}
