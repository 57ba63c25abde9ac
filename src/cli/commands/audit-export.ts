import { join, resolve } from "node:path";
import { openReader, writeBundle } from "../../audit/index.ts";
import { ErError, EXIT } from "../../model/index.ts";
import { plural, tame } from "../../terminal/index.ts";
import type { Globals } from "../command.ts";
import { type Context, withContext } from "../context.ts";

/** An auditor's new machine takes the whole log from the store first. */
const REFRESH_MS = 60_000;

export type ExportOptions = { readonly out: string };

export async function run(_args: readonly string[], { out }: ExportOptions, globals: Globals): Promise<number> {
  return withContext(globals, async (context) => {
    const place = resolve(globals.cwd, out);
    await refresh(context);
    const verifier = join(globals.package, "verifier.cjs");
    const bundle = await writeBundle({ home: context.home, out: place, verifier, tool: context.tool });
    const verify = ["soc2-er", "audit", "verify", "--bundle", out];
    const next = out.endsWith(".tar") ? [] : [{ argv: [...verify, "--genesis", bundle.genesis] }];
    globals.output.result({ schema: "soc2-er/audit-export@1", format: "bundle", out, ...bundle, next }, ({ paint }) => [
      `${paint.green("✔")} ${tame(out)}: the log ${bundle.origin}, ${plural(bundle.files, "file")}, ${bundle.bytes} bytes`,
      `  founded by ${bundle.genesis}`,
      `  manifest ${bundle.manifest}`,
    ]);
    return EXIT.ok;
  });
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
