import { Readable } from "node:stream";
import type * as S3 from "@aws-sdk/client-s3";
import { defect, instant } from "../../../model/index.ts";
import { s3 } from "../keys.ts";
import type { ObjectRow } from "../rows.ts";
import { AwsFault } from "./fault.ts";
import { type Call, type Operation, operation } from "./operation.ts";
import { page } from "./paging.ts";
import { bucketArn, bucketOf } from "./s3-place.ts";
import { etagOf, factsOf } from "./s3-stored.ts";

type OnObject = {
  Bucket?: string | undefined;
  Key?: string | undefined;
  VersionId?: string | undefined;
  ExpectedBucketOwner?: string | undefined;
};

const objectArn = (call: Call<OnObject>) => `arn:aws:s3:::${call.input.Bucket}/${call.input.Key}`;

function find(call: Call<OnObject>): ObjectRow | null {
  if (call.input.VersionId !== undefined) return defect("the range hands out current versions only");
  return call.tx.newest<ObjectRow>(s3.object(call.account, bucketOf(call).name, call.input.Key ?? ""));
}

/** The body as the SDK hands it out on Node: a stream that can also be collected. */
function bodyOf(object: ObjectRow): NonNullable<S3.GetObjectCommandOutput["Body"]> {
  const bytes = new Uint8Array(Buffer.from(object.body, "base64"));
  const stream = Readable.from([bytes]);
  const collect = {
    transformToByteArray: async () => bytes,
    transformToString: async (encoding?: string) => Buffer.from(bytes).toString((encoding ?? "utf8") as BufferEncoding),
    transformToWebStream: () => Readable.toWeb(stream),
  };
  return Object.assign(stream, collect) as NonNullable<S3.GetObjectCommandOutput["Body"]>;
}

function bytesOf(body: S3.PutObjectCommandInput["Body"]): Buffer {
  if (body === undefined) return Buffer.alloc(0);
  if (typeof body === "string") return Buffer.from(body);
  if (body instanceof Uint8Array) return Buffer.from(body);
  return defect("the range takes an object's body as a string or bytes, not as a stream");
}

function list(call: Call<S3.ListObjectsV2CommandInput>): Omit<S3.ListObjectsV2CommandOutput, "$metadata"> {
  const { Prefix = "", Delimiter, StartAfter, ContinuationToken, MaxKeys } = call.input;
  const { name } = bucketOf(call);
  const found = call.tx.list<ObjectRow>(s3.object(call.account, name, Prefix)).map((row) => row.value);
  const entries = new Map<string, ObjectRow | null>();
  for (const object of found) {
    if (StartAfter !== undefined && object.key <= StartAfter) continue;
    const cut = Delimiter === undefined ? -1 : object.key.indexOf(Delimiter, Prefix.length);
    if (cut < 0) entries.set(object.key, object);
    else entries.set(object.key.slice(0, cut + (Delimiter?.length ?? 0)), null);
  }
  const shown = page([...entries], ([key]) => key, call.pageSize(MaxKeys, 1000), ContinuationToken);
  const objects = shown.items.flatMap(([, object]) => (object === null ? [] : [object]));
  const groups = shown.items.flatMap(([key, object]) => (object === null ? [{ Prefix: key }] : []));
  return {
    Name: name,
    Prefix,
    Delimiter,
    StartAfter,
    ContinuationToken,
    MaxKeys: MaxKeys ?? 1000,
    KeyCount: shown.items.length,
    IsTruncated: shown.next !== undefined,
    NextContinuationToken: shown.next,
    ...(objects.length > 0 ? { Contents: objects.map(summary) } : {}),
    ...(groups.length > 0 ? { CommonPrefixes: groups } : {}),
  };
}

function summary(object: ObjectRow): S3._Object {
  const { ContentLength, ETag, LastModified } = factsOf(object);
  return { Key: object.key, Size: ContentLength, ETag, LastModified, StorageClass: "STANDARD" };
}

export const s3ObjectOperations: Operation[] = [
  operation<S3.GetObjectCommandInput, S3.GetObjectCommandOutput>("s3", "GetObject", {
    iam: "s3:GetObject",
    resource: objectArn,
    answer(call) {
      const object = find(call);
      if (object === null) throw new AwsFault("NoSuchKey", 404, "The specified key does not exist.");
      return { ...factsOf(object), Body: bodyOf(object) };
    },
  }),
  operation<S3.HeadObjectCommandInput, S3.HeadObjectCommandOutput>("s3", "HeadObject", {
    iam: "s3:GetObject",
    resource: objectArn,
    answer(call) {
      const object = find(call);
      if (object === null) throw new AwsFault("NotFound", 404, "UnknownError");
      return factsOf(object);
    },
  }),
  operation<S3.PutObjectCommandInput, S3.PutObjectCommandOutput>("s3", "PutObject", {
    iam: "s3:PutObject",
    resource: objectArn,
    answer(call) {
      const { Key = "", Body, ContentType, Metadata, IfNoneMatch, IfMatch } = call.input;
      const present = find(call);
      if (IfMatch !== undefined && present === null) throw new AwsFault("NoSuchKey", 404, "The specified key does not exist.");
      if (
        (IfNoneMatch === "*" && present !== null) ||
        (IfMatch !== undefined && present !== null && etagOf(present) !== IfMatch)
      ) {
        throw new AwsFault("PreconditionFailed", 412, "At least one of the pre-conditions you specified did not hold");
      }
      const object: ObjectRow = {
        key: Key,
        body: bytesOf(Body).toString("base64"),
        contentType: ContentType ?? "application/octet-stream",
        modified: instant(call.tx.now),
        metadata: { ...Metadata },
      };
      const { account } = call;
      const { name, versioned = false } = bucketOf(call);
      if (versioned && present !== null) call.put("object", s3.version(account, name, Key, present.version ?? "null"), present);
      const stored = versioned ? { ...object, version: call.newId(32) } : object;
      call.put("object", s3.object(account, name, Key), stored);
      return { ETag: etagOf(object), ...(stored.version === undefined ? {} : { VersionId: stored.version }) };
    },
  }),
  operation<S3.ListObjectsV2CommandInput, S3.ListObjectsV2CommandOutput>("s3", "ListObjectsV2", {
    iam: "s3:ListBucket",
    resource: bucketArn,
    context: ({ input }) => ({
      ...(input.Prefix === undefined ? {} : { "s3:prefix": input.Prefix }),
      ...(input.Delimiter === undefined ? {} : { "s3:delimiter": input.Delimiter }),
    }),
    answer: list,
  }),
];
