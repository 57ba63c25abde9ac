import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

const FIXTURES = join(import.meta.dirname, "fixtures");
const env = { PATH: process.env["PATH"] ?? "", HOME: "/nonexistent", TERM: "xterm" };

/** Runs a fixture with pipes. */
function piped(
  args: readonly string[],
  input: string,
  extra: Record<string, string> = {},
): Promise<{ out: string; err: string }> {
  return collect(
    spawn(process.execPath, args, { stdio: "pipe", env: { ...env, ...extra }, cwd: FIXTURES, timeout: 20_000 }),
    input,
  );
}

/**
 * Runs a fixture on a pseudo-terminal of 100 columns (util-linux `script`); what it shows comes back as one text. `keys` are
 * typed in turn, each once its pattern has been seen after the one before.
 */
async function onTerminal(
  args: readonly string[],
  keys: readonly (readonly [RegExp, string])[] = [],
  extra: Record<string, string> = {},
): Promise<string> {
  const command = `stty cols 100 rows 30; ${[process.execPath, ...args].map((word) => `'${word}'`).join(" ")}`;
  const child = spawn("script", ["-qec", command, "/dev/null"], {
    stdio: "pipe",
    env: { ...env, SHELL: "/bin/sh", ...extra },
    cwd: FIXTURES,
    timeout: 20_000,
  });
  let shown = "";
  let seen = 0;
  const left = [...keys];
  child.stdout.on("data", (part) => {
    shown += part;
    const [pattern, typed = ""] = left[0] ?? [];
    if (!pattern?.test(shown.slice(seen))) return;
    seen = shown.length;
    left.shift();
    child.stdin.write(typed);
  });
  await new Promise((resolve) => child.on("close", resolve));
  return shown.length < 100_000 ? shown : assert.fail(`${shown.length} characters were written`);
}

function collect(child: ReturnType<typeof spawn>, input: string): Promise<{ out: string; err: string }> {
  let out = "";
  let err = "";
  child.stdout?.on("data", (part) => {
    out += part;
  });
  child.stderr?.on("data", (part) => {
    err += part;
  });
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(input);
  return new Promise((resolve) => child.on("close", () => resolve({ out, err })));
}

test("a piped yes is never an answer", async () => {
  for (const input of ["yes\n".repeat(50), "acme\n", ""]) {
    const { out, err } = await piped(["ask.ts"], input);
    assert.equal(
      out,
      'RESULT no-terminal: nobody can be asked to confirm "acme": stdin is no terminal | soc2-er apply sha256:ab --yes\n',
    );
    assert.equal(err, "");
  }
});

const PROMPT = /Type acme to cut it off:/;

test("on a terminal the exact name confirms, anything else is asked again, nothing declines", async () => {
  assert.match(await onTerminal(["ask.ts"], [[PROMPT, "acme\r"]]), /RESULT confirmed/);
  assert.match(await onTerminal(["ask.ts"], [[PROMPT, "\r"]]), /RESULT declined: declined: nothing was changed/);
  const wrong = await onTerminal(
    ["ask.ts"],
    [
      [PROMPT, "globex\r"],
      [/that is not acme/, "\u0003"],
    ],
  );
  assert.match(wrong, /RESULT interrupted/);
});

test("Ctrl-C at the prompt is an interrupt, Ctrl-D declines", async () => {
  assert.match(
    await onTerminal(["ask.ts"], [[PROMPT, "\u0003"]]),
    /RESULT interrupted: interrupted at the prompt: nothing was changed/,
  );
  assert.match(await onTerminal(["ask.ts"], [[PROMPT, "\u0004"]]), /RESULT declined: declined: the prompt was closed/);
});

test("in CI even a terminal is not asked", async () => {
  assert.match(await onTerminal(["ask.ts"], [], { CI: "1" }), /RESULT no-terminal: .*CI is set/);
});

test("without a terminal progress is a line per event on stderr, without an escape", async () => {
  const { out, err } = await piped(["progress.ts", "human", "500"], "");
  assert.equal(out, "the result\n");
  assert.equal(err, "✔ c001 applied\n✖ c002 refused\n");
});

test("with --ndjson events are lines on stdout, and stderr is silent", async () => {
  const { out, err } = await piped(["progress.ts", "ndjson", "400"], "");
  assert.deepEqual(
    out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
    [{ type: "first" }, { type: "second" }, { schema: "soc2-er/x@1" }],
  );
  assert.equal(err, "");
});

test("on a terminal a live line with counts, elapsed time and the promised time appears once it takes long", async () => {
  const slow = await onTerminal(["progress.ts", "human", "1500"]);
  assert.match(slow, /isolate acme · 0\/3 done, 1 running · [\d.]+m?s · 4m 5\ds of 5m left/);
  assert.match(slow, /✔.* c001 applied/);
  assert.match(slow, /✖.* c002 refused/);
  assert.match(slow, /the result/);
  const quick = await onTerminal(["progress.ts", "human", "50"]);
  assert.doesNotMatch(quick, /isolate acme/);
  const dumb = await onTerminal(["progress.ts", "human", "800"], [], { TERM: "dumb" });
  assert.doesNotMatch(dumb, /isolate acme/);
});
