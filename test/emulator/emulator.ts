import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { pythonWithMoto } from "./python.ts";
import { type Reached, reachedIn } from "./reached.ts";

const PROGRAM = join(import.meta.dirname, "strict_moto.py");
/** The port is the system's choice: two files that run at once never ask for the same. */
const READY = /Running on (http:\/\/127\.0\.0\.1:\d+)/;
const PATIENCE_MS = 60_000;

export type Emulator = {
  readonly endpoint: string;
  /** From here on every call needs a permission. */
  enforce(): Promise<void>;
  /** Open to everybody again, with all that is in it. */
  open(): Promise<void>;
  /** Empty again, and open to everybody. */
  reset(): Promise<void>;
  /** What reached it while `work` was done, whether or not it was refused. One recording at a time. */
  during(work: () => Promise<unknown>): Promise<readonly Reached[]>;
};

export type EmulatorOptions = {
  /** How long IAM takes to enforce a user's inline policies and the status of its keys; else at once. */
  readonly propagationSeconds?: number;
};

/** What a test says that needs an emulator and has none. */
export const NO_EMULATOR = "SKIPPED, NOTHING WAS TESTED: there is no emulator, see the beginning of this file's output";

/** A cloud of its own for a test file or a test, open to everybody until `enforce`; null, and loudly so, where moto cannot be had. */
export async function startEmulator(
  t: { after(end: () => void): void },
  { propagationSeconds = 0 }: EmulatorOptions = {},
): Promise<Emulator | null> {
  const found = pythonWithMoto();
  if ("missing" in found) {
    console.error(`\n!!! TESTS ON THE EMULATOR ARE SKIPPED !!! ${found.missing}\n`);
    return null;
  }
  // It ends with its input, which the system closes however this process ends.
  const child = spawn(found.python, [PROGRAM, "-H", "127.0.0.1", "-p", "0"], {
    stdio: ["pipe", "ignore", "pipe"],
    env: {
      ...process.env,
      PYTHONDONTWRITEBYTECODE: "1",
      STRICT_MOTO_ENDS_WITH_STDIN: "1",
      STRICT_MOTO_PROPAGATION_SECONDS: String(propagationSeconds),
    },
  });
  child.stdin.on("error", () => undefined);
  t.after(() => child.stdin.end());
  return emulatorAt(await readyAt(child));
}

/** The endpoint, once the server says that it listens there. */
async function readyAt(child: ChildProcessByStdio<Writable, null, Readable>): Promise<string> {
  let said = "";
  const told = new Promise<string>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`exit ${code}`)));
    // Read to the end of the server's life: a full pipe would stop it.
    child.stderr.on("data", (part) => {
      said = `${said}${part}`.slice(-4_000);
      const endpoint = READY.exec(said)?.[1];
      if (endpoint !== undefined) resolve(endpoint);
    });
  });
  const late = AbortSignal.timeout(PATIENCE_MS);
  const tooLate = once(late, "abort").then(() => Promise.reject(new Error(`not ready within ${PATIENCE_MS / 1_000} s`)));
  try {
    return await Promise.race([told, tooLate]);
  } catch (error) {
    throw new Error(`the emulator did not start: ${said}`, { cause: error });
  }
}

function emulatorAt(endpoint: string): Emulator {
  const ask = async (path: string, options: RequestInit): Promise<string> => {
    const answer = await fetch(`${endpoint}/moto-api/${path}`, options);
    if (!answer.ok) throw new Error(`the emulator refused "${path}": ${answer.status}`);
    return answer.text();
  };
  const post = async (path: string, body?: string): Promise<void> => {
    await ask(path, { method: "POST", ...(body === undefined ? {} : { body }) });
  };
  return {
    endpoint,
    enforce: () => post("reset-auth", "0"),
    open: () => post("reset-auth", "inf"),
    reset: async () => {
      await post("reset-auth", "inf");
      await post("reset");
    },
    during: async (work) => {
      await post("recorder/reset-recording");
      await post("recorder/start-recording");
      await work().finally(() => post("recorder/stop-recording"));
      return reachedIn(await ask("recorder/download-recording", { method: "GET" }));
    },
  };
}
