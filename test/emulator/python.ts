import { spawnSync } from "node:child_process";
import { closeSync, openSync, readSync } from "node:fs";
import { delimiter, join } from "node:path";

/** What strict_moto.py is written for; it refuses any other. */
export const MOTO = "5.2.1";

const INSTALLER = join(import.meta.dirname, "install_moto.py");
const VENV = join(import.meta.dirname, "../../.venv-moto");
/** Less than the runner grants a file. */
const PATIENCE_MS = 240_000;

export type Found = { readonly python: string } | { readonly missing: string };

/** A Python that has the emulator: the machine's, else one of the project's own, made at the first use. */
export function pythonWithMoto(path = process.env["PATH"] ?? "", venv = VENV, requirement = `moto[server]==${MOTO}`): Found {
  const own = join(venv, "bin/python3");
  const env = { ...process.env, PATH: path };
  const python = ["python3", ...behindServer(path), own].find((one) => hasMoto(one, env));
  if (python !== undefined) return { python };
  const made = spawnSync("python3", [INSTALLER, venv, requirement], { env, encoding: "utf8", timeout: PATIENCE_MS });
  if (made.status === 0 && hasMoto(own, env)) return { python: own };
  const why = made.error?.message ?? (made.stderr.trim().split("\n").at(-1) || `${own} has no ${requirement}`);
  return { missing: `"${requirement}" is neither installed nor could it be installed into ${venv}: ${why}` };
}

/** Who installed moto with pipx has its server on the path, and its Python nowhere but in that script's first line. */
function behindServer(path: string): string[] {
  return path
    .split(delimiter)
    .flatMap((folder) => /^#!(\/.*python[\d.]*)\n/.exec(beginning(join(folder, "moto_server")))?.[1] ?? []);
}

function beginning(file: string): string {
  try {
    const opened = openSync(file, "r");
    const bytes = Buffer.alloc(256);
    const length = readSync(opened, bytes);
    closeSync(opened);
    return bytes.toString("utf8", 0, length);
  } catch {
    return "";
  }
}

function hasMoto(python: string, env: NodeJS.ProcessEnv): boolean {
  const version = 'import flask, importlib.metadata as m; print(m.version("moto"))';
  return spawnSync(python, ["-c", version], { env, encoding: "utf8" }).stdout?.trim() === MOTO;
}
