import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { freshFolder, ROOT } from "./binary.ts";

let strace = false;

before(() => {
  const there = (): boolean => spawnSync("strace", ["-V"]).status === 0;
  strace = there();
  if (strace || process.getuid?.() !== 0) return;
  spawnSync("apt-get", ["install", "-y", "--no-install-recommends", "strace"], { stdio: "ignore", timeout: 120_000 });
  strace = there();
});

/** The sockets that a command and its children open, as the kernel sees them. */
function socketsOf(command: readonly string[]): { status: number | null; out: string; sockets: readonly string[] } {
  const folder = freshFolder();
  try {
    const trace = join(folder, "trace");
    const { status, stdout, stderr } = spawnSync(
      "strace",
      ["-f", "--seccomp-bpf", "-qq", "-e", "trace=socket,connect", "-o", trace, ...command],
      {
        cwd: ROOT,
        encoding: "utf8",
        timeout: 120_000,
      },
    );
    const sockets = readFileSync(trace, "utf8")
      .split("\n")
      .filter((line) => /\b(socket|connect)\(/.test(line));
    return { status, out: `${stdout}${stderr}`, sockets };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const ofNetwork = (line: string): boolean => /AF_INET6?\b|AF_PACKET/.test(line);

test("the demo opens no network socket, cuts the attacker off everywhere, and says which clocks are simulated", (t) => {
  if (!strace) return t.skip("NOT CHECKED: strace is missing and could not be installed (apt-get install strace)");
  const { status, out, sockets } = socketsOf([process.execPath, "scripts/demo.ts"]);
  assert.equal(status, 0, out);
  assert.deepEqual(sockets.filter(ofNetwork), []);
  assert.match(out, /Clocks: time runs at its real speed\. Simulated is how long a provider takes/);
  assert.match(out, / {2}after \d+\.\d s +/);
  assert.doesNotMatch(out, /STILL OPEN|BROKEN/);
  assert.match(out, /everything that exists in the simulated cloud is what existed before/);
  assert.match(out, /tampered/);
});

test("a network socket would be seen", (t) => {
  if (!strace) return t.skip("NOT CHECKED: strace is missing and could not be installed (apt-get install strace)");
  const { sockets } = socketsOf([process.execPath, "-e", "require('net').connect(9, '127.0.0.1').on('error', () => {})"]);
  assert.ok(sockets.some(ofNetwork), sockets.join("\n"));
});
