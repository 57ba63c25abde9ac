import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { listen } from "../emulator/forward.ts";
import { Bucket, Refusal, type Version } from "./bucket.ts";

/**
 * What goes wrong with one request: it never arrives, is done and its answer never arrives, is sent twice by something on the way, is
 * refused, comes late, is never answered, or, of two conditional writes, both are told that they were first.
 */
export type Fault =
  | "lost-request"
  | "lost-answer"
  | "sent-twice"
  | "silence"
  | "both-first"
  | { readonly refused: Refusal }
  | { readonly delayMs: number };

export type Asked = { readonly method: string; readonly bucket: string; readonly key: string; readonly query: URLSearchParams };

/** Says what goes wrong with a request; null: nothing does. */
export type Faults = (asked: Asked) => Fault | null | Promise<Fault | null>;

export type S3Server = {
  readonly endpoint: string;
  readonly buckets: Map<string, Bucket>;
  readonly asked: Asked[];
  faults: Faults;
  /** How many versions one page of a listing has. */
  page: number;
};

/** Speaks as much S3 as a store of the log needs. Whoever asks may do everything: nothing here judges who it is. */
export async function s3Server(t: { after(end: () => void): void }): Promise<S3Server> {
  const server = { buckets: new Map<string, Bucket>(), asked: [] as Asked[], faults: (() => null) as Faults, page: 1_000 };
  const endpoint = await listen(t, (incoming, answer) => {
    serve(server, incoming, answer).catch((error: unknown) => refuse(answer, error));
  });
  return Object.assign(server, { endpoint });
}

async function serve(server: Omit<S3Server, "endpoint">, incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
  const { pathname, searchParams: query } = new URL(incoming.url ?? "/", "http://localhost");
  const [, bucket = "", ...rest] = decodeURIComponent(pathname).split("/");
  const asked = { method: incoming.method ?? "", bucket, key: rest.join("/"), query };
  const body = await buffer(incoming);
  server.asked.push(asked);
  const fault = await server.faults(asked);
  if (fault === "silence") return;
  if (fault === "lost-request") return void incoming.socket.destroy();
  if (fault !== null && typeof fault === "object" && "refused" in fault) throw fault.refused;
  if (fault !== null && typeof fault === "object") await delay(fault.delayMs);
  const request = new Request(server, asked, incoming, body, fault === "both-first");
  if (fault === "sent-twice") request.answer();
  const said = request.answer();
  if (fault === "lost-answer") return void incoming.socket.destroy();
  answer.writeHead(said.status ?? 200, { "x-amz-request-id": "double", ...said.headers });
  answer.end(asked.method === "HEAD" ? undefined : said.body);
}

