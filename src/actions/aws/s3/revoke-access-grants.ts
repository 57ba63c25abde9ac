import {
  CreateAccessGrantCommand,
  DeleteAccessGrantCommand,
  type GranteeType,
  type ListAccessGrantEntry,
  ListAccessGrantsCommand,
  ListTagsForResourceCommand,
  type Permission,
  type S3ControlClient,
} from "@aws-sdk/client-s3-control";
import * as z from "zod";
import { canonicalize, compact, type Merge, type ResourceRef, type SelectionOf, sameJson } from "../../../model/index.ts";
import { everyPage, orAbsent, type ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";

/** What a grant has to be made of again; its id is another one then. `sub` is the part of its scope below the location. */
type Grant = {
  readonly scope: string;
  readonly permission: string;
  readonly grantee: { readonly type: string; readonly id: string };
  readonly location: string;
  readonly sub?: string;
  readonly application?: string;
  readonly tags: { readonly [key: string]: string };
};
/** All grants within a prefix, in one order. */
type State = { readonly grants: readonly Grant[] };
type Selection = SelectionOf<"aws.bucket-prefix">;
type Client = Pick<S3ControlClient, "send">;
type Found = { readonly id: string; readonly grant: Grant };

const EXAMPLE: Selection = {
  kind: "aws.bucket-prefix",
  tenant: "acme",
  account: "123456789012",
  region: "us-east-1",
  bucket: "acme-data",
  prefix: "tenants/acme/",
  exempt: ["arn:aws:iam::123456789012:role/soc2-er-responder"],
};
const EXAMPLE_GRANT: Grant = {
  scope: "s3://acme-data/tenants/acme/*",
  permission: "READ",
  grantee: { type: "IAM", id: "arn:aws:iam::123456789012:user/acme-portal" },
  location: "default",
  sub: "acme-data/tenants/acme/*",
  tags: { team: "portal" },
};

export const revokeAccessGrants = defineAction<"aws.bucket-prefix", Record<string, never>, State>({
  id: "aws.s3.revoke-access-grants",
  title: "Revoke S3 Access Grants on a tenant's objects",
  description:
    "Deletes every grant of S3 Access Grants whose scope lies within the tenant's prefix: nobody gets new credentials by it. AWS keeps nothing of a deleted grant; a rollback makes it anew, with the same grantee, permission, location, application and tags, and another id. Grants that reach beyond the prefix are left as they are, and the plan names them.",
  containment: "access",
  blastRadius:
    "whoever gets at the tenant's objects through Access Grants, people of the directory and applications, is refused new credentials; those that were handed out live on for up to 12 hours; access by policies, and grants on more than this tenant's prefix, are not stopped; what names a grant by its id does not find it after a rollback",
  targets: ["aws.bucket-prefix"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "s3control", operation: "ListAccessGrants", iam: ["s3:ListAccessGrants"] },
      { service: "s3control", operation: "ListTagsForResource", iam: ["s3:ListTagsForResource"] },
    ],
    write: [
      { service: "s3control", operation: "DeleteAccessGrant", iam: ["s3:DeleteAccessGrant"] },
      { service: "s3control", operation: "CreateAccessGrant", iam: ["s3:CreateAccessGrant", "s3:TagResource"] },
    ],
  },
  bound: {
    ms: 60_000,
    source: "assumed: the Amazon S3 User Guide gives no figure for the deletion of a grant",
  },
  examples: [
    {
      title: "A tenant with one grant of its own",
      selection: EXAMPLE,
      params: {},
      changes: [
        {
          key: "acme-data/tenants/acme/",
          resource: grantsRef(EXAMPLE),
          summary: say(EXAMPLE, 1),
          before: { grants: [EXAMPLE_GRANT] },
          after: { grants: [] },
        },
      ],
    },
  ],

  async *plan(scope, selection) {
    const resource = grantsRef(selection);
    const before = await read(scope, resource);
    yield {
      key: resource.id,
      resource,
      summary: say(selection, before.grants.length),
      before,
      after: { grants: [] },
      reversal: { kind: "compensate", how: "the grants are made anew, as they were, with other ids" },
    };
  },

  async leaves(scope, selection) {
    const own = scopeOf(grantsRef(selection));
    const entries = await entriesOf(await clientOf(scope, selection), selection.account);
    const wider = entries.filter(({ GrantScope = "" }) => GrantScope.endsWith("*") && own.startsWith(GrantScope.slice(0, -1)));
    return wider
      .filter(({ GrantScope = "" }) => !GrantScope.startsWith(own))
      .map(({ GrantScope, Grantee, Permission }) => ({
        resource: grantsRef(selection),
        reason: `the grant of ${Permission} on ${GrantScope} to ${Grantee?.GranteeIdentifier} reaches beyond the prefix: it stays`,
      }));
  },

  denies: ({ before }, { account }) =>
    (before?.grants ?? []).map(({ grantee, permission, scope }) => {
      return { principal: grantee.id, account, what: `new credentials by the grant of ${permission} on ${scope}` };
    }),

  read,

  // Whatever is deleted first is one less; a beginning is put back with the rest.
  async apply(scope, { resource, after }) {
    const client = await clientOf(scope, resource);
    const AccountId = resource.account;
    const wanted = new Map((after?.grants ?? []).map((grant) => [canonicalize(grant), grant]));
    const found = await grantsIn(client, resource);
    for (const { id } of found.filter((one) => !wanted.has(canonicalize(one.grant))))
      await client.send(new DeleteAccessGrantCommand({ AccountId, AccessGrantId: id }));
    for (const { grant } of found) wanted.delete(canonicalize(grant));
    for (const grant of wanted.values()) await client.send(new CreateAccessGrantCommand({ AccountId, ...inputOf(grant) }));
  },

  async verify(scope, { resource, after }, direction) {
    const now = await read(scope, resource);
    const inPlace = direction === "contain" ? now.grants.length === 0 : sameJson(now, after);
    if (inPlace) return { verdict: "confirmed", level: "configuration" };
    const detail = `it has ${now.grants.length} grants: ${now.grants.map(({ grantee, scope: on }) => `${grantee.id} on ${on}`).join("; ")}`;
    return { verdict: "contradicted", level: "configuration", detail };
  },

  /** What others granted since stays; ours are made again where nobody else holds the prefix. */
  merge(base, _change, now, held): Merge<State> {
    if (now === null || held.length > 0) return { state: now };
    return { state: sorted([...now.grants, ...(base?.grants ?? [])]) };
  },

  async residual(_scope, { resource }) {
    return [
      {
        what: `credentials that S3 Access Grants handed out for s3://${resource.id}`,
        until: "until they expire, between 15 minutes and 12 hours after their issue",
        why: "a grant is asked when they are issued and not when they are used: a denial in the bucket's policy stops them (soc2-er isolate tenant)",
      },
      {
        what: `whoever may make grants on s3://${resource.id} (s3:CreateAccessGrant)`,
        until: "until that permission is denied to them",
        why: "a grant that is gone may be made again",
      },
    ];
  },
});

