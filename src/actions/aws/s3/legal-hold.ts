import {
  GetObjectLegalHoldCommand,
  GetObjectLockConfigurationCommand,
  ListObjectVersionsCommand,
  PutObjectLegalHoldCommand,
} from "@aws-sdk/client-s3";
import * as z from "zod";
import { defect, type ResourceRef, type SelectionOf } from "../../../model/index.ts";
import { orAbsent, type ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { onBucket } from "./bucket.ts";

/** A version on which nobody ever put a hold reads as one whose hold was lifted: S3 has no way from the second back to the first. */
type State = { readonly hold: "ON" | "OFF" };
type Place = SelectionOf<"aws.bucket-prefix">;
type Version = { readonly key: string; readonly version: string };

/** Holds that are asked about at once, of the thousand versions that a page lists. */
const SIDE_BY_SIDE = 16;
/** Between a key and the id of its version. */
const VERSION = "?versionId=";

const EXAMPLE = {
  kind: "aws.bucket-prefix",
  tenant: "acme",
  account: "123456789012",
  region: "us-east-1",
  bucket: "acme-data",
  prefix: "tenants/acme/",
  exempt: ["arn:aws:iam::123456789012:role/soc2-er-responder"],
} as const;

export const legalHold = defineAction<"aws.bucket-prefix", Record<string, never>, State>({
  id: "aws.s3.legal-hold",
  title: "Put a legal hold on a tenant's objects, so that nobody can delete or overwrite their versions",
  description:
    "Puts a legal hold on every version of every object under the tenant's prefix, older versions and those behind delete markers included. Nothing is proposed for a bucket without Object Lock: turning that on cannot be undone, and is not done here. A restore lifts the holds that were put on, and no other.",
  containment: "destination",
  blastRadius:
    "whoever deletes versions of the tenant's objects, lifecycle rules and the tenant's own erasure requests included, is refused until the hold is lifted; reading and writing go on as before; whoever may put holds may lift them; a delete without a version still hides an object behind a marker; what is written later is not held",
  targets: ["aws.bucket-prefix"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "s3", operation: "GetObjectLockConfiguration", iam: ["s3:GetBucketObjectLockConfiguration"] },
      { service: "s3", operation: "ListObjectVersions", iam: ["s3:ListBucketVersions"] },
      { service: "s3", operation: "GetObjectLegalHold", iam: ["s3:GetObjectLegalHold"] },
    ],
    write: [{ service: "s3", operation: "PutObjectLegalHold", iam: ["s3:PutObjectLegalHold"] }],
  },
  bound: {
    ms: 10_000,
    source:
      "Amazon S3 User Guide, data consistency model: changes of an object's metadata are strongly consistent; holds are not named and no figure is given, ten seconds are allowed",
  },
  examples: [
    {
      title: "Objects with a hold, an older version, and a version behind a delete marker",
      selection: EXAMPLE,
      params: {},
      changes: [
        changeOf(EXAMPLE, { key: "tenants/acme/invoices.csv", version: "acmeInvoicesVersion00000000000002" }, "ON"),
        changeOf(EXAMPLE, { key: "tenants/acme/invoices.csv", version: "acmeInvoicesVersion00000000000001" }, "OFF"),
        changeOf(EXAMPLE, { key: "tenants/acme/ledger.csv", version: "acmeLedgerVersion0000000000000001" }, "OFF"),
        changeOf(EXAMPLE, { key: "tenants/acme/users.json", version: "acmeUsersVersion00000000000000001" }, "OFF"),
      ],
    },
  ],

  async *plan(scope, selection) {
    if (!(await hasObjectLock(scope, selection))) return;
    for await (const page of pagesOf(scope, selection)) {
      for (let at = 0; at < page.length; at += SIDE_BY_SIDE) {
        const some = page.slice(at, at + SIDE_BY_SIDE);
        const states = await Promise.all(some.map((version) => read(scope, versionOf(selection, version))));
        for (const [index, version] of some.entries())
          yield { ...changeOf(selection, version, states[index]?.hold ?? "OFF"), reversal: { kind: "restore" } };
      }
    }
  },

  read,

  async apply(scope, { resource, after }) {
    if (after === null) return defect("a hold is on or off, and never absent");
    const s3 = await scope.aws("s3", resource);
    await s3.send(new PutObjectLegalHoldCommand({ ...atVersion(resource), LegalHold: { Status: after.hold } }));
  },

  async verify(scope, change, direction) {
    const { hold } = await read(scope, change.resource);
    const wanted = direction === "contain" ? "ON" : change.after?.hold;
    if (hold === wanted) return { verdict: "confirmed", level: "configuration" };
    const detail = direction === "contain" ? "the version is not held" : `the hold is ${hold}, not ${wanted}`;
    return { verdict: "contradicted", level: "configuration", detail };
  },

  async residual(_scope, change) {
    const { Bucket, Key } = atVersion(change.resource);
    return [
      {
        what: `new versions of "${Key}" in bucket "${Bucket}" that are written from now on, and new objects beside it`,
        until: "until another plan holds them",
        why: "a hold is on one version, not on a key or a prefix",
      },
      {
        what: `a delete of "${Key}" that names no version: the object seems to be gone`,
        until: "until the delete marker is removed",
        why: "a marker deletes nothing, and a hold does not refuse it",
      },
    ];
  },
});

