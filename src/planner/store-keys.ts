import type { StoreConfig } from "../config/index.ts";
import { type Change, type Check, ErError, type Selection, sameJson } from "../model/index.ts";
import { ProviderError, type ReadScope } from "../providers/index.ts";
import type { Callers } from "./callers.ts";
import { keyOfBucket } from "./directory.ts";
import { type Ask, newlyDenied } from "./policy-access.ts";

type Store = Extract<StoreConfig, { kind: "s3" }>;
type Key = Extract<Selection, { kind: "aws.kms-key" }>;

/**
 * Errors: `self-lockout` when a change takes the key of a bucket that holds the audit log from who writes it. Looked for is the key
 * that the bucket encrypts with by default; where that is not told, or not certainly another, the plan says so.
 */
export async function guardStoreKeys(
  changes: readonly Change[],
  stores: readonly StoreConfig[],
  callers: Pick<Callers, "arns" | "sources">,
  selectionOf: (change: Change) => Selection | null,
  scope: ReadScope,
): Promise<Check[]> {
  const keys = changes.flatMap((change) => {
    const selection = selectionOf(change);
    return selection?.kind === "aws.kms-key" ? [{ change, selection }] : [];
  });
  if (keys.length === 0) return [];
  const checks: Check[] = [];
  for (const store of stores) {
    if (store.kind !== "s3") continue;
    const found = await lookUp(store, keys[0]?.selection.account ?? "", scope);
    const verdicts = keys.map(({ change, selection }) => judge(change, selection, store, callers, found));
    const id = `audit-key:${store.bucket}`;
    const detail = `bucket "${store.bucket}" of the audit log`;
    checks.push(
      verdicts.every((spared) => spared === "spared")
        ? { id, level: "read-only", status: "passed", detail: `${detail} keeps the key that it encrypts with by default` }
        : { id, level: "read-only", status: "not-checkable", detail: `${detail}: could not tell whether its key is touched` },
    );
  }
  return checks;
}

/** `unknown` when the bucket's owner does not tell us; null where no key of the customer's is used. */
async function lookUp(store: Store, account: string, scope: ReadScope): Promise<string | null | "unknown"> {
  const owner = store.account ?? /^arn:[^:]+:iam::(\d{12}):/.exec(store.role ?? "")?.[1] ?? account;
  try {
    return await keyOfBucket(scope, { account: owner, region: store.region, bucket: store.bucket });
  } catch (error) {
    if (error instanceof ProviderError) return "unknown";
    throw error;
  }
}

function judge(
  change: Change,
  selection: Key,
  store: Store,
  callers: Pick<Callers, "arns" | "sources">,
  found: string | null | "unknown",
): "spared" | "unknown" {
  if (sameJson(change.before, change.after)) return "spared";
  if (found === "unknown") return "unknown";
  if (found === null || found === "alias/aws/s3" || found.endsWith(":alias/aws/s3")) return "spared";
  const same = isKey(found, change, selection);
  if (same === "unknown") return "unknown";
  if (!same) return "spared";
  const writers = store.role === undefined ? (callers.sources.length > 0 ? callers.sources : callers.arns) : [store.role];
  if (writers.length === 0) return "unknown";
  const arn = `arn:aws:kms:${selection.region}:${selection.account}:key/${change.resource.id}`;
  const asks: Ask[] = ["kms:GenerateDataKey", "kms:Decrypt"].map((action) => ({ action, resource: arn }));
  for (const writer of writers) {
    const denied = change.resource.type === "kms-key" ? asks[0] : newlyDenied(change, writer, selection.account, asks);
    if (denied === "unknown") return "unknown";
    if (denied) refuse(selection, store, writer, denied);
  }
  return "spared";
}

/** A bucket may name its key by id or by alias, which only KMS could resolve: another alias may stand for the same key. */
function isKey(found: string, change: Change, { alias, region, account }: Key): boolean | "unknown" {
  const [, ownRegion = region, ownAccount = account, name = found] = /^arn:[^:]+:kms:([^:]+):([^:]+):(.+)$/.exec(found) ?? [];
  if (ownRegion !== region || ownAccount !== account) return false;
  if (name.startsWith("alias/")) return name === alias ? true : "unknown";
  return name.replace(/^key\//, "") === change.resource.id;
}

function refuse({ alias }: Key, { bucket }: Store, writer: string, { action, resource }: Ask): never {
  throw new ErError(
    "self-lockout",
    `bucket "${bucket}" of the audit log is encrypted with key "${alias}": it must stay writable`,
    {
      hints: ["encrypt the audit log's bucket with a key of its own"],
      detail: { principal: writer, action, resource },
    },
  );
}
