import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { openReader } from "../../src/audit/index.ts";
import type { CommandSpec } from "../../src/cli/command.ts";
import { COMMANDS } from "../../src/cli/registry/index.ts";
import { openRange } from "../../src/exercise/range/index.ts";
import { type Ended, freshFolder, SHIM } from "./binary.ts";
import { Company, fingerprint } from "./company.ts";
import { argvOf, fewAtATime, Scene } from "./every-command.ts";

/** Ways to start a program where nobody can answer. `$0` and the rest are the command. */
const NOBODY = {
  "yes |": 'yes | "$0" "$@"',
  "a closed stdin": 'exec "$0" "$@" <&-',
} as const;

/** Decisions are not the operator's. */
const DECIDING = ["approve", "authorize", "reject"];
/** Nobody was told how long a command may take that waits for nothing. */
const PATIENCE_MS = 30_000;
const PROMPT = /Type .+ to .+:/;

let scene: Scene;
let approved = "";
/** What stands in a copy of the scene's home that no command had yet. */
let untouched: Awaited<ReturnType<typeof doneIn>>;
before(async () => {
  scene = await Scene.set();
  approved = await scene.drill.plan("revoke", "aws:user/intruder", "--incident", scene.drill.incident);
  await scene.drill.approve(approved);
  untouched = await doneIn(scene.drill.home);
});
after(() => scene.end());

function environment(home: string, extra: Record<string, string> = {}): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    TERM: "xterm",
    XDG_CACHE_HOME: join(tmpdir(), "soc2-er-test-cache"),
    SOC2_ER_INCIDENT: scene.drill.incident,
    ...extra,
  };
}

function watch(command: string, args: readonly string[], env: Record<string, string>, typed?: [RegExp, string]): Promise<Ended> {
  const child = spawn(command, args, { env, cwd: freshFolder(), stdio: "pipe", timeout: PATIENCE_MS, killSignal: "SIGKILL" });
  let out = "";
  let err = "";
  let answered = false;
  child.stdout.on("data", (part) => {
    out += part;
    // An answer per question: what is typed is shown, too.
    if (!answered && typed?.[0].test(out)) child.stdin.write(typed[1]);
    answered ||= typed?.[0].test(out) ?? false;
  });
  child.stderr.on("data", (part) => {
    err += part;
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, out, err })));
}

function unattended(way: keyof typeof NOBODY, argv: readonly string[], home: string): Promise<Ended> {
  return watch("sh", ["-c", NOBODY[way], process.execPath, SHIM, ...argv], environment(home));
}

/** On a pseudo-terminal (util-linux `script`); what it shows comes back as `out`. */
async function onTerminal(argv: readonly string[], env: Record<string, string>, typed?: [RegExp, string]): Promise<Ended> {
  const command = `stty cols 100 rows 30; ${[process.execPath, SHIM, ...argv].map((word) => `'${word}'`).join(" ")}`;
  const ended = await watch("script", ["-qec", command, "/dev/null"], { ...env, SHELL: "/bin/sh" }, typed);
  return { ...ended, out: stripVTControlCharacters(ended.out) };
}

/** All that a command could have done: the simulated cloud, and the log beside the sessions that every command opens. */
async function doneIn(home: string): Promise<{ readonly world: unknown; readonly entries: string[] }> {
  const range = await openRange({ folder: join(home, "range") });
  const { config, clock } = range;
  const log = await openReader({ home: join(home, "drill"), origin: config.origin, mode: "drill", stores: [], clock });
  try {
    const entries: string[] = [];
    for await (const { type } of log.entries()) if (!/^(session|remote)\./.test(type)) entries.push(type);
    return { world: (range.show() as { exists: unknown }).exists, entries };
  } finally {
    await log.close();
    range.close();
  }
}

const has = ({ options = [] }: CommandSpec, flag: string): boolean => options.some(({ flags }) => flags.split(" ")[0] === flag);
const argvFor = (spec: CommandSpec): { argv: string[]; home: string } => {
  const home = spec.path === "init" ? scene.newHome() : scene.copyOfHome();
  const who = DECIDING.includes(spec.path) ? ["--key", "sec-lead"] : [];
  return { argv: [...argvOf(spec, { ...scene.words, "apply plan": approved }), "--range", "--home", home, ...who], home };
};

const asking = COMMANDS.filter((spec) => has(spec, "--yes"));

// A closed stdin answers less than a pipe that says yes: it is tried where something would be asked.
test("yes |: every command ends without asking, and the cloud is as it was", async () => {
  // What would ask is tried below, with more to find.
  const rest = COMMANDS.filter((spec) => !asking.includes(spec) || has(spec, "--wait"));
  await fewAtATime(rest, async (spec) => {
    const { argv, home } = argvFor(spec);
    const { code, out, err } = await unattended("yes |", argv, home);
    const said = `${argv.join(" ")}\n${out}\n${err}`;
    assert.ok(code === 0 || code === 3 || code === 8, said);
    assert.doesNotMatch(out + err, PROMPT, said);
    if (spec.path !== "init") assert.deepEqual((await doneIn(home)).world, untouched.world, said);
  });
});

