import type { AzureAccount } from "./azure-access.ts";
import { AzureRefusal, type AzureRequest, AzureRequests } from "./azure-requests.ts";
import { checkName } from "./names.ts";
import { type Safeguard, type Store, StoreError } from "./store.ts";

export type AzureBlobStoreOptions = AzureAccount & {
  readonly name: string;
  readonly container: string;
  /** Before every object's name; empty or ending with a slash. */
  readonly prefix: string;
  /** Of each call. */
  readonly deadlineMs: number;
};

/** The last one is for who may create and not write over. */
const EXISTS = ["BlobAlreadyExists", "ConditionNotMet", "BlobImmutableDueToPolicy", "UnauthorizedBlobOverwrite"];
const PAGE_BYTES = 8 * 1024 * 1024;

/**
 * A container whose blobs are created with `If-None-Match: *` and sent once. Where the account keeps versions, the first one is what
 * counts, whatever somebody put over it or deleted. A blob that was deleted where no version is left is not a free place.
 */
export function azureBlobStore(options: AzureBlobStoreOptions): Store {
  return new AzureBlobStore(options);
}

class AzureBlobStore implements Store {
  readonly name: string;
  readonly #options: AzureBlobStoreOptions;
  readonly #requests: AzureRequests;
  /** Asked for once: without the right to list, what is there is read. */
  #lists = true;

  constructor(options: AzureBlobStoreOptions) {
    this.name = options.name;
    this.#options = options;
    this.#requests = new AzureRequests(options, options.deadlineMs);
  }

  async create(object: string, bytes: Uint8Array): Promise<"created" | "exists"> {
    try {
      await this.#send(`write ${object}`, {
        method: "PUT",
        path: this.#path(object),
        headers: { "if-none-match": "*", "x-ms-blob-type": "BlockBlob", "content-type": "application/octet-stream" },
        body: bytes,
        most: PAGE_BYTES,
      });
    } catch (error) {
      if (isRefusal(error, ...EXISTS)) return "exists";
      throw error;
    }
    return "created";
  }

  async read(object: string, most: number): Promise<Uint8Array | null> {
    const path = this.#path(object);
    const version = this.#lists ? await this.#firstVersion(object) : undefined;
    if (version === null) return null;
    const query = version === undefined ? "" : `?versionid=${encodeURIComponent(version)}`;
    try {
      const { body } = await this.#send(`read ${object}`, { method: "GET", path: `${path}${query}`, most });
      return body;
    } catch (error) {
      if (isRefusal(error, "BlobNotFound")) return null;
      throw error;
    }
  }

  /**
   * As far as the container says: whether a policy is locked, and for how long it keeps what is written, is said by the account's
   * management alone, or by a blob that is under a policy of its own.
   */
  async safeguards(): Promise<readonly Safeguard[]> {
    const { container } = this.#options;
    const { header } = await this.#send("look at it", {
      method: "GET",
      path: `${container}?restype=container`,
      most: PAGE_BYTES,
    });
    const versioned = header("x-ms-immutable-storage-with-versioning-enabled") === "true";
    const policy = header("x-ms-has-immutability-policy") === "true";
    const hold = header("x-ms-has-legal-hold") === "true";
    if (!policy && !hold && !versioned)
      return [
        { what: "immutability", state: "off", detail: "neither an immutability policy nor a legal hold keeps what is written" },
      ];
    const kept = policy
      ? "an immutability policy"
      : hold
        ? "a legal hold"
        : "version-level immutability, where a default policy is set";
    const seen = versioned && !policy ? await this.#policyOfFirst() : null;
    if (seen !== null) return [seen];
    const detail = `${kept}; whether it is locked, and for how long, is said by the account's management alone`;
    return [{ what: "immutability", state: policy || hold ? "on" : "unknown", detail }];
  }

  async close(): Promise<void> {}

  /** What keeps the first batch, where blobs have policies of their own; null when there is no batch. */
  async #policyOfFirst(): Promise<Safeguard | null> {
    try {
      const { header } = await this.#send("look at the first batch", {
        method: "HEAD",
        path: this.#path("batch/000000000000"),
        most: 0,
      });
      const [until, mode] = [header("x-ms-immutability-policy-until-date"), header("x-ms-immutability-policy-mode")];
      if (until === undefined)
        return { what: "immutability", state: "off", detail: "the first batch is under no policy: set a default policy" };
      const locked = mode?.toLowerCase() === "locked";
      const detail = `the first batch is kept until ${until}, ${locked ? "locked" : "not locked: it can be shortened"}`;
      return { what: "immutability", state: locked ? "on" : "off", detail };
    } catch (error) {
      if (isRefusal(error, "BlobNotFound")) return null;
      throw error;
    }
  }

  /** The version of what was created first; null when nothing was, undefined when it cannot be known or there are no versions. */
  async #firstVersion(object: string): Promise<string | null | undefined> {
    try {
      const found = await this.#versions(object);
      const [first] = found.toSorted((one, other) => (one.version < other.version ? -1 : 1));
      if (first === undefined) return null;
      if (first.deleted)
        throw new StoreError(
          this.name,
          `${object} was deleted in container "${this.#options.container}": undelete it, or its first version`,
        );
      return first.version === "" ? undefined : first.version;
    } catch (error) {
      if (!isRefusal(error, "AuthorizationPermissionMismatch", "AuthorizationFailure", "FeatureNotSupportedForAccount"))
        throw error;
      this.#lists = false;
      return undefined;
    }
  }

  async #versions(object: string): Promise<readonly Listed[]> {
    const { container, prefix } = this.#options;
    const found: Listed[] = [];
    for (let marker = ""; ; ) {
      const query = new URLSearchParams({
        restype: "container",
        comp: "list",
        prefix: `${prefix}${object}`,
        include: "versions,deleted",
      });
      if (marker !== "") query.set("marker", marker);
      const request = { method: "GET", path: `${container}?${String(query).replaceAll("+", "%20")}`, most: PAGE_BYTES } as const;
      const page = (await this.#send(`list the versions of ${object}`, request)).body.toString();
      found.push(...listed(page).filter(({ name }) => name === `${prefix}${object}`));
      marker = textOf(page, "NextMarker");
      if (marker === "") return found;
    }
  }

  #path(object: string): string {
    const { container, prefix } = this.#options;
    return `${container}/${`${prefix}${checkName(object)}`.split("/").map(encodeURIComponent).join("/")}`;
  }

  async #send(what: string, request: AzureRequest): ReturnType<AzureRequests["send"]> {
    try {
      return await this.#requests.send(request);
    } catch (error) {
      const { account, container } = this.#options;
      const reason = error instanceof Error ? error.message : String(error);
      throw new StoreError(this.name, `cannot ${what} in container "${container}" of "${account}": ${reason}`, { cause: error });
    }
  }
}

type Listed = { readonly name: string; readonly version: string; readonly deleted: boolean };

function listed(page: string): Listed[] {
  return [...page.matchAll(/<Blob>(.*?)<\/Blob>/gs)].map(([, blob = ""]) => ({
    name: textOf(blob, "Name"),
    version: textOf(blob, "VersionId"),
    deleted: textOf(blob, "Deleted") === "true",
  }));
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Of the first element with that name. */
function textOf(xml: string, element: string): string {
  const text = new RegExp(`<${element}(?: [^>]*)?>([^<]*)</${element}>`).exec(xml)?.[1] ?? "";
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ENTITIES[name] ?? "");
}

function isRefusal(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof StoreError && error.cause instanceof AzureRefusal && codes.includes(error.cause.code);
}
