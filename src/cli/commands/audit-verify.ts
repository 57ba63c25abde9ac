import { resolve } from "node:path";
import { verifyBundle, verifyLog } from "../../audit/index.ts";
import { compact, ErError, isSystemError, quote, reasonOf } from "../../model/index.ts";
import { plural, tame, wrap } from "../../terminal/index.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";
import { readNoteFile } from "../note-file.ts";

/** The verifier's own exit codes: an auditor's script tells declared gaps from tampering by them. */
const VERDICT_EXIT = { verified: 0, "verified-with-gaps": 10, incomplete: 20, tampered: 30 } as const;

export type VerifyOptions = {
  readonly bundle?: string;
  readonly genesis?: string;
  readonly versions?: string;
  readonly retention?: string;
  readonly population?: string;
  readonly checkpoint?: string;
  readonly logKey?: string;
};

type Verification = Awaited<ReturnType<typeof verifyLog>>;

export async function run(_args: readonly string[], options: VerifyOptions, globals: Globals): Promise<number> {
  const at = (path: string | undefined): string | undefined => (path === undefined ? undefined : resolve(globals.cwd, path));
  const [folder, population, versions] = [at(options.bundle), at(options.population), at(options.versions)];
  const asked = compact({
    genesis: digestOf(options.genesis),
    ...{ versions, retention: daysOf(options.retention), population },
    logKey: options.logKey,
    checkpoints: await notesOf(at(options.checkpoint)),
  });
  if (folder !== undefined) return answer(globals, await refusing(null, () => verifyBundle({ folder, ...asked })));
  return withContext(globals, async (context) => {
    const { home, origin } = context;
    const stores = await context.stores();
    return answer(globals, await refusing([population, versions], () => verifyLog({ home, origin }, stores, asked)));
  });
}

function digestOf(text: string | undefined): string | undefined {
  if (text === undefined || /^sha256:[0-9a-f]{64}$/.test(text)) return text;
  throw new ErError("usage", `--genesis "${text}" is not a digest: sha256: and 64 hex digits`, {
    hints: ["soc2-er audit show 1   # the founding entry of the log here"],
  });
}

function daysOf(text: string | undefined): number | undefined {
  if (text === undefined || /^[1-9]\d{0,5}$/.test(text)) return text === undefined ? undefined : Number(text);
  throw new ErError("usage", `--retention "${text}" is not a number of days`, {
    hints: ["soc2-er audit verify --versions versions.ndjson --retention 2555"],
  });
}

/** What the disk refuses of a place that was named is a matter of usage, as for the verifier alone. `places`: null for all. */
async function refusing(
  places: readonly (string | undefined)[] | null,
  work: () => Promise<Verification>,
): Promise<Verification> {
  try {
    return await work();
  } catch (error) {
    const path = isSystemError(error) ? (error.path ?? "") : "";
    if (!isSystemError(error) || (places !== null && !places.includes(path))) throw error;
    const hints = [`ls -ld ${quote(path)}`];
    throw new ErError("usage", `"${path}" cannot be used: ${reasonOf(error)}`, { cause: error, hints });
  }
}

function answer({ output }: Globals, verification: Verification): number {
  output.result({ schema: "soc2-er/verification@1", ...verification }, ({ width, paint }) => {
    const { verdict, origin, entries, writers, findings, checked, notChecked, population } = verification;
    const sign = verdict === "verified" ? paint.green("✔") : paint.red("✖");
    const counts = Object.entries(population).map(([kind, outcomes]) => {
      const said = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
      return `  population: ${kind}: ${said.join(", ")}`;
    });
    return [
      ...wrap(
        `${sign} ${verdict}: ${tame(origin)}, ${plural(entries, "entry", "entries")} by ${plural(writers, "writer")}`,
        width,
        2,
      ),
      ...findings.flatMap(({ code, at, detail }) => wrap(tame(`  ${at}: ${detail} [${code}]`), width, 4)),
      ...notChecked.flatMap((what) => wrap(tame(`  not checked: ${what}`), width, 4)),
      ...checked.flatMap((what) => wrap(tame(`  checked: ${what}`), width, 4)),
      ...counts.flatMap((line) => wrap(tame(line), width, 4)),
    ];
  });
  return VERDICT_EXIT[verification.verdict];
}

async function notesOf(path: string | undefined): Promise<{ readonly name: string; readonly bytes: Buffer }[]> {
  return path === undefined ? [] : [{ name: path, bytes: await readNoteFile(path) }];
}
