import { existsSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type JsonObject, parseCanonical } from "./bytes.ts";
import { Fault, type Findings, quote } from "./findings.ts";
import { digestOfFile, isPlainFile, readWhole, sizeOf } from "./folder.ts";
import { checkForm } from "./forms.ts";

const MAX_MANIFEST = 64 * 1024 * 1024;
const SCHEMA = "soc2-er/audit-bundle@1";
const OWN_FILES = ["README.md", "manifest.json", "verifier.cjs"];

/** What a bundle says of itself. Nothing of it is believed: it only tells damage on the way from what the log itself lacks. */
type Manifest = { readonly files: readonly JsonObject[] };

/** Whether the folder is what `audit export` makes, with the log's folder inside; else it is taken for the log's folder. */
export function isBundle(folder: string): boolean {
  const inside = lstatSync(join(folder, "log"), { throwIfNoEntry: false })?.isDirectory() ?? false;
  return inside && !existsSync(join(folder, "segments")) && !existsSync(join(folder, "batches"));
}

/** Compares the files of a bundle with its manifest. Returns the names of what stands beside them. */
export async function checkManifest(folder: string, findings: Findings): Promise<string[]> {
  const manifest = findings.check("manifest.json", () => readManifest(folder));
  for (const file of manifest?.files ?? []) {
    const name = String(file.name);
    if (!isPlainFile(join(folder, name))) findings.add("bundle-short", name, "the manifest lists it and it is not there");
    else if (sizeOf(folder, name) !== file.bytes || (await digestOfFile(folder, name)) !== file.digest)
      findings.add("bundle-differs", name, "it has other bytes than the manifest says");
  }
  return readdirSync(folder)
    .filter((name) => name !== "log" && !OWN_FILES.includes(name))
    .sort();
}

function readManifest(folder: string): Manifest {
  const bytes = readWhole(join(folder, "manifest.json"), MAX_MANIFEST);
  if (bytes === null) throw new Fault("bundle-short", "the manifest is not there: the bundle is not whole");
  const manifest = parseCanonical(bytes);
  if (manifest.schema !== SCHEMA) throw new Fault("form", `the manifest is ${quote(manifest.schema)}, not "${SCHEMA}"`);
  checkForm("manifest", manifest, "files:list genesis:digest mode:mode origin:text schema:text tool:text");
  const files = manifest.files as JsonObject[];
  for (const file of files) {
    checkForm("file in the manifest", file, "bytes:count digest:digest name:text");
    if (!isInside(String(file.name))) throw new Fault("form", `the manifest lists ${quote(file.name)}`);
  }
  return { files };
}

/** A name that cannot lead out of the bundle. */
function isInside(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9.-]*(\/[A-Za-z0-9][A-Za-z0-9.-]*){0,4}$/.test(name);
}
