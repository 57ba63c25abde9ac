import { join, resolve } from "node:path";
import {
  type EntryFormat,
  entryLines,
  inventory,
  openReader,
  type Selection,
  writeBundle,
  writeStream,
} from "../../audit/index.ts";
import type { Config } from "../../config/index.ts";
import { compact, ErError, EXIT, type Instant } from "../../model/index.ts";
import { plural, tame } from "../../terminal/index.ts";
import type { Globals } from "../command.ts";
import { type Context, withContext } from "../context.ts";

/** An auditor's new machine takes the whole log from the store first. */
const REFRESH_MS = 60_000;
const SCHEMA = "soc2-er/audit-export@1";

/** `inventory` is true when given without a store's name. */
export type ExportOptions = {
  readonly out: string;
  readonly inventory?: string | true;
  readonly format?: "bundle" | EntryFormat;
  readonly incident?: string;
  readonly since?: string;
};

export async function run(_args: readonly string[], options: ExportOptions, globals: Globals): Promise<number> {
  const { format = "bundle", inventory: named, out } = options;
  if (named !== undefined && options.format !== undefined) throw both("--inventory", "--format");
  const selection = compact({ incident: options.incident, since: sinceOf(options.since) });
  const [narrowed] = Object.keys(selection);
  if (format === "bundle" && narrowed !== undefined)
    throw both(named === undefined ? "a bundle" : "--inventory", `--${narrowed}`, "only the whole log can be verified");
  return withContext(globals, (context) => {
    if (named !== undefined) return exportInventory(context, out, named);
    return format === "bundle" ? exportBundle(context, out) : exportEntries(context, out, format, selection);
  });
}

function both(left: string, right: string, why = "they are two exports"): ErError {
  return new ErError("usage", `${left} does not go with ${right}: ${why}`, {
    hints: ["soc2-er audit export --format ocsf --incident ID --out events.ndjson", "soc2-er audit export --out FOLDER"],
  });
}

/** A day begins at midnight UTC. */
function sinceOf(text: string | undefined): Instant | undefined {
  if (text === undefined) return undefined;
  const at = new Date(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00.000Z` : text);
  const whole = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z)?$/.test(text);
  if (whole && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text.slice(0, 10))) return at.toISOString() as Instant;
  throw new ErError("usage", `--since "${text}" is neither a day nor an instant in UTC`, {
    hints: ["--since 2026-10-01", "--since 2026-10-01T03:12:00Z"],
  });
}

async function exportEntries(context: Context, out: string, format: EntryFormat, selection: Selection): Promise<number> {
  const { globals, home, origin, mode, clock } = context;
  await context.reader();
  const reader = await openReader({ home, origin, mode, clock, stores: await context.stores(), refreshMs: REFRESH_MS });
  try {
    const lines = await writeStream(resolve(globals.cwd, out), entryLines(reader.sealed(), format, selection));
    const count = format === "csv" ? lines - 1 : lines;
    globals.output.result({ schema: SCHEMA, format, out, origin, lines: count, next: [] }, ({ paint }) => [
      `${paint.green("✔")} ${tame(out)}: ${plural(count, "entry", "entries")} of ${origin} as ${format}`,
    ]);
    return EXIT.ok;
  } finally {
    await reader.close();
  }
}

async function exportBundle(context: Context, out: string): Promise<number> {
  const { globals, home, tool } = context;
  await refresh(context);
  const verifier = join(globals.package, "verifier.cjs");
  const bundle = await writeBundle({ home, out: resolve(globals.cwd, out), verifier, tool });
  const verify = ["soc2-er", "audit", "verify", "--bundle", out];
  const next = out.endsWith(".tar") ? [] : [{ argv: [...verify, "--genesis", bundle.genesis] }];
  globals.output.result({ schema: SCHEMA, format: "bundle", out, ...bundle, next }, ({ paint }) => [
    `${paint.green("✔")} ${tame(out)}: the log ${bundle.origin}, ${plural(bundle.files, "file")}, ${bundle.bytes} bytes`,
    `  founded by ${bundle.genesis}`,
    `  manifest ${bundle.manifest}`,
  ]);
  return EXIT.ok;
}

/** Mirrors what the store has. A log that does not hold is handed over all the same: it is evidence of that. */
async function refresh(context: Context): Promise<void> {
  if (!(await context.findLog())) return;
  const { home, origin, mode, clock } = context;
  try {
    const reader = await openReader({ home, origin, mode, clock, stores: await context.stores(), refreshMs: REFRESH_MS });
    await reader.close();
  } catch (error) {
    if (!(error instanceof ErError) || error.code !== "audit-broken") throw error;
    context.globals.output.warn(error.message);
  }
}

/** Needs no log here and none of the organization's keys: an auditor runs it with a role of their own. */
async function exportInventory(context: Context, out: string, named: string | true): Promise<number> {
  const { globals, config, clock, origin } = context;
  const { bucket, region, prefix } = bucketOf(config, named);
  const below = prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
  const lines = inventory({ bucket, region, prefix: below, clock, env: globals.env });
  const versions = (await writeStream(resolve(globals.cwd, out), lines)) - 1;
  const next = [{ argv: ["soc2-er", "audit", "verify", "--versions", out] }];
  const store = `s3:${bucket}/${below}`;
  globals.output.result({ schema: SCHEMA, format: "inventory", out, origin, store, versions, next }, ({ paint }) => [
    `${paint.green("✔")} ${tame(out)}: ${plural(versions, "version")} in ${store}`,
  ]);
  return EXIT.ok;
}

function bucketOf({ audit }: Config, named: string | true): { bucket: string; region: string; prefix: string } {
  const buckets = audit.stores.filter((store) => store.kind === "s3");
  const found = named === true ? buckets[0] : buckets.find(({ bucket }) => bucket === named);
  if (found !== undefined) return found;
  const has = buckets.length === 0 ? "there is none" : `there are ${buckets.map(({ bucket }) => bucket).join(", ")}`;
  throw new ErError(
    "usage",
    `no audit store of kind s3 ${named === true ? "" : `with the bucket "${named}" `}is configured: ${has}`,
    {
      hints: ["audit: { stores: [ { kind: s3, bucket: …, region: … } ] } in the organization's file"],
    },
  );
}
