import type {
  DeleteMarkerEntry,
  HeadObjectCommandOutput,
  ListObjectVersionsCommandOutput,
  ObjectVersion,
  S3Client,
} from "@aws-sdk/client-s3";
import { type Clock, ErError, type ErrorCode } from "../../model/index.ts";
import { openAgents } from "../../providers/index.ts";

export type InventoryOptions = {
  readonly bucket: string;
  readonly region: string;
  /** Empty or ending with a slash. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
};

/** What the bucket does with every new object by itself; null: nothing, absent: it may not be asked. */
type Rule = { readonly mode: string; readonly days: number } | null;

const WIDTH = 16;
const REQUEST_MS = 30_000;

/**
 * Every version and delete marker below the store's prefix, with lock and SHA-256 where the bucket says them, one line of JSON each,
 * after a line that says of what. Asks with the credentials of the environment, whatever role the store names: the list is worth
 * something when whoever distrusts the store's owner takes it. Only reads. Errors: `unauthenticated`, `denied`,
 * `unreachable`, `provider-error`.
 */
export async function* inventory(options: InventoryOptions): AsyncGenerator<string> {
  const client = await connect(options);
  try {
    const { bucket, prefix, clock } = options;
    const takenAt = new Date(clock.now()).toISOString();
    const rule = await asked(options, () => ruleOf(client, bucket));
    const head = { schema: "soc2-er/store-versions@1", bucket, prefix, takenAt };
    yield line(rule === undefined ? head : { ...head, rule });
    let marker: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | null = {};
    while (marker !== null) {
      const page: ListObjectVersionsCommandOutput = await asked(options, () => pageOf(client, bucket, prefix, marker ?? {}));
      for (const one of page.DeleteMarkers ?? []) yield line(markerLine(one, prefix));
      const versions = page.Versions ?? [];
      for (let index = 0; index < versions.length; index += WIDTH)
        yield* await asked(options, () =>
          Promise.all(
            versions.slice(index, index + WIDTH).map(async (one) => line(await versionLine(client, bucket, prefix, one))),
          ),
        );
      marker = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker } : null;
    }
  } finally {
    client.destroy();
  }
}

async function connect({ region, env }: InventoryOptions): Promise<S3Client> {
  const { S3Client } = await import("@aws-sdk/client-s3");
  return new S3Client({
    region,
    maxAttempts: 5,
    requestHandler: {
      ...{ connectionTimeout: 5_000, requestTimeout: REQUEST_MS, throwOnRequestTimeout: true },
      ...(await openAgents(env)),
    },
    ...(env["AWS_ENDPOINT_URL"] || env["AWS_ENDPOINT_URL_S3"] ? { forcePathStyle: true } : {}),
  });
}

async function pageOf(
  client: S3Client,
  Bucket: string,
  Prefix: string,
  marker: object,
): Promise<ListObjectVersionsCommandOutput> {
  const { ListObjectVersionsCommand } = await import("@aws-sdk/client-s3");
  return client.send(new ListObjectVersionsCommand({ Bucket, Prefix, ...marker }));
}

async function ruleOf(client: S3Client, Bucket: string): Promise<Rule | undefined> {
  const { GetObjectLockConfigurationCommand } = await import("@aws-sdk/client-s3");
  try {
    const { ObjectLockConfiguration } = await client.send(new GetObjectLockConfigurationCommand({ Bucket }));
    const { Mode, Days, Years } = ObjectLockConfiguration?.Rule?.DefaultRetention ?? {};
    return Mode === undefined ? null : { mode: Mode, days: Days ?? (Years ?? 0) * 365 };
  } catch (error) {
    if (nameOf(error) === "ObjectLockConfigurationNotFoundError") return null;
    if (nameOf(error) === "AccessDenied") return undefined;
    throw error;
  }
}

function markerLine({ Key = "", VersionId, IsLatest, LastModified }: DeleteMarkerEntry, prefix: string): object {
  return { key: Key.slice(prefix.length), version: VersionId, latest: IsLatest, at: instant(LastModified), marker: true };
}

async function versionLine(
  client: S3Client,
  bucket: string,
  prefix: string,
  { Key = "", VersionId, IsLatest, LastModified, Size, ETag }: ObjectVersion,
): Promise<object> {
  const known = { key: Key.slice(prefix.length), version: VersionId, latest: IsLatest, at: instant(LastModified) };
  const { HeadObjectCommand } = await import("@aws-sdk/client-s3");
  const at = { Bucket: bucket, Key, ...(VersionId === undefined || VersionId === "null" ? {} : { VersionId }) };
  const head = await client.send(new HeadObjectCommand({ ...at, ChecksumMode: "ENABLED" })).catch((error: unknown) => {
    // Whoever may list but not read still learns how many versions there are.
    if (statusOf(error) === 403) return null;
    throw error;
  });
  return {
    ...{ ...known, bytes: Size, etag: ETag?.replaceAll('"', "") },
    ...(head?.ChecksumSHA256 === undefined || head.ChecksumType === "COMPOSITE"
      ? {}
      : { sha256: Buffer.from(head.ChecksumSHA256, "base64").toString("hex") }),
    ...(await lockOf(client, at, head)),
  };
}

type Place = { readonly Bucket: string; readonly Key: string; readonly VersionId?: string };

/**
 * `lock` null: there is none; absent: unknown. S3 leaves the lock out of the head for whoever may not ask for it, so what the head
 * does not say is asked for by itself.
 */
async function lockOf(client: S3Client, at: Place, head: HeadObjectCommandOutput | null): Promise<object> {
  const lock = (mode: string, until: Date | undefined): object => ({ lock: { mode, until: instant(until) } });
  if (head?.ObjectLockMode !== undefined) return lock(head.ObjectLockMode, head.ObjectLockRetainUntilDate);
  const { GetObjectRetentionCommand } = await import("@aws-sdk/client-s3");
  try {
    const { Retention } = await client.send(new GetObjectRetentionCommand(at));
    return Retention?.Mode === undefined ? { lock: null } : lock(Retention.Mode, Retention.RetainUntilDate);
  } catch (error) {
    return ["NoSuchObjectLockConfiguration", "InvalidRequest"].includes(nameOf(error)) ? { lock: null } : {};
  }
}

async function asked<T>({ bucket }: InventoryOptions, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof ErError) throw error;
    const hints = [
      "AWS_PROFILE=auditor soc2-er audit export --inventory --out versions.ndjson",
      "a role that reads only needs s3:ListBucketVersions, s3:GetObjectVersion, s3:GetObjectRetention, s3:GetBucketObjectLockConfiguration",
    ];
    throw new ErError(codeOf(error), `the versions in bucket "${bucket}" cannot be listed: ${nameOf(error)}: ${error.message}`, {
      cause: error,
      hints,
    });
  }
}

function codeOf(error: Error): ErrorCode {
  const status = statusOf(error);
  if (status === 403) return "denied";
  if (status !== undefined) return "provider-error";
  return error.name === "CredentialsProviderError" ? "unauthenticated" : "unreachable";
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

function instant(date: Date | undefined): string | undefined {
  return date?.toISOString();
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "";
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}