function refuse(answer: ServerResponse, error: unknown): void {
  const { status, code, message } = error instanceof Refusal ? error : new Refusal(500, "InternalError", String(error));
  answer.writeHead(status, { "content-type": "application/xml" });
  answer.end(`<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
}

type Said = { readonly status?: number; readonly headers?: Record<string, string | number>; readonly body?: string | Buffer };

class Request {
  readonly #server: Omit<S3Server, "endpoint">;
  readonly #asked: Asked;
  readonly #incoming: IncomingMessage;
  readonly #body: Buffer;
  readonly #blindly: boolean;

  constructor(server: Omit<S3Server, "endpoint">, asked: Asked, incoming: IncomingMessage, body: Buffer, blindly: boolean) {
    this.#server = server;
    this.#asked = asked;
    this.#incoming = incoming;
    this.#body = body;
    this.#blindly = blindly;
  }

  answer(): Said {
    const { method, key, query } = this.#asked;
    const part = ["versioning", "object-lock", "versions", "retention"].find((name) => query.has(name)) ?? "";
    const operation = `${method} ${key === "" ? "bucket" : "object"} ${part}`.trim();
    const answers: { readonly [operation: string]: () => Said } = {
      "PUT bucket": () => this.#makeBucket(),
      "GET bucket versioning": () => ({ body: status("VersioningConfiguration", this.#bucket.versioning) }),
      "PUT bucket versioning": () => this.#setVersioning(),
      "GET bucket object-lock": () => ({ body: this.#lockOf(this.#bucket) }),
      "PUT bucket object-lock": () => this.#setLock(),
      "GET bucket versions": () => ({ body: this.#listVersions() }),
      "PUT object": () => this.#put(),
      "GET object": () => this.#get(),
      "HEAD object": () => this.#get(),
      "DELETE object": () => this.#delete(),
      "PUT object retention": () => this.#retain(),
    };
    const found = answers[operation];
    if (found === undefined) throw new Refusal(501, "NotImplemented", operation);
    return found();
  }

  get #bucket(): Bucket {
    const bucket = this.#server.buckets.get(this.#asked.bucket);
    if (bucket === undefined) throw new Refusal(404, "NoSuchBucket", "The specified bucket does not exist");
    return bucket;
  }

  get #version(): string | null {
    return this.#asked.query.get("versionId");
  }

  #makeBucket(): Said {
    const bucket = new Bucket();
    if (this.#incoming.headers["x-amz-bucket-object-lock-enabled"] === "true") {
      bucket.versioning = "Enabled";
      bucket.lock = { retention: null };
    }
    this.#server.buckets.set(this.#asked.bucket, bucket);
    return {};
  }

  #setVersioning(): Said {
    this.#bucket.versioning = this.#said("Status") === "Enabled" ? "Enabled" : "Suspended";
    return {};
  }

  #setLock(): Said {
    const mode = this.#said("Mode");
    this.#bucket.lock = {
      retention: mode === "COMPLIANCE" || mode === "GOVERNANCE" ? { mode, days: Number(this.#said("Days")) } : null,
    };
    return {};
  }

  #lockOf({ lock }: Bucket): string {
    if (lock === null) throw new Refusal(404, "ObjectLockConfigurationNotFoundError");
    const rule = lock.retention
      ? `<Rule><DefaultRetention><Mode>${lock.retention.mode}</Mode><Days>${lock.retention.days}</Days></DefaultRetention></Rule>`
      : "";
    return `<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>${rule}</ObjectLockConfiguration>`;
  }

  #put(): Said {
    const { "if-none-match": condition, "x-amz-checksum-sha256": sum } = this.#incoming.headers;
    if (sum !== undefined && createHash("sha256").update(this.#body).digest("base64") !== sum)
      throw new Refusal(400, "BadDigest");
    const ifNoneMatch = condition === "*";
    const version = this.#bucket.put(this.#asked.key, this.#body, { ifNoneMatch, blindly: this.#blindly });
    return { headers: { etag: etag(this.#body), "x-amz-version-id": version.id } };
  }

  #get(): Said {
    const version = this.#bucket.get(this.#asked.key, this.#version);
    const { body, lock, id, at } = version;
    const locked = lock && {
      "x-amz-object-lock-mode": lock.mode,
      "x-amz-object-lock-retain-until-date": new Date(lock.until).toISOString(),
    };
    const headers = { etag: etag(body), "x-amz-version-id": id, "last-modified": new Date(at).toUTCString() };
    return { headers: { ...headers, ...locked, "content-length": body?.length ?? 0 }, body: body ?? "" };
  }

  #delete(): Said {
    this.#bucket.delete(this.#asked.key, this.#version);
    return { status: 204 };
  }

  #retain(): Said {
    const mode = this.#said("Mode") === "COMPLIANCE" ? "COMPLIANCE" : "GOVERNANCE";
    this.#bucket.retain(this.#asked.key, this.#version, { mode, until: Date.parse(this.#said("RetainUntilDate") ?? "") });
    return {};
  }

  /** By key, of each key newest first; a page begins after its markers. */
  #listVersions(): string {
    const { query } = this.#asked;
    const bucket = this.#bucket;
    const all = bucket
      .keys(query.get("prefix") ?? "")
      .flatMap((key) => bucket.versions(key).map((version) => ({ key, version })));
    const [keyMarker, idMarker] = [query.get("key-marker"), query.get("version-id-marker")];
    const at = all.findIndex(({ key, version }) => key === keyMarker && version.id === idMarker);
    const rest = keyMarker === null ? all : idMarker === null ? all.filter(({ key }) => key > keyMarker) : all.slice(at + 1);
    const page = rest.slice(0, Math.min(this.#server.page, Number(query.get("max-keys") ?? 1_000)));
    const last = page.at(-1);
    const more = last !== undefined && page.length < rest.length;
    const next = more
      ? `<NextKeyMarker>${last.key}</NextKeyMarker><NextVersionIdMarker>${last.version.id}</NextVersionIdMarker>`
      : "";
    const lines = page.map(({ key, version }) => versionLine(key, version, bucket.versions(key)[0] === version));
    return `<ListVersionsResult><IsTruncated>${more}</IsTruncated>${next}${lines.join("")}</ListVersionsResult>`;
  }

  #said(element: string): string | undefined {
    return new RegExp(`<${element}>([^<]*)</${element}>`).exec(this.#body.toString())?.[1];
  }
}

function versionLine(key: string, { id, at, body }: Version, latest: boolean): string {
  const kind = body === null ? "DeleteMarker" : "Version";
  const facts = `<Key>${key}</Key><VersionId>${id}</VersionId><IsLatest>${latest}</IsLatest>`;
  const size = body === null ? "" : `<Size>${body.length}</Size><ETag>${etag(body)}</ETag>`;
  return `<${kind}>${facts}<LastModified>${new Date(at).toISOString()}</LastModified>${size}</${kind}>`;
}

function status(name: string, value: string | null): string {
  return `<${name}>${value === null ? "" : `<Status>${value}</Status>`}</${name}>`;
}

function etag(body: Buffer | null): string {
  return `"${createHash("md5")
    .update(body ?? "")
    .digest("hex")}"`;
}