/** A version that is gone reads as one that is not held, and a hold put on it is refused as missing. */
async function read(scope: ReadScope, resource: ResourceRef): Promise<State> {
  const s3 = await scope.aws("s3", resource);
  const answer = await orAbsent(() => s3.send(new GetObjectLegalHoldCommand(atVersion(resource))));
  return { hold: answer?.LegalHold?.Status === "ON" ? "ON" : "OFF" };
}

async function hasObjectLock(scope: ReadScope, place: Place): Promise<boolean> {
  const s3 = await scope.aws("s3", place);
  const where = { Bucket: place.bucket, ExpectedBucketOwner: place.account };
  const answer = await orAbsent(() => s3.send(new GetObjectLockConfigurationCommand(where)));
  return answer?.ObjectLockConfiguration?.ObjectLockEnabled === "Enabled";
}

/** One page at a time: a tenant may have more versions than fit into memory. Delete markers are none, and cannot be held. */
async function* pagesOf(scope: ReadScope, place: Place): AsyncGenerator<readonly Version[]> {
  const s3 = await scope.aws("s3", place);
  const where = { Bucket: place.bucket, ExpectedBucketOwner: place.account, Prefix: place.prefix };
  let from: { KeyMarker?: string; VersionIdMarker?: string } = {};
  for (;;) {
    const {
      Versions = [],
      IsTruncated,
      NextKeyMarker,
      NextVersionIdMarker,
    } = await s3.send(new ListObjectVersionsCommand({ ...where, ...from }));
    yield Versions.flatMap(({ Key, VersionId }) =>
      Key === undefined || VersionId === undefined ? [] : [{ key: Key, version: VersionId }],
    );
    if (IsTruncated !== true || NextKeyMarker === undefined) return;
    from = { KeyMarker: NextKeyMarker, ...(NextVersionIdMarker === undefined ? {} : { VersionIdMarker: NextVersionIdMarker }) };
  }
}

function changeOf(place: Place, version: Version, hold: State["hold"]) {
  const resource = versionOf(place, version);
  return {
    key: resource.id,
    resource,
    summary: `put a legal hold on version "${version.version}" of "${version.key}" in bucket "${place.bucket}"`,
    before: { hold },
    after: { hold: "ON" as const },
  };
}

/** `BUCKET/KEY?versionId=VERSION`: a key may have any character, names of buckets have no slash and versions no question mark. */
function versionOf({ account, region, bucket }: Place, { key, version }: Version): ResourceRef {
  return { provider: "aws", type: "s3-object-version", account, region, id: `${bucket}/${key}${VERSION}${version}` };
}

function atVersion(resource: ResourceRef): { Bucket: string; Key: string; VersionId: string; ExpectedBucketOwner: string } {
  const { id } = resource;
  const [slash, mark] = [id.indexOf("/"), id.lastIndexOf(VERSION)];
  const on = onBucket({ ...resource, id: id.slice(0, slash) });
  return { ...on, Key: id.slice(slash + 1, mark), VersionId: id.slice(mark + VERSION.length) };
}
