import type { S3Client } from "@aws-sdk/client-s3";
import { causeName, causeStatus } from "./cause.ts";
import type { Safeguard } from "./store.ts";

/** Sends one request to the bucket. Errors: StoreError. */
export type Send = <T>(what: string, call: (client: S3Client, signal: AbortSignal) => Promise<T>) => Promise<T>;

/** What keeps a bucket's objects, as it says: versions, the retention of what is written, and the lock of the first batch. */
export async function safeguardsOf(
  bucket: string,
  send: Send,
  first: { readonly Key: string; version(): Promise<string | null | undefined> },
): Promise<readonly Safeguard[]> {
  return [await versionsOf(bucket, send), await retentionOf(bucket, send), ...(await lockOf(bucket, send, first))];
}

async function versionsOf(Bucket: string, send: Send): Promise<Safeguard> {
  const { GetBucketVersioningCommand } = await import("@aws-sdk/client-s3");
  return orUnknown("versions", "s3:GetBucketVersioning", async () => {
    const { Status } = await send("see the versioning", (client, abortSignal) =>
      client.send(new GetBucketVersioningCommand({ Bucket }), { abortSignal }),
    );
    if (Status === "Enabled")
      return { what: "versions", state: "on", detail: "the bucket keeps every version; since when, it does not say" };
    return { what: "versions", state: "off", detail: "the bucket keeps no versions: what is written over is gone" };
  });
}

async function retentionOf(Bucket: string, send: Send): Promise<Safeguard> {
  const { GetObjectLockConfigurationCommand } = await import("@aws-sdk/client-s3");
  const off = (detail: string): Safeguard => ({ what: "immutability", state: "off", detail });
  return orUnknown("immutability", "s3:GetBucketObjectLockConfiguration", async () => {
    try {
      const { ObjectLockConfiguration } = await send("see the Object Lock", (client, abortSignal) =>
        client.send(new GetObjectLockConfigurationCommand({ Bucket }), { abortSignal }),
      );
      const { Mode, Days, Years } = ObjectLockConfiguration?.Rule?.DefaultRetention ?? {};
      if (Mode === undefined) return off("Object Lock has no default retention: nothing that is written is kept");
      const period = Years ? `${Years} years` : `${Days ?? 0} days`;
      if (Mode !== "COMPLIANCE")
        return off(`Object Lock keeps what is written for ${period} in mode ${Mode}, which s3:BypassGovernanceRetention lifts`);
      const detail = `Object Lock keeps what is written for ${period} in mode COMPLIANCE; since when, it does not say`;
      return { what: "immutability", state: "on", detail };
    } catch (error) {
      if (causeStatus(error) === 404 && causeName(error) !== "NoSuchBucket") return off("Object Lock is off");
      throw error;
    }
  });
}

/** A lock that was switched on later does not hold what was there before. */
async function lockOf(
  Bucket: string,
  send: Send,
  { Key, version }: { readonly Key: string; version(): Promise<string | null | undefined> },
): Promise<readonly Safeguard[]> {
  const { HeadObjectCommand } = await import("@aws-sdk/client-s3");
  const found = await orUnknown("immutability", "s3:GetObjectRetention", async () => {
    const VersionId = await version();
    if (VersionId === null) return null;
    const { ObjectLockMode, ObjectLockRetainUntilDate } = await send("look at the first batch", (client, abortSignal) =>
      client.send(new HeadObjectCommand({ Bucket, Key, ...(VersionId === undefined ? {} : { VersionId }) }), { abortSignal }),
    );
    const until = ObjectLockRetainUntilDate?.toISOString();
    if (ObjectLockMode !== "COMPLIANCE" || until === undefined)
      return { what: "immutability", state: "off", detail: "the first batch is under no lock in mode COMPLIANCE" } as const;
    return { what: "immutability", state: "on", detail: `the first batch is locked until ${until}` } as const;
  });
  return found === null ? [] : [found];
}

async function orUnknown<T extends Safeguard | null>(
  what: Safeguard["what"],
  permission: string,
  look: () => Promise<T>,
): Promise<T | Safeguard> {
  try {
    return await look();
  } catch (error) {
    if (![403, 405, 501].includes(causeStatus(error))) throw error;
    return { what, state: "unknown", detail: `it was not shown: that needs ${permission}` };
  }
}
