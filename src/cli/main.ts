import { ErError, EXIT } from "../model/index.ts";
import { asErError, type ColorChoice, type Format, Output } from "../terminal/index.ts";
import type { Globals } from "./command.ts";
import { rootHelp } from "./help.ts";
import { helpTopic } from "./help-topics.ts";
import { watchSignals } from "./interruption.ts";
import { type GlobalFlags, parse } from "./program.ts";
import { fromSystem } from "./system-failure.ts";

/**
 * `home` is the folder of the built package. Ends the process once all that was written is out. A promise that nobody will ever
 * settle would end it with 0: that is caught and called a defect.
 */
export type Setup = { readonly home: string; readonly version: string; readonly argv?: readonly string[] };

export async function main(setup: Setup): Promise<void> {
  const argv = setup.argv ?? process.argv.slice(2);
  survivePipes();
  // Until the command line is understood, only a look at it can tell in which form a complaint is wanted.
  let output = outputFor(glance(argv));
  const unfinished = (): void => {
    process.exitCode = output.fail(asErError(new Error("the command stopped without an end")));
  };
  process.once("beforeExit", unfinished);
  try {
    process.exitCode = await start(setup, argv, (flags) => {
      output = outputFor(flags);
      return output;
    });
  } catch (error) {
    process.exitCode = output.fail(await translate(error));
  } finally {
    process.off("beforeExit", unfinished);
  }
  await Promise.all([process.stdout, process.stderr].map(flushed));
  // A connection that nobody answers would keep the process for as long as its socket lives.
  process.exit();
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write("", () => resolve());
  });
}

async function start(setup: Setup, argv: readonly string[], open: (flags: GlobalFlags) => Output): Promise<number> {
  const print = (text: string): void => void process.stdout.write(text);
  if (argv.includes("--version") && !argv.includes("--")) {
    print(`${setup.version}\n`);
    return EXIT.ok;
  }
  if (argv[0] === "help") return help(argv.slice(1), print);
  const parsed = await parse(argv, print, { width: helpWidth() });
  if (parsed === null) return EXIT.ok;
  const output = open(parsed.flags);
  if (argv.length === 0 && !output.onTerminal) {
    print(rootHelp());
    return EXIT.ok;
  }
  const { config, home, key, range } = parsed.flags;
  const globals: Globals = {
    ...(config === undefined ? {} : { config }),
    ...(home === undefined ? {} : { home }),
    ...(key === undefined ? {} : { key }),
    range: range === true,
    output,
    env: process.env,
    cwd: process.cwd(),
    package: setup.home,
    version: setup.version,
    interruption: watchSignals(output),
  };
  return parsed.bare ? runBare(parsed.run, globals) : await parsed.run(globals);
}

/** Without a command: the state, or where to start when there is none yet. */
async function runBare(run: (globals: Globals) => Promise<number>, globals: Globals): Promise<number> {
  try {
    return await run(globals);
  } catch (error) {
    if (!(error instanceof ErError) || error.code !== "config-missing" || globals.output.format !== "human") throw error;
    globals.output.result({ next: START_HERE }, () => ["soc2-er is not set up here yet: there is no soc2-er.yaml."]);
    return EXIT.ok;
  }
}

const START_HERE = [
  ["soc2-er", "doctor"],
  ["soc2-er", "status", "--range"],
  ["soc2-er", "--help"],
].map((argv) => ({ argv }));

async function help(words: readonly string[], print: (text: string) => void): Promise<number> {
  const topic = words.length === 1 ? helpTopic(words[0] ?? "") : null;
  if (topic !== null) print(topic);
  else if (words.length === 0) print(rootHelp());
  else await parse([...words, "--help"], print, { width: helpWidth() });
  return EXIT.ok;
}

/** Long lines are hard to read: help uses a hundred columns at most. */
function helpWidth(): number {
  return Math.min(100, Math.max(40, process.stdout.columns ?? 80));
}

function glance(argv: readonly string[]): GlobalFlags {
  const has = (flag: string): boolean => argv.includes(flag);
  return {
    ...(has("--json") ? { json: true } : {}),
    ...(has("--ndjson") ? { ndjson: true } : {}),
    ...(has("--debug") ? { debug: true } : {}),
    ...(has("--no-color") ? { color: false } : {}),
    input: !has("--no-input"),
  };
}

function outputFor(flags: GlobalFlags): Output {
  const format: Format = flags.json ? "json" : flags.ndjson ? "ndjson" : "human";
  const color: ColorChoice = flags.color === false ? "never" : typeof flags.color === "string" ? flags.color : "auto";
  return new Output({
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    format,
    color,
    input: flags.input,
    quiet: flags.quiet === true,
    verbose: flags.verbose === true,
    debug: flags.debug === true,
    carried: [
      ...(flags.range ? ["--range"] : []),
      ...(flags.config === undefined ? [] : ["--config", flags.config]),
      ...(flags.home === undefined ? [] : ["--home", flags.home]),
    ],
  });
}

/** `soc2-er … | head` must not look like a crash, nor stop a run halfway: what nobody reads any more is dropped. */
function survivePipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
}

async function translate(error: unknown): Promise<ErError> {
  if (error instanceof ErError) return error;
  const { fromProvider } = await import("./provider-failure.ts");
  return fromProvider(error) ?? fromSystem(error) ?? asErError(error);
}
