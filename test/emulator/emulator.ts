import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../audit/moto.ts";

/** What strict_moto.py is written for; it refuses any other. */
const MOTO = "5.2.1";
const ROOT = join(import.meta.dirname, "../..");
const VENV = join(ROOT, ".venv-moto");
const PROGRAM = join(import.meta.dirname, "strict_moto.py");

export type Emulator = {
  readonly endpoint: string;
  /** From here on every call needs a permission. */
  enforce(): Promise<void>;
  /** Empty again, and open to everybody. */
  reset(): Promise<void>;
};

/** Says why, as loudly as a test can. */
export const NO_EMULATOR = `moto ${MOTO} is neither installed nor could it be installed: pip install 'moto[server]==${MOTO}'`;

/** A cloud of its own for a test file, open to everybody until `enforce`; null where moto cannot be had. */
export async function startEmulator(t: { after(end: () => void): void }): Promise<Emulator | null> {
  const python = pythonWithMoto();
  if (python === null) return null;
  const port = await freePort();
  const child = spawn(python, [PROGRAM, "-H", "127.0.0.1", "-p", String(port)], {
    stdio: ["ignore", "ignore", "pipe"],
    // Its own group, which is ended whole.
    detached: true,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
  });
  let said = "";
  child.stderr.on("data", (part) => {
    said = `${said}${part}`.slice(-4_000);
  });
  const end = (): void => endGroup(child.pid);
  process.once("exit", end);
  t.after(end);
  const endpoint = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 600 && child.exitCode === null; tries++) {
    if (await answers(endpoint)) return emulatorAt(endpoint);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the emulator did not start: ${said}`);
}

function answers(endpoint: string): Promise<boolean> {
  return fetch(`${endpoint}/moto-api/data.json`).then(
    ({ ok }) => ok,
    () => false,
  );
}

function emulatorAt(endpoint: string): Emulator {
  const post = async (path: string, body?: string): Promise<void> => {
    const answer = await fetch(`${endpoint}/moto-api/${path}`, { method: "POST", ...(body === undefined ? {} : { body }) });
    if (!answer.ok) throw new Error(`the emulator refused "${path}": ${answer.status}`);
  };
  return {
    endpoint,
    enforce: () => post("reset-auth", "0"),
    reset: async () => {
      await post("reset-auth", "inf");
      await post("reset");
    },
  };
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** The machine's Python, else one of the project's own, made at the first use. */
function pythonWithMoto(): string | null {
  const own = join(VENV, "bin/python3");
  const found = ["python3", own].find(hasMoto);
  if (found !== undefined) return found;
  if (!existsSync(own) && spawnSync("python3", ["-m", "venv", VENV]).status !== 0) return null;
  spawnSync(own, ["-m", "pip", "install", "--quiet", `moto[server]==${MOTO}`], { timeout: 240_000 });
  return hasMoto(own) ? own : null;
}

function hasMoto(python: string): boolean {
  const version = 'import flask, importlib.metadata as m; print(m.version("moto"))';
  return spawnSync(python, ["-c", version], { encoding: "utf8" }).stdout?.trim() === MOTO;
}
