import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { ErError, quote } from "../model/index.ts";
import { readUpTo } from "../yaml/index.ts";
import { type Config, MAX_CONFIG_BYTES } from "./config.ts";

export type Env = Readonly<Record<string, string | undefined>>;
const FILE = "soc2-er.yaml";

/** The file named, else `SOC2_ER_CONFIG`, else `soc2-er.yaml` upward from `cwd`, else in the XDG config folder. */
export async function loadConfig(options: { file?: string; cwd: string; env: Env }): Promise<Config> {
  const { cwd, env } = options;
  const named = options.file ?? given(env["SOC2_ER_CONFIG"]);
  const candidates = named === undefined ? [...upward(cwd), ...xdg(env)] : [resolve(cwd, named)];
  for (const path of candidates) {
    const bytes = await readIfThere(path);
    if (bytes) return (await import("./parse.ts")).parseConfig(bytes, path);
  }
  const message = named === undefined ? `no ${FILE} here or in a folder above` : `configuration "${named}" does not exist`;
  throw new ErError("config-missing", message, {
    hints: ["name it: --config FILE or SOC2_ER_CONFIG=FILE", "or try the simulated cloud, which needs none: add --range"],
  });
}

/** Where state and the local log are kept: the folder named, else `SOC2_ER_HOME`, else the XDG state folder. */
export function resolveHome(options: { home?: string; env: Env }): string {
  const named = options.home ?? given(options.env["SOC2_ER_HOME"]);
  if (named !== undefined) return resolve(named);
  return join(absolute(options.env["XDG_STATE_HOME"]) ?? join(userFolder(options.env), ".local", "state"), "soc2-er");
}

function* upward(cwd: string): Generator<string> {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    yield join(folder, FILE);
    if (dirname(folder) === folder) return;
  }
}

function xdg(env: Env): string[] {
  const folder = join(absolute(env["XDG_CONFIG_HOME"]) ?? join(userFolder(env), ".config"), "soc2-er");
  return [join(folder, FILE), join(folder, "config.yaml")];
}

async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    return await readUpTo(path, MAX_CONFIG_BYTES);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw new ErError("config-invalid", `configuration "${path}" cannot be read: ${code ?? String(cause)}`, {
      hints: [`ls -ld ${quote(path)}`, "name another: --config FILE or SOC2_ER_CONFIG=FILE"],
      cause,
    });
  }
}

function given(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

/** The XDG specification ignores relative paths. */
function absolute(value: string | undefined): string | undefined {
  return value?.startsWith("/") ? value : undefined;
}

function userFolder(env: Env): string {
  return given(env["HOME"]) ?? homedir();
}
