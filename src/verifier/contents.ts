import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseCanonical } from "./bytes.ts";
import { Fault, type Findings, quote } from "./findings.ts";
import { digestOfFile, filesIn, foldersIn, numbered, oddIn, readWhole, sizeOf } from "./folder.ts";
import { checkForm } from "./forms.ts";
import { voidIn } from "./voids.ts";

/** What the machine wrote down about its log when it first saw it. */
export type Pin = { readonly origin: string; readonly mode: string; readonly genesis: string };

export function readPin(folder: string, findings: Findings): Pin | null {
  return findings.check("genesis.json", () => {
    const bytes = readWhole(join(folder, "genesis.json"), 65_536);
    if (bytes === null) throw new Fault("pin-missing", "the file that pins the founding entry is not there");
    const pin = parseCanonical(bytes);
    checkForm("pin", pin, "origin:text mode:mode genesis:digest");
    return pin as Pin;
  });
}

/** The names of the blobs whose content is what their name says. */
export async function checkBlobs(folder: string, findings: Findings): Promise<Set<string>> {
  const blobs = join(folder, "blobs", "sha256");
  const intact = new Set<string>();
  for (const name of numbered(blobs, /^[0-9a-f]{64}$/)) {
    if ((await digestOfFile(blobs, name)) === `sha256:${name}`) intact.add(name);
    else findings.add("blob", `blobs/sha256/${name}`, "its content is not what its name says");
  }
  return intact;
}

/** A torn tail that was cut off, as the entry `recovery.truncated` of this machine names it. */
export type Truncation = { readonly at: string; readonly segment: string; readonly bytes: number; readonly digest: string };

/** What was cut off segments is kept, and each cut is in the log: the two must agree. */
export async function checkQuarantine(folder: string, truncations: readonly Truncation[], findings: Findings): Promise<void> {
  const quarantine = join(folder, "quarantine");
  const left = new Map<string, { digest: string | null; bytes: number }>();
  for (const name of filesIn(quarantine))
    left.set(name, { digest: await digestOfFile(quarantine, name), bytes: sizeOf(quarantine, name) });
  for (const { at, segment, bytes, digest } of truncations) {
    const ofSegment = [...left].filter(([name]) => name.startsWith(`${segment}-`));
    const found = ofSegment.find(([, file]) => file.digest === digest && file.bytes === bytes);
    const altered = ofSegment.find(([, file]) => file.bytes === bytes);
    if (found !== undefined) left.delete(found[0]);
    else if (altered === undefined)
      findings.add("quarantine-missing", at, `the ${bytes} bytes cut off ${quote(segment)} are not kept`);
    else {
      findings.add("quarantine", `quarantine/${altered[0]}`, `it is not what was cut off ${quote(segment)}`);
      left.delete(altered[0]);
    }
  }
  for (const name of left.keys())
    findings.add("truncation-unrecorded", `quarantine/${name}`, "no entry tells of this cut: the process that made it died");
}

/** A copy of a remote store in a folder: it must have the batches that this machine knows, and the plans they name. */
export type StoreFolder = { readonly name: string; readonly folder: string };

export type HomeFacts = {
  readonly batches: ReadonlyMap<number, string>;
  /** Of the void slots between them. */
  readonly voids: ReadonlyMap<number, string>;
  /** One more than the number of the last batch. */
  readonly next: number;
  readonly plans: Iterable<string>;
};

export async function checkStore(store: StoreFolder, home: HomeFacts, findings: Findings): Promise<void> {
  const batches = join(store.folder, "batch");
  const names = numbered(batches, /^\d{12}$/);
  const there = new Set(names);
  for (const [number, digest] of home.batches) {
    const name = String(number).padStart(12, "0");
    const at = `${store.name}: batch/${name}`;
    if (!there.has(name)) findings.add("store-short", at, "the store lacks a batch that this machine saw");
    else if ((await digestOfFile(batches, name)) !== digest)
      findings.add("store-differs", at, "the store has another batch than this machine saw");
  }
  checkVoids(store, home, findings);
  const behind = names.filter((name) => Number(name) >= home.next);
  const ahead = behind.filter((name, index) => Number(name) === home.next + index);
  if (ahead.length > 0)
    findings.add(
      "store-ahead",
      `${store.name}: batch/${ahead[0]}`,
      `the store has ${ahead.length} objects behind the last batch that this machine saw`,
    );
  for (const name of behind.slice(ahead.length))
    findings.add("store-stray", `${store.name}: batch/${name}`, "it stands behind a number that is free: nobody reads it");
  const blobs = join(store.folder, "blob", "sha256");
  const stored = new Set(numbered(blobs, /^[0-9a-f]{64}$/));
  for (const name of stored)
    if ((await digestOfFile(blobs, name)) !== `sha256:${name}`)
      findings.add("store-differs", `${store.name}: blob/sha256/${name}`, "its content is not what its name says");
  for (const digest of home.plans)
    if (!stored.has(digest.slice("sha256:".length)))
      findings.add(
        "store-short",
        `${store.name}: blob/${digest.replace(":", "/")}`,
        "the store lacks a plan that its batches name",
      );
}

/** What a void slot holds must be what the next batch named, or stay named by a mark. */
function checkVoids(store: StoreFolder, { voids }: HomeFacts, findings: Findings): void {
  for (const [number, digest] of voids) {
    const name = String(number).padStart(12, "0");
    const at = `${store.name}: batch/${name}`;
    if (!existsSync(join(store.folder, "batch", name)))
      findings.add("store-short", at, "the store lacks what stood in a void slot: who comes anew takes the number for free");
    else if (voidIn(join(store.folder, "batch"), name, number).digest !== digest)
      findings.add("store-differs", at, "the store has something else in a void slot than the next batch named");
  }
}

const FORMS: readonly (readonly [folder: string, names: RegExp])[] = [
  ["", /^(genesis\.json|ballast|lock|sync\.lock)$/],
  ["segments", /^\d{10}\.wal$/],
  ["batches", /^\d{12}(\.void)?$/],
  ["pins", /^\d{12}$/],
  ["checkpoints", /^\d{12}$/],
  ["blobs/sha256", /^[0-9a-f]{64}$/],
];
const FOLDERS = ["segments", "batches", "blobs", "forward", "quarantine", "stores", "pins", "checkpoints"];

/** Folders that other versions and other parties may put beside the log, which this one does not read. */
const UNREAD: Readonly<Record<string, string>> = {
  anchor: "time stamps of third parties",
  cosig: "signatures of witnesses",
  tile: "tiles of the tree",
};

/** What has the name of a part of the log and is a link, a folder or a device is not read: whoever put it there hides what was there. */
export function checkKinds(folder: string, findings: Findings): void {
  for (const [part, names] of FORMS)
    for (const name of oddIn(join(folder, part)).filter((one) => names.test(one)))
      findings.add("form", join(part, name), "it is no plain file");
}

/** Files and folders that are no part of a log. */
export function strangers(folder: string): string[] {
  const folders = foldersIn(folder).filter((name) => !FOLDERS.includes(name) && !Object.hasOwn(UNREAD, name));
  const files = FORMS.flatMap(([part, names]) =>
    filesIn(join(folder, part))
      .filter((name) => !names.test(name))
      .map((name) => join(part, name)),
  );
  return [...folders.map((name) => `${name}/`), ...files];
}

/** What lies beside the log and is not read, in words. */
export function unread(folder: string): string[] {
  return foldersIn(folder)
    .filter((name) => Object.hasOwn(UNREAD, name))
    .map((name) => `${UNREAD[name]}: this version does not read ${name}/`);
}
