import type * as S3 from "@aws-sdk/client-s3";
import { defect } from "../../../model/index.ts";
import { s3 } from "../keys.ts";
import type { BucketRow, HoldRow, ObjectRow, VersionRow } from "../rows.ts";
import { AwsFault } from "./fault.ts";
import { type Call, type Operation, operation } from "./operation.ts";
import { bucketArn, bucketOf } from "./s3-place.ts";
import { factsOf } from "./s3-stored.ts";

type OnVersion = {
  Bucket?: string | undefined;
  Key?: string | undefined;
  VersionId?: string | undefined;
  ExpectedBucketOwner?: string | undefined;
};

const objectArn = (call: Call<OnVersion>) => `arn:aws:s3:::${call.input.Bucket}/${call.input.Key}`;

/** What was written before versioning has this name. */
const UNVERSIONED = "null";

type Entry = { readonly key: string; readonly version: string; readonly row: VersionRow; readonly latest: boolean };

/** By key, and of one key the newest first, as S3 lists them. */
function entriesOf({ tx, account }: Call, bucket: string, prefix: string): Entry[] {
  const current = tx.list<ObjectRow>(s3.object(account, bucket, prefix)).map(({ value }) => value);
  const older = tx.list<VersionRow>(s3.version(account, bucket, prefix)).map(({ value }) => value);
  const newestFirst = older.toSorted((left, right) => compare(right.modified, left.modified));
  const shown = new Set<string>();
  return [...current, ...newestFirst]
    .map((row) => {
      const latest = !shown.has(row.key);
      shown.add(row.key);
      return { key: row.key, version: row.version ?? UNVERSIONED, row, latest };
    })
    .toSorted((left, right) => compare(left.key, right.key));
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function list(call: Call<S3.ListObjectVersionsCommandInput>): Omit<S3.ListObjectVersionsCommandOutput, "$metadata"> {
  const { Prefix = "", Delimiter, KeyMarker, VersionIdMarker, MaxKeys } = call.input;
  if (Delimiter !== undefined) return defect("the range lists versions without a delimiter");
  const { name } = bucketOf(call);
  const all = entriesOf(call, name, Prefix);
  const at = all.findIndex(({ key, version }) => key === KeyMarker && version === VersionIdMarker);
  const rest = at >= 0 ? all.slice(at + 1) : all.filter(({ key }) => KeyMarker === undefined || key > KeyMarker);
  const page = rest.slice(0, call.pageSize(MaxKeys, 1000));
  const more = rest.length > page.length;
  const last = page.at(-1);
  const objects = page.flatMap(({ row, ...entry }) => (row.marker === true ? [] : [{ ...entry, row }]));
  const markers = page.filter(({ row }) => row.marker === true);
  const said = ({ key, version, latest, row }: Entry) => ({
    Key: key,
    VersionId: version,
    IsLatest: latest,
    LastModified: new Date(row.modified),
  });
  return {
    Name: name,
    Prefix,
    KeyMarker: KeyMarker ?? "",
    VersionIdMarker: VersionIdMarker ?? "",
    MaxKeys: MaxKeys ?? 1000,
    IsTruncated: more,
    ...(more && last !== undefined ? { NextKeyMarker: last.key, NextVersionIdMarker: last.version } : {}),
    ...(objects.length === 0
      ? {}
      : {
          Versions: objects.map(({ row, ...entry }) => {
            const { ContentLength, ETag } = factsOf(row);
            return { ...said({ ...entry, row }), Size: ContentLength, ETag, StorageClass: "STANDARD" as const };
          }),
        }),
    ...(markers.length === 0 ? {} : { DeleteMarkers: markers.map(said) }),
  };
}

/** The key of a hold. Errors: NoSuchKey, NoSuchVersion, MethodNotAllowed on a delete marker, InvalidRequest without Object Lock. */
function heldAt(call: Call<OnVersion>): string {
  const { Key = "", VersionId } = call.input;
  const { name, objectLock = false }: BucketRow = bucketOf(call);
  if (!objectLock) throw new AwsFault("InvalidRequest", 400, "Bucket is missing Object Lock Configuration");
  const found = entriesOf(call, name, Key).find(
    ({ key, version, latest }) => key === Key && (VersionId === undefined ? latest : version === VersionId),
  );
  if (found === undefined)
    throw VersionId === undefined
      ? new AwsFault("NoSuchKey", 404, "The specified key does not exist.")
      : new AwsFault("NoSuchVersion", 404, "The specified version does not exist.");
  if (found.row.marker === true)
    throw new AwsFault("MethodNotAllowed", 405, "The specified method is not allowed against this resource.");
  return s3.hold(call.account, name, Key, found.version);
}

export const s3VersionOperations: Operation[] = [
  operation<S3.ListObjectVersionsCommandInput, S3.ListObjectVersionsCommandOutput>("s3", "ListObjectVersions", {
    iam: "s3:ListBucketVersions",
    resource: bucketArn,
    context: ({ input }) => (input.Prefix === undefined ? {} : { "s3:prefix": input.Prefix }),
    answer: list,
  }),
  operation<S3.GetObjectLockConfigurationCommandInput, S3.GetObjectLockConfigurationCommandOutput>(
    "s3",
    "GetObjectLockConfiguration",
    {
      iam: "s3:GetBucketObjectLockConfiguration",
      resource: bucketArn,
      answer(call) {
        if (bucketOf(call).objectLock !== true)
          throw new AwsFault(
            "ObjectLockConfigurationNotFoundError",
            404,
            "Object Lock configuration does not exist for this bucket",
          );
        return { ObjectLockConfiguration: { ObjectLockEnabled: "Enabled" } };
      },
    },
  ),
  operation<S3.GetObjectLegalHoldCommandInput, S3.GetObjectLegalHoldCommandOutput>("s3", "GetObjectLegalHold", {
    iam: "s3:GetObjectLegalHold",
    resource: objectArn,
    answer(call) {
      const hold = call.tx.newest<HoldRow>(heldAt(call));
      if (hold === null)
        throw new AwsFault("NoSuchObjectLockConfiguration", 404, "The specified object does not have a ObjectLock configuration");
      return { LegalHold: { Status: hold.status } };
    },
  }),
  operation<S3.PutObjectLegalHoldCommandInput, S3.PutObjectLegalHoldCommandOutput>("s3", "PutObjectLegalHold", {
    iam: "s3:PutObjectLegalHold",
    resource: objectArn,
    answer(call) {
      // What was lifted is kept as what never was: no call could take a row away again that says "off".
      call.put("object", heldAt(call), call.input.LegalHold?.Status === "ON" ? { status: "ON" } : null);
      return {};
    },
  }),
];
