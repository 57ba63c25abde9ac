import { s3 } from "../keys.ts";
import type { BucketRow } from "../rows.ts";
import { AwsFault } from "./fault.ts";
import type { Call } from "./operation.ts";

export type OnBucket = { Bucket?: string | undefined; ExpectedBucketOwner?: string | undefined };

export const bucketArn = (call: Call<OnBucket>) => `arn:aws:s3:::${call.input.Bucket}`;

/** The bucket of a call. Errors: NoSuchBucket, AccessDenied for another owner, PermanentRedirect in the wrong Region. */
export function bucketOf(call: Call<OnBucket>, anyRegion = false): BucketRow {
  const { Bucket: name = "", ExpectedBucketOwner: owner } = call.input;
  const bucket = call.tx.newest<BucketRow>(s3.bucket(call.account, name));
  if (bucket === null) throw new AwsFault("NoSuchBucket", 404, "The specified bucket does not exist");
  if (owner !== undefined && owner !== call.account) throw new AwsFault("AccessDenied", 403, "Access Denied");
  if (!anyRegion && bucket.region !== call.region) {
    throw new AwsFault(
      "PermanentRedirect",
      301,
      "The bucket you are attempting to access must be addressed using the specified endpoint.",
    );
  }
  return bucket;
}