async function read(scope: ReadScope, resource: ResourceRef): Promise<State> {
  const found = await grantsIn(await clientOf(scope, resource), resource);
  return sorted(found.map(({ grant }) => grant));
}

function clientOf(scope: ReadScope, { account, region }: Pick<ResourceRef, "account" | "region">): Promise<Client> {
  return scope.aws("s3control", { account, region });
}

/** Those of all buckets. Where an account does not use Access Grants there are none. */
async function entriesOf(client: Client, account: string): Promise<ListAccessGrantEntry[]> {
  return everyPage(
    (from) => orAbsent(() => client.send(new ListAccessGrantsCommand(compact({ AccountId: account, NextToken: from })))),
    ({ AccessGrantsList }) => AccessGrantsList,
  );
}

async function grantsIn(client: Client, resource: ResourceRef): Promise<Found[]> {
  const entries = await entriesOf(client, resource.account);
  const own = entries.filter(({ GrantScope = "" }) => GrantScope.startsWith(scopeOf(resource)));
  return Promise.all(
    own.map(async (entry) => {
      const about = { AccountId: resource.account, ResourceArn: entry.AccessGrantArn };
      const { Tags = [] } = await client.send(new ListTagsForResourceCommand(about));
      const tags = Object.fromEntries(Tags.map(({ Key = "", Value = "" }) => [Key, Value]));
      return { id: entry.AccessGrantId ?? "", grant: grantOf(entry, tags) };
    }),
  );
}

function grantOf(entry: ListAccessGrantEntry, tags: Grant["tags"]): Grant {
  return compact({
    scope: entry.GrantScope ?? "",
    permission: entry.Permission ?? "",
    grantee: { type: entry.Grantee?.GranteeType ?? "", id: entry.Grantee?.GranteeIdentifier ?? "" },
    location: entry.AccessGrantsLocationId ?? "",
    sub: entry.AccessGrantsLocationConfiguration?.S3SubPrefix,
    application: entry.ApplicationArn,
    tags,
  });
}

function inputOf({ scope, permission, grantee, location, sub, application, tags }: Grant) {
  return compact({
    AccessGrantsLocationId: location,
    AccessGrantsLocationConfiguration: sub === undefined ? undefined : { S3SubPrefix: sub },
    Grantee: { GranteeType: grantee.type as GranteeType, GranteeIdentifier: grantee.id },
    Permission: permission as Permission,
    ApplicationArn: application,
    S3PrefixType: scope.endsWith("*") ? undefined : ("Object" as const),
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  });
}

/** No grant twice. */
function sorted(grants: readonly Grant[]): State {
  const byText = new Map(grants.map((grant) => [canonicalize(grant), grant]));
  return { grants: [...byText].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, grant]) => grant) };
}

function grantsRef({ account, region, bucket, prefix }: Selection): ResourceRef {
  return { provider: "aws", type: "s3-access-grants", account, region, id: `${bucket}/${prefix}` };
}

function scopeOf({ id }: ResourceRef): string {
  return `s3://${id}`;
}

function say({ bucket, prefix, tenant }: Selection, count: number): string {
  const where = `within ${bucket}/${prefix} of tenant "${tenant}"`;
  if (count === 0) return `hold S3 Access Grants ${where} at none`;
  return `delete ${count === 1 ? "the grant" : `the ${count} grants`} of S3 Access Grants ${where}`;
}
