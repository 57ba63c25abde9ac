import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";

/** One release of each older line that the verifier promises to run on. */
const RELEASES: Readonly<Record<number, string>> = { 20: "20.20.2", 22: "22.23.5" };
const FOLDER = join(import.meta.dirname, "../.nodes");
const PATIENCE_MS = 180_000;

export type OtherNode = { readonly node: string } | { readonly missing: string };

/** A Node of an older line: this machine's, else one from npm in a folder of the project's own, fetched at the first use. */
export function otherNode(major: number): OtherNode {
  const version = RELEASES[major] ?? String(major);
  const place = join(FOLDER, version);
  const own = join(place, "bin/node");
  const found = [own, ...onPath()].find((node) => existsSync(node) && majorOf(node) === major);
  if (found !== undefined) return { node: found };
  const why = fetched(`node-${process.platform}-${process.arch}`, version, place);
  if (majorOf(own) === major) return { node: own };
  return { missing: `Node ${major} is neither on the path nor could it be fetched: ${why}` };
}

function onPath(): string[] {
  return (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "node"));
}

function majorOf(node: string): number | null {
  const { stdout, status } = spawnSync(node, ["--version"], { encoding: "utf8" });
  return status === 0 ? Number(/^v(\d+)\./.exec(stdout)?.[1] ?? Number.NaN) : null;
}

/** Made apart and put in place whole: another file of tests may be at it too. */
function fetched(name: string, version: string, place: string): string {
  mkdirSync(FOLDER, { recursive: true });
  const draft = mkdtempSync(join(FOLDER, "draft-"));
  try {
    const args = ["install", "--prefix", draft, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", `${name}@${version}`];
    const { status, stderr, error } = spawnSync("npm", args, { encoding: "utf8", timeout: PATIENCE_MS });
    if (status !== 0) return error?.message ?? stderr.trim().split("\n").at(-1) ?? "npm failed";
    if (!existsSync(place)) renameSync(join(draft, "node_modules", name), place);
    return "";
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
