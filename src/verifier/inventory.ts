import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { isObject, type Json, type JsonObject } from "./bytes.ts";
import { isTooLong } from "./folder.ts";

/** One version of an object, or a delete marker. */
export type Version = {
  /** Below the prefix of the store. */
  readonly key: string;
  readonly version: string;
  /** When it was made, in milliseconds. */
  readonly at: number;
  readonly marker: boolean;
  readonly bytes: number | null;
  readonly etag: string | null;
  /** In hex; null where the list does not say it. */
  readonly sha256: string | null;
  /** Null: there is none; undefined: the list does not say. `until` in milliseconds. */
  readonly lock: { readonly mode: string; readonly until: number } | null | undefined;
};

export type Inventory = {
  /** Where it is from, as the list says. */
  readonly store: string;
  /** The days for which the bucket locks new objects by itself; null where the list does not say. */
  readonly days: number | null;
  /** By key, in the order of the list: a store lists the newest version of a key first. */
  readonly objects: ReadonlyMap<string, readonly Version[]>;
};

const SCHEMA = "soc2-er/store-versions@1";
const MOST_LINE = 64 * 1024;
/** What stands in a store below its prefix. */
const NAME = /(?:^|\/)((?:batch|checkpoint)\/\d{12}|blob\/sha256\/[0-9a-f]{64})$/;

/** The list is no list: the asker gave another file, and there is no verdict over that. */
export class NoInventory extends Error {
  override readonly name = "NoInventory";
}

/** Reads a list of versions: that of `soc2-er audit export --inventory`, or what `aws s3api list-object-versions` prints. */
export async function readInventory(path: string): Promise<Inventory> {
  const first = await firstLine(path);
  const head = objectOf(first);
  if (head?.schema === SCHEMA) return readLines(path, head);
  if (isTooLong(path)) throw new NoInventory(`${path}: the list is too long: use that of "soc2-er audit export --inventory"`);
  const list = objectOf(await readFile(path, "utf8"));
  if (list === null || !(Array.isArray(list.Versions) || Array.isArray(list.DeleteMarkers)))
    throw new NoInventory(
      `${path}: neither a list by "soc2-er audit export --inventory" nor one by "aws s3api list-object-versions"`,
    );
  return readAws(list, path);
}

async function readLines(path: string, { bucket, prefix, rule }: JsonObject): Promise<Inventory> {
  const objects = new Map<string, Version[]>();
  let number = 1;
  for await (const line of linesOf(path)) {
    if (number++ === 1) continue;
    const version = versionOf(objectOf(line));
    if (version === null) throw new NoInventory(`${path}: line ${number - 1} is no version of an object`);
    add(objects, version);
  }
  const days = isObject(rule) && typeof rule.days === "number" ? rule.days : null;
  return { store: `${String(bucket)}/${String(prefix)}`, days, objects };
}

function versionOf(value: JsonObject | null): Version | null {
  if (value === null || typeof value.key !== "string" || typeof value.version !== "string") return null;
  const { key, version, at, marker, bytes, etag, sha256, lock } = value;
  return {
    ...{ key, version, at: Date.parse(String(at)), marker: marker === true, bytes: numberOf(bytes) },
    ...{ etag: textOf(etag), sha256: textOf(sha256) },
    lock: isObject(lock) ? { mode: String(lock.mode), until: Date.parse(String(lock.until)) } : lock === null ? null : undefined,
  };
}

/** The command prints whole keys and not what it was asked for: the prefix is what stands before the names of a log's objects. */
function readAws({ Versions, DeleteMarkers }: JsonObject, path: string): Inventory {
  const found: Version[] = [...listOf(Versions), ...listOf(DeleteMarkers)].map((one) => ({
    ...{ key: String(one.Key), version: String(one.VersionId), at: Date.parse(String(one.LastModified)) },
    ...{ marker: !("Size" in one), bytes: numberOf(one.Size), etag: textOf(one.ETag)?.replaceAll('"', "") ?? null },
    ...{ sha256: null, lock: undefined },
  }));
  const prefixes = new Set(found.flatMap(({ key }) => (NAME.test(key) ? [key.replace(NAME, "")] : [])));
  const [prefix = ""] = [...prefixes].sort((left, right) => left.length - right.length || (left < right ? -1 : 1));
  const other = [...prefixes].find((one) => !one.startsWith(prefix));
  if (other !== undefined)
    throw new NoInventory(`${path}: the list is of several logs, "${prefix}" and "${other}": list one with --prefix`);
  const below = prefix === "" ? "" : `${prefix}/`;
  const objects = new Map<string, Version[]>();
  for (const version of found)
    add(objects, { ...version, key: version.key.startsWith(below) ? version.key.slice(below.length) : version.key });
  return { store: `…/${below}`, days: null, objects };
}

function add(objects: Map<string, Version[]>, version: Version): void {
  const known = objects.get(version.key);
  if (known === undefined) objects.set(version.key, [version]);
  else known.push(version);
}

async function firstLine(path: string): Promise<string> {
  for await (const line of linesOf(path)) return line;
  return "";
}

/** Lines without their ends. One that is too long ends the reading: nobody asks for what comes after it. */
async function* linesOf(path: string): AsyncGenerator<string, void> {
  let rest = "";
  for await (const chunk of createReadStream(path, { encoding: "utf8" })) {
    const lines = `${rest}${String(chunk)}`.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
    if (rest.length > MOST_LINE) break;
  }
  if (rest !== "") yield rest.slice(0, MOST_LINE);
}

function objectOf(text: string): JsonObject | null {
  try {
    const value = JSON.parse(text) as Json;
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function listOf(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter((one) => isObject(one)) : [];
}

function textOf(value: Json | undefined): string | null {
  return typeof value === "string" ? value : null;
}

function numberOf(value: Json | undefined): number | null {
  return typeof value === "number" ? value : null;
}
