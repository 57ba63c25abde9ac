import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");
export const SHIM = join(ROOT, "bin/soc2-er.cjs");

assert.ok(existsSync(join(ROOT, "dist/lib/main.cjs")), "these tests drive the built program: npm run build");

export type Ended = { readonly code: number | null; readonly out: string; readonly err: string };

export type RunOptions = {
  readonly env?: Record<string, string>;
  readonly input?: string;
  readonly cwd?: string;
  readonly node?: readonly string[];
  readonly timeoutMs?: number;
  /** Who starts the program, where it is somebody else. */
  readonly as?: { readonly uid?: number; readonly gid?: number };
};

const made: string[] = [];
process.once("exit", () => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A folder of its own for one test; gone when the test file has run. */
export function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "soc2-er-test-"));
  made.push(folder);
  return folder;
}

/** A process of the built program. */
export type Launched = {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when stderr or stdout has said it; fails when the process ends or nothing comes for long without it. */
  said(what: RegExp): Promise<void>;
};

/** Runs the built program with an environment of its own, stdin closed or fed. */
export function soc2er(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return launch(args, options).ended;
}

/** As `soc2er`, for those who have to do with the process while it runs. */
export function launch(args: readonly string[], options: RunOptions = {}): Launched {
  const folder = options.cwd ?? freshFolder();
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    XDG_CACHE_HOME: join(tmpdir(), "soc2-er-test-cache"),
    ...options.env,
  };
  const child = spawn(process.execPath, [...(options.node ?? []), SHIM, ...args], {
    ...options.as,
    cwd: folder,
    env,
    stdio: "pipe",
    timeout: options.timeoutMs ?? 60_000,
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  let out = "";
  let err = "";
  child.stdout.on("data", (part) => {
    out += part;
  });
  child.stderr.on("data", (part) => {
    err += part;
  });
  const ended = new Promise<Ended>((resolve) =>
    child.on("close", (code) => {
      if (options.cwd === undefined) rmSync(folder, { recursive: true, force: true });
      resolve({ code, out, err });
    }),
  );
  const said = async (what: RegExp): Promise<void> => {
    for (;;) {
      if (what.test(err) || what.test(out)) return;
      const over = await Promise.race([ended, new Promise<null>((resolve) => setTimeout(resolve, 10, null))]);
      assert.equal(over, null, `ended without ${what}: ${JSON.stringify(over)}`);
    }
  };
  return { child, ended, said };
}
