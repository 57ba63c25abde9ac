import type { TestContext } from "node:test";
import { s3Store } from "../../src/audit/stores/s3.ts";
import type { Store } from "../../src/audit/stores/store.ts";
import { systemClock } from "../../src/model/index.ts";
import { Bucket } from "./bucket.ts";
import type { S3Server } from "./s3-server.ts";

/** The client reads the process's environment: one endpoint for a file of tests. */
export function useEndpoint(endpoint: string): void {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: "testing", AWS_SECRET_ACCESS_KEY: "testing", AWS_ENDPOINT_URL: endpoint });
}

/** A bucket as the log's should be: versions, and a day's retention in compliance mode. */
export function lockedBucket(server: S3Server, name: string): Bucket {
  const bucket = new Bucket();
  bucket.versioning = "Enabled";
  bucket.lock = { retention: { mode: "COMPLIANCE", days: 1 } };
  server.buckets.set(name, bucket);
  return bucket;
}

export function storeIn(t: TestContext, bucket: string, deadlineMs = 2_000): Store {
  const place = { name: `s3:${bucket}`, bucket, region: "us-east-1", prefix: "log/" };
  const store = s3Store({ ...place, clock: systemClock, env: process.env, deadlineMs });
  t.after(() => store.close());
  return store;
}

/** What counts in the bucket, by name: the first version of each object. */
export function objectsIn(bucket: Bucket): Map<string, Buffer> {
  const first = (key: string) => bucket.versions(key).findLast(({ body }) => body !== null)?.body;
  return new Map(bucket.keys("log/").flatMap((key) => (first(key) ? [[key.slice(4), first(key) as Buffer]] : [])));
}

/** The digests or texts of all entries in the store's batches, in order. */
export function linesIn(bucket: Bucket): string[] {
  const batches = [...objectsIn(bucket)].filter(([name]) => name.startsWith("batch/")).sort();
  return batches.flatMap(([, bytes]) => bytes.toString("latin1").split("\n").slice(1, -1));
}
