import { createHash } from "node:crypto";

export type Lock = { readonly mode: "COMPLIANCE" | "GOVERNANCE"; readonly until: number };
/** `body` is null in a delete marker. */
export type Version = { readonly id: string; readonly at: number; readonly body: Buffer | null; lock: Lock | null };

/** What S3 refuses, as it says it. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message = code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const noSuchKey = () => new Refusal(404, "NoSuchKey", "The specified key does not exist.");

/**
 * One bucket with the rules that a store of the log relies on: a conditional write and its check are one step, versions stay
 * beneath delete markers, and what is locked in compliance mode is neither deleted nor unlocked by anybody.
 */
export class Bucket {
  readonly #keys = new Map<string, Version[]>();
  #versioning: "Enabled" | "Suspended" | null = null;
  #count = 0;
  /** Object Lock, and the retention of what is put. */
  lock: { readonly retention: { readonly mode: Lock["mode"]; readonly days: number } | null } | null = null;
  /** As a bucket policy that demands `If-None-Match` in every write. */
  conditionalOnly = false;

  get versioning(): "Enabled" | "Suspended" | null {
    return this.#versioning;
  }

  set versioning(status: "Enabled" | "Suspended" | null) {
    if (this.lock !== null && status !== "Enabled")
      throw new Refusal(409, "InvalidBucketState", "An Object Lock configuration is present on this bucket.");
    this.#versioning = status;
  }

  /** Newest first. */
  versions(key: string): readonly Version[] {
    return this.#keys.get(key) ?? [];
  }

  keys(prefix = ""): string[] {
    return [...this.#keys.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  /** `blindly`: as the services do that check first and write later, with another's write in between. */
  put(key: string, body: Buffer, { ifNoneMatch, blindly = false }: { ifNoneMatch: boolean; blindly?: boolean }): Version {
    if (this.conditionalOnly && !ifNoneMatch) throw new Refusal(403, "AccessDenied", "explicit deny in a resource-based policy");
    if (ifNoneMatch && !blindly && this.versions(key)[0]?.body)
      throw new Refusal(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold");
    const retention = this.lock?.retention;
    const lock = retention ? { mode: retention.mode, until: Date.now() + retention.days * 86_400_000 } : null;
    return this.#add(key, body, lock);
  }

  get(key: string, id: string | null): Version {
    const [latest] = this.versions(key);
    const version = id === null ? latest : this.versions(key).find((one) => one.id === id);
    if (version === undefined && id !== null) throw new Refusal(404, "NoSuchVersion");
    if (version === undefined || (id === null && version.body === null)) throw noSuchKey();
    if (version.body === null) throw new Refusal(405, "MethodNotAllowed");
    return version;
  }

  /** Without a version: a marker over what is there, or over nothing. */
  delete(key: string, id: string | null): void {
    if (id === null && this.#versioning === null) this.#keys.delete(key);
    else if (id === null) this.#add(key, null, null);
    else {
      const version = this.versions(key).find((one) => one.id === id);
      if (version?.lock && version.lock.until > Date.now())
        throw new Refusal(403, "AccessDenied", "Access Denied because object protected by object lock.");
      const left = this.versions(key).filter((one) => one.id !== id);
      if (left.length > 0) this.#keys.set(key, left);
      else this.#keys.delete(key);
    }
  }

  retain(key: string, id: string | null, lock: Lock): void {
    const version = this.get(key, id);
    const before = version.lock;
    if (before?.mode === "COMPLIANCE" && before.until > Date.now() && (lock.mode !== "COMPLIANCE" || lock.until < before.until))
      throw new Refusal(403, "AccessDenied", "Access Denied because object protected by object lock.");
    version.lock = lock;
  }

  #add(key: string, body: Buffer | null, lock: Lock | null): Version {
    const version = { id: this.#versioning === "Enabled" ? this.#id() : "null", at: Date.now(), body, lock };
    this.#keys.set(key, [version, ...this.versions(key).filter(({ id }) => id !== version.id)]);
    return version;
  }

  #id(): string {
    return createHash("sha256")
      .update(String(++this.#count))
      .digest("base64url")
      .slice(0, 32);
  }
}
