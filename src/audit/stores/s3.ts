import { createHash } from "node:crypto";
import type { S3Client } from "@aws-sdk/client-s3";
import { type Clock, DeadlineError, within } from "../../model/index.ts";
import { assumedRole, openAgents } from "../../providers/index.ts";
import { causeName, causeStatus } from "./cause.ts";
import { checkName } from "./names.ts";
import { safeguardsOf } from "./s3-safeguards.ts";
import { type Safeguard, type Store, StoreError } from "./store.ts";

export type S3StoreOptions = {
  readonly name: string;
  readonly bucket: string;
  readonly region: string;
  /** Before every object's name; empty or ending with a slash. */
  readonly prefix: string;
  readonly role?: string;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of each call. */
  readonly deadlineMs: number;
};

/**
 * A bucket whose objects are created with `If-None-Match: *` and sent once. A bucket with Object Lock keeps them; in a
 * versioned bucket the first version is what counts, whatever somebody put over it, and no delete marker hides it.
 */
export function s3Store(options: S3StoreOptions): Store {
  return new S3Store(options);
}

class S3Store implements Store {
  readonly name: string;
  readonly #options: S3StoreOptions;
  #client: Promise<S3Client> | null = null;
  /** Asked for once: without versions, or without the right to list them, what is there is read. */
  #versioned = true;

  constructor(options: S3StoreOptions) {
    this.name = options.name;
    this.#options = options;
  }

  async create(object: string, bytes: Uint8Array): Promise<"created" | "exists"> {
    const { PutObjectCommand } = await import("@aws-sdk/client-s3");
    try {
      await this.#send(`write ${object}`, (client, abortSignal) =>
        client.send(
          new PutObjectCommand({
            ...this.#at(object),
            Body: bytes,
            IfNoneMatch: "*",
            // A bucket that locks what it gets takes nothing without the name of its sum.
            ChecksumAlgorithm: "SHA256",
            ChecksumSHA256: createHash("sha256").update(bytes).digest("base64"),
          }),
          { abortSignal },
        ),
      );
    } catch (error) {
      // 412: there is one. 409: another create is under way, and some that speak S3 say it for 412.
      if ([409, 412].includes(causeStatus(error))) return "exists";
      throw error;
    }
    return "created";
  }

  async read(object: string, most: number): Promise<Uint8Array | null> {
    const { GetObjectCommand } = await import("@aws-sdk/client-s3");
    const version = this.#versioned ? await this.#firstVersion(object) : undefined;
    if (version === null) return null;
    try {
      return await this.#send(`read ${object}`, async (client, abortSignal) => {
        const input = { ...this.#at(object), ...(version === undefined ? {} : { VersionId: version }) };
        const { Body } = await client.send(new GetObjectCommand(input), { abortSignal });
        return startOf(Body as AsyncIterable<Uint8Array> | undefined, most);
      });
    } catch (error) {
      if (["NoSuchKey", "NotFound"].includes(causeName(error))) return null;
      throw error;
    }
  }

  async safeguards(): Promise<readonly Safeguard[]> {
    const first = "batch/000000000000";
    const { Bucket, Key } = this.#at(first);
    return safeguardsOf(Bucket, (what, call) => this.#send(what, call), { Key, version: () => this.#firstVersion(first) });
  }

  async close(): Promise<void> {
    await this.#client?.then((client) => client.destroy()).catch(() => undefined);
  }

  /** The version id of what was created first; null when nothing was, undefined when it cannot be known. */
  async #firstVersion(object: string): Promise<string | null | undefined> {
    const { ListObjectVersionsCommand } = await import("@aws-sdk/client-s3");
    const { Bucket, Key } = this.#at(object);
    let first: string | null = null;
    let marker: { KeyMarker?: string; VersionIdMarker?: string } = {};
    try {
      for (;;) {
        const page = await this.#send(`list the versions of ${object}`, (client, abortSignal) =>
          client.send(new ListObjectVersionsCommand({ Bucket, Prefix: Key, ...marker }), { abortSignal }),
        );
        // Newest first, so that the last one of the key is the first that was created.
        for (const { Key: key, VersionId } of page.Versions ?? []) if (key === Key && VersionId !== undefined) first = VersionId;
        if (!page.IsTruncated || page.NextKeyMarker === undefined || page.NextKeyMarker > Key) break;
        marker = {
          KeyMarker: page.NextKeyMarker,
          ...(page.NextVersionIdMarker === undefined ? {} : { VersionIdMarker: page.NextVersionIdMarker }),
        };
      }
    } catch (error) {
      if (!["AccessDenied", "NotImplemented", "MethodNotAllowed"].includes(causeName(error))) throw error;
      this.#versioned = false;
      return undefined;
    }
    return first;
  }

  #at(object: string): { Bucket: string; Key: string } {
    return { Bucket: this.#options.bucket, Key: `${this.#options.prefix}${checkName(object)}` };
  }

  async #send<T>(what: string, call: (client: S3Client, signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, deadlineMs, bucket } = this.#options;
    try {
      this.#client ??= this.#connect();
      const client = await this.#client;
      return await within(clock, deadlineMs, (signal) => call(client, signal));
    } catch (error) {
      throw new StoreError(this.name, `cannot ${what} in bucket "${bucket}": ${reasonOf(error)}`, { cause: error });
    }
  }

  async #connect(): Promise<S3Client> {
    const { region, role, clock, env, deadlineMs } = this.#options;
    const { S3Client } = await import("@aws-sdk/client-s3");
    return new S3Client({
      region,
      maxAttempts: 1,
      requestHandler: {
        connectionTimeout: 3_000,
        requestTimeout: deadlineMs,
        throwOnRequestTimeout: true,
        ...(await openAgents(env)),
      },
      ...(role === undefined ? {} : { credentials: assumedRole(role, { name: "soc2-er-audit" }, { clock, deadlineMs, env }) }),
      ...(env["AWS_ENDPOINT_URL"] || env["AWS_ENDPOINT_URL_S3"] ? { forcePathStyle: true } : {}),
    });
  }
}

/** Leaves the stream once it has enough: an object may be larger than memory. */
async function startOf(body: AsyncIterable<Uint8Array> | undefined, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= most) break;
  }
  return Buffer.concat(chunks).subarray(0, most);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { name, message } = error;
  return name === "Error" || error instanceof DeadlineError || message.startsWith(name) ? message : `${name}: ${message}`;
}