for (const way of Object.keys(NOBODY) as (keyof typeof NOBODY)[]) {
  test(`${way}: every command that would ask names the flag, and does nothing`, async () => {
    assert.ok(asking.length >= 10);
    await fewAtATime(asking, async (spec) => {
      const { argv, home } = argvFor(spec);
      const { code, out, err } = await unattended(way, [...argv, ...(has(spec, "--wait") ? ["--wait", "1h"] : [])], home);
      const said = `${argv.join(" ")}\n${out}\n${err}`;
      assert.equal(code, 3, said);
      assert.equal(out, "", said);
      assert.match(err, /^soc2-er: nobody can be asked .*\[no-terminal\]$/m, said);
      assert.match(err, /^hint: .*--yes/m, said);
      if (spec.path !== "init") assert.deepEqual(await doneIn(home), untouched, said);
    });
  });
}

test("an approved plan is not applied because a pipe says yes", async () => {
  const spec = COMMANDS.find(({ path }) => path === "apply") ?? assert.fail();
  for (const way of Object.keys(NOBODY) as (keyof typeof NOBODY)[]) {
    const { argv, home } = argvFor(spec);
    const { code, err } = await unattended(way, argv, home);
    assert.equal(code, 3, err);
    assert.match(err, new RegExp(`^hint: soc2-er apply ${approved} --yes --range --home `, "m"));
    assert.deepEqual(await doneIn(home), untouched);
  }
});

test("a pipe without an end is no list of targets and no approval", async () => {
  for (const args of [
    ["block", "ip", "--from", "-"],
    ["revoke", "--from", "-"],
    ["approve", "--paste"],
  ]) {
    const home = scene.copyOfHome();
    const { code, err } = await unattended("yes |", [...args, "--range", "--home", home], home);
    assert.equal(code, 2, `${args.join(" ")}: ${err}`);
    assert.match(err, /^soc2-er: stdin has more than .*\[usage\]\nhint: /m);
  }
});

test("CI: even on a terminal every command that would ask names the flag, and does nothing", async () => {
  await fewAtATime(asking, async (spec) => {
    const { argv, home } = argvFor(spec);
    const wait = has(spec, "--wait") ? ["--wait", "1h"] : [];
    const { code, out } = await onTerminal([...argv, ...wait], environment(home, { CI: "1" }), [PROMPT, "yes\r"]);
    assert.equal(code, 3, `${argv.join(" ")}\n${out}`);
    assert.doesNotMatch(out, PROMPT);
    assert.match(out, /hint: .*--yes/);
    if (spec.path !== "init") assert.deepEqual(await doneIn(home), untouched, argv.join(" "));
  });
});

test("--no-input: the same", async () => {
  const { argv, home } = argvFor(COMMANDS.find(({ path }) => path === "apply") ?? assert.fail());
  const { code, out } = await onTerminal([...argv, "--no-input"], environment(home));
  assert.equal(code, 3, out);
  assert.match(out, /--no-input is given[\s\S]*hint: .*--yes/);
});

test("CI: a key that needs a passphrase signs nothing, and the terminal is not asked for it", async (t) => {
  const company = await Company.found(t);
  const key = join(company.folder, "on-call");
  execFileSync("ssh-keygen", ["-p", "-q", "-P", "", "-N", "secret", "-f", key]);
  const before = fingerprint(company.home);
  const declare = ["incident", "declare", "--title", "x", "--severity", "1", "--config", company.config];
  const argv = [...declare, "--home", company.home, "--key", key];
  const ended = await onTerminal(argv, environment(company.home, { CI: "1" }), [/enter passphrase.*:/i, "secret\r"]);
  assert.equal(ended.code, 4, ended.out);
  assert.doesNotMatch(ended.out, /enter passphrase/i);
  assert.match(ended.out, /ssh-keygen did not sign .*\[unauthenticated\]\s+hint: ssh-add /);
  assert.deepEqual(fingerprint(company.home), before);
  const asked = await onTerminal(argv, environment(company.home), [/enter passphrase.*:/i, "secret\r"]);
  assert.equal(asked.code, 0, asked.out);
});

test("on a terminal they do ask, and Ctrl-D declines", async () => {
  const { argv, home } = argvFor(COMMANDS.find(({ path }) => path === "apply") ?? assert.fail());
  const { code, out } = await onTerminal(argv, environment(home), [PROMPT, "\x04"]);
  assert.match(out, PROMPT);
  assert.equal(code, 3, out);
  assert.match(out, /\[declined\]/);
  assert.deepEqual(await doneIn(home), untouched);
});
