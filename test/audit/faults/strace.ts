import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const SUBJECT = join(import.meta.dirname, "subject.ts");
const PATIENCE_MS = 20_000;

/** The calls by which something gets to the disk. */
export const CALLS = ["openat", "mkdir", "pwrite64", "fdatasync", "fsync", "ftruncate", "link", "rename", "unlink"] as const;
export type Call = (typeof CALLS)[number];
export const FAULTS = { EIO: "error=EIO", ENOSPC: "error=ENOSPC", SIGKILL: "signal=SIGKILL" } as const;
/** The `nth` call of its kind by one thread fails in that way, or kills the process as it is made. */
export type Injection = { readonly call: Call; readonly fault: keyof typeof FAULTS; readonly nth: number };

/** One call that was made on something in the folder. `nth`: of its kind, by its thread. `injected`: it was the one that failed. */
export type Made = { readonly call: Call; readonly nth: number; readonly injected: boolean; readonly line: string };

/** What the subject told, and its calls. */
export type Trial = { readonly told: readonly string[]; readonly made: readonly Made[] };

/** A process that writes logs, one after the other. */
export class Subject {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #tale: string;
  /** It waits for work. */
  readonly #ready: Promise<unknown>;
  #alive = true;
  #read = 0;

  constructor(folder: string, name: string, args: readonly string[]) {
    this.#tale = join(folder, `${name}.told`);
    writeFileSync(this.#tale, "");
    const tale = openSync(this.#tale, "r+");
    this.#child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", SUBJECT, ...args], {
      env: { ...process.env, UV_THREADPOOL_SIZE: "1", NODE_COMPILE_CACHE: join(tmpdir(), "soc2-er-test-cache") },
      stdio: ["pipe", "ignore", "inherit", tale],
    });
    closeSync(tale);
    this.#child.stdin?.on("error", () => undefined);
    this.#ended = once(this.#child, "exit").finally(() => {
      this.#alive = false;
    });
    this.#ready = this.#tellsUntilEnd();
    this.#ready.catch(() => undefined);
  }

  /** Writes a log below the folder while the calls are traced, and those that are named fail. */
  async write(folder: string, injections: readonly Injection[]): Promise<Trial> {
    await this.#ready;
    mkdirSync(join(folder, "store"), { recursive: true });
    const trace = join(folder, "trace");
    const inject = injections.flatMap(({ call, fault, nth }) => ["-e", `inject=${call}:${FAULTS[fault]}:when=${nth}`]);
    const strace = spawn(
      "strace",
      ["-f", "-y", "-s", "0", "-o", trace, "-e", `trace=${CALLS.join()}`, ...inject, "-p", String(this.#child.pid)],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    const detached = once(strace, "exit");
    await attached(strace);
    this.#child.stdin?.write(`${folder}\n`);
    const told = await this.#tellsUntilEnd();
    strace.kill("SIGINT");
    await detached;
    return { told, made: callsIn(readFileSync(trace, "utf8"), folder) };
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async #tellsUntilEnd(): Promise<string[]> {
    for (let waited = 0; waited < PATIENCE_MS; waited += 4) {
      const ended = !this.#alive;
      const told = readFileSync(this.#tale, "utf8").slice(this.#read);
      if (ended || told.endsWith("end\n")) {
        this.#read += told.length;
        return told.split("\n").filter((line) => line !== "" && line !== "end");
      }
      await sleep(4);
    }
    throw new Error(`it does not end: ${readFileSync(this.#tale, "utf8")}`);
  }
}

async function attached(strace: ChildProcess): Promise<void> {
  let said = "";
  for await (const part of strace.stderr ?? []) {
    said += part;
    if (said.includes("attached")) return;
  }
  throw new Error(`strace did not attach: ${said}`);
}

/** A call during which another thread made one is told on two lines. */
function callsIn(trace: string, folder: string): Made[] {
  const counts = new Map<string, number>();
  const begun = new Map<string, Made>();
  const made: Made[] = [];
  for (const line of trace.split("\n")) {
    const [, thread = "", resumed = "", name = ""] = /^(\d+) +(<\.\.\. )?(\w+)[( ]/.exec(line) ?? [];
    const earlier = begun.get(thread);
    if (resumed !== "" && earlier !== undefined) Object.assign(earlier, outcomeOf(`${earlier.line} ${line}`));
    if (resumed !== "" || !isCall(name)) continue;
    const nth = (counts.get(`${thread} ${name}`) ?? 0) + 1;
    counts.set(`${thread} ${name}`, nth);
    const one = { call: name, nth, ...outcomeOf(line) };
    begun.set(thread, one);
    if (line.includes(folder)) made.push(one);
  }
  return made;
}

/** A call in which the process was killed has no answer. */
function outcomeOf(line: string): Pick<Made, "injected" | "line"> {
  return { injected: /\(INJECTED\)|= \?$|<unfinished \.\.\.>$/.test(line), line };
}

function isCall(text: string): text is Call {
  return (CALLS as readonly string[]).includes(text);
}
