import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
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
};

/** A folder of its own for one test. */
export function freshFolder(): string {
  return mkdtempSync(join(tmpdir(), "soc2-er-test-"));
}

/** Runs the built program with an environment of its own, stdin closed or fed. */
export function soc2er(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const folder = options.cwd ?? freshFolder();
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    XDG_CACHE_HOME: join(tmpdir(), "soc2-er-test-cache"),
    ...options.env,
  };
  const child = spawn(process.execPath, [...(options.node ?? []), SHIM, ...args], {
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
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, out, err })));
}
