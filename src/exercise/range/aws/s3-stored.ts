import { createHash } from "node:crypto";
import type { ObjectRow } from "../rows.ts";

export function etagOf(object: ObjectRow): string {
  return `"${createHash("md5").update(Buffer.from(object.body, "base64")).digest("hex")}"`;
}

/** What S3 says of an object beside its content. */
export function factsOf(object: ObjectRow) {
  return {
    ContentLength: Buffer.byteLength(object.body, "base64"),
    ContentType: object.contentType,
    ETag: etagOf(object),
    LastModified: new Date(object.modified),
    Metadata: { ...object.metadata },
    AcceptRanges: "bytes",
    ...(object.version === undefined ? {} : { VersionId: object.version }),
  };
}
