import type { ResourceRef } from "../../../model/index.ts";

/** A setting of a bucket, whose resource has the bucket's name as id: refused by S3 where somebody else has taken the name. */
export function onBucket(resource: ResourceRef): { Bucket: string; ExpectedBucketOwner: string } {
  return { Bucket: resource.id, ExpectedBucketOwner: resource.account };
}
