import type { HomeFacts } from "./contents.ts";
import { type Findings, quote } from "./findings.ts";
import type { Inventory, Version } from "./inventory.ts";

const NAME = /^(?:batch|checkpoint)\/\d{12}$|^blob\/sha256\/[0-9a-f]{64}$/;
const DAY_MS = 24 * 60 * 60_000;
/** Between the moment from which a store counts and the one that it notes. */
const SLACK_MS = 60 * 60_000;

/** What a list of versions could not tell. */
export type Untold = { readonly notes: readonly string[]; readonly checked: string };

/**
 * Holds what a store has, and ever had, against the log. A store that locks its objects lets nobody take a version away: what
 * was put over it, or hides it, stays to be seen, and only here. `days`: for how long objects must be locked, as the asker says.
 */
export function checkVersions(
  { store, days: rule, objects }: Inventory,
  home: HomeFacts,
  days: number | null,
  findings: Findings,
): Untold {
  const wanted = days ?? rule;
  const untold = { bytes: 0, locks: 0 };
  const others: string[] = [];
  let versions = 0;
  for (const key of [...objects.keys()].sort()) {
    const all = objects.get(key) ?? [];
    versions += all.length;
    if (!NAME.test(key)) {
      others.push(key);
      continue;
    }
    const [kept, ...over] = all.filter(({ marker }) => !marker).reverse();
    for (const { version, at } of all.filter(({ marker }) => marker))
      findings.add("delete-marker", place(key), `a delete marker hides it: version ${quote(version)} of ${said(at)}`);
    if (kept === undefined) continue;
    if (over.some((later) => !isSame(key, kept, later)))
      findings.add("slot-overwritten", place(key), `it was written over: ${[kept, ...over].map(name).join(", then ")}`);
    if (kept.sha256 === null) untold.bytes++;
    if (kept.lock === undefined) untold.locks++;
    checkBytes(key, kept, home, findings);
    checkLock(key, kept, wanted, findings);
  }
  checkLacking(objects, home, findings);
  return {
    checked: `${versions} versions of ${objects.size} objects in ${quote(store)} against overwriting, deleting and locks, as the list has them`,
    notes: [
      "whether the list of versions is whole and right: who took it vouches for it",
      ...(untold.bytes > 0
        ? [`whether ${untold.bytes} objects in the store have the bytes that are here: the list has no SHA-256 of them`]
        : []),
      ...(untold.locks > 0 ? [`whether ${untold.locks} objects in the store are locked: the list does not say`] : []),
      ...(wanted === null ? ["whether objects in the store are locked for long enough: nobody said how long that is"] : []),
      ...(others.length > 0
        ? [
            `${others.length} objects in the store that are no part of a log: ${others.slice(0, 5).map(quote).join(", ")}${others.length > 5 ? ", …" : ""}`,
          ]
        : []),
    ],
  };
}

/** A blob that was put a second time with the same bytes is the same blob; the slot of a batch is given once. */
function isSame(key: string, kept: Version, later: Version): boolean {
  if (!key.startsWith("blob/")) return false;
  if (kept.sha256 !== null && later.sha256 !== null) return kept.sha256 === later.sha256;
  return kept.etag !== null && kept.etag === later.etag && kept.bytes === later.bytes;
}

/** Of what stands in a void slot and is longer than a batch, the log names the digest of a part. */
const MOST_BYTES = 8 * 1024 * 1024;

function checkBytes(
  key: string,
  { sha256, version, bytes }: Version,
  { batches, voids, next }: HomeFacts,
  findings: Findings,
): void {
  if (sha256 === null) return;
  const [kind = "", ...rest] = key.split("/");
  const number = Number(rest[0]);
  if (!batches.has(number) && voids.has(number) && (bytes ?? 0) > MOST_BYTES) return;
  const batch = batches.get(number) ?? voids.get(number);
  const here = kind === "batch" ? batch?.slice("sha256:".length) : kind === "blob" ? rest[1] : undefined;
  if (here !== undefined && here !== sha256)
    findings.add("store-differs", place(key), `version ${quote(version)} has the SHA-256 ${quote(sha256)}, here it is ${here}`);
  else if (kind === "batch" && here === undefined && number < next)
    findings.add("batch-missing", place(key), "the store has it, and it is not here");
}

function checkLock(key: string, { at, lock, version }: Version, days: number | null, findings: Findings): void {
  const which = `version ${quote(version)}`;
  if (lock === undefined) return;
  if (lock === null) findings.add("retention", place(key), `${which} is not locked: it can be deleted`);
  else if (lock.mode !== "COMPLIANCE")
    findings.add("retention", place(key), `${which} is locked in mode ${quote(lock.mode)}: who may bypass that can delete it`);
  else if (days !== null && !(lock.until - at >= days * DAY_MS - SLACK_MS))
    findings.add("retention", place(key), `${which} of ${said(at)} is locked until ${said(lock.until)}, not for ${days} days`);
}

function checkLacking(objects: Inventory["objects"], { batches, next, plans }: HomeFacts, findings: Findings): void {
  const has = (key: string): boolean => (objects.get(key) ?? []).some(({ marker }) => !marker);
  for (const number of [...batches.keys()].map((one) => `batch/${String(one).padStart(12, "0")}`))
    if (!has(number)) findings.add("store-short", place(number), "the store lacks a batch that is here");
  for (const digest of plans) {
    const key = `blob/${digest.replace(":", "/")}`;
    if (!has(key)) findings.add("store-short", place(key), "the store lacks a plan that its batches name");
  }
  const ahead = [...objects.keys()].filter((key) => /^batch\/\d{12}$/.test(key) && Number(key.slice(6)) >= next).sort();
  if (ahead.length > 0)
    findings.add("store-ahead", place(ahead[0] ?? ""), `the store has ${ahead.length} batches that are not here`);
}

function name({ version, at, bytes, etag }: Version): string {
  return `version ${quote(version)} of ${said(at)} (${bytes ?? "?"} bytes, ETag ${quote(etag ?? "?")})`;
}

function said(at: number): string {
  return Number.isNaN(new Date(at).getTime()) ? "an unknown time" : new Date(at).toISOString();
}

function place(key: string): string {
  return `versions: ${key}`;
}
