import { Command, type CommanderError, Option } from "commander";
import { ErError } from "../model/index.ts";
import { type CommandSpec, type Globals, GROUPS, type OptionSpec } from "./command.ts";
import { rootHelp } from "./help.ts";
import { GLOBAL_OPTIONS } from "./options.ts";
import { COMMANDS, NOUNS } from "./registry/index.ts";

/** The global flags as commander hands them over. */
export type GlobalFlags = {
  readonly config?: string;
  readonly home?: string;
  readonly key?: string;
  readonly range?: true;
  readonly json?: true;
  readonly ndjson?: true;
  readonly quiet?: true;
  readonly verbose?: true;
  readonly debug?: true;
  readonly color?: "always" | "never" | "auto" | boolean;
  readonly input: boolean;
};

export type Parsed = {
  readonly run: (globals: Globals) => Promise<number>;
  readonly flags: GlobalFlags;
  readonly path: string;
  readonly bare: boolean;
};

/** `width` is the screen's, for help. */
export type ParseOptions = { readonly commands?: readonly CommandSpec[]; readonly width?: number };

/**
 * Reads the command line. Returns what to run, or null when help was printed through `print`. Every complaint is an ErError
 * `usage` or `unknown-command` with the nearest known word as a hint.
 */
export async function parse(
  given: readonly string[],
  print: (text: string) => void,
  { commands = COMMANDS, width = 80 }: ParseOptions = {},
): Promise<Parsed | null> {
  const typed = wordsOf(given);
  const bare = typed.length === 0 && !given.some((word) => word === "--help" || word === "-h");
  const argv = bare ? [...given, "status"] : given;
  const words = bare ? ["status"] : typed;
  let parsed: Parsed | null = null;
  const program = new Command("soc2-er");
  program
    .exitOverride()
    .helpCommand(false)
    .configureOutput({ getOutHelpWidth: () => width, writeOut: print, writeErr: () => undefined, outputError: () => undefined });
  program.helpOption("-h, --help", "show help");
  program.helpInformation = () => rootHelp();
  for (const option of GLOBAL_OPTIONS) program.addOption(optionOf(option));
  for (const spec of needed(words, commands)) {
    const command = commandOf(program, spec);
    command.action(async (...received: unknown[]) => {
      const args = received
        .slice(0, command.registeredArguments.length)
        .flat()
        .filter((arg) => arg !== undefined) as string[];
      const run = async (globals: Globals): Promise<number> => (await spec.load()).run(args, command.opts(), globals);
      parsed = { run, flags: program.opts(), path: spec.path, bare };
    });
  }
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (isHelp(error)) return null;
    throw explain(error, words);
  }
  return parsed;
}

/** What was typed beside options: global options with a value take their value away. */
function wordsOf(argv: readonly string[]): readonly string[] {
  const globals = new Command().exitOverride().configureOutput({ writeErr: () => undefined, outputError: () => undefined });
  for (const { flags, description } of GLOBAL_OPTIONS) globals.option(flags, description);
  try {
    const { operands, unknown } = globals.parseOptions([...argv]);
    return [...operands, ...unknown].filter((word) => !word.startsWith("-"));
  } catch {
    return argv.filter((word) => !word.startsWith("-")); // the full parse says what is wrong
  }
}

/** Only the commands that begin with the first word, where that is one: building all of them costs milliseconds. */
function needed([first]: readonly string[], commands: readonly CommandSpec[]): readonly CommandSpec[] {
  const matching = commands.filter(({ path }) => path.split(" ")[0] === first);
  return matching.length > 0 ? matching : commands;
}

function commandOf(program: Command, spec: CommandSpec): Command {
  const nouns = spec.path.split(" ");
  const name = nouns.pop() ?? "";
  const parent = nouns.reduce((above, _, depth) => nounOf(above, nouns.slice(0, depth + 1)), program);
  const command = parent
    .command(spec.args === undefined ? name : `${name} ${spec.args}`)
    .description(`${spec.summary.charAt(0).toUpperCase()}${spec.summary.slice(1)}.`);
  command
    .helpOption("-h, --help", "show help")
    .addHelpText("after", `\nExamples:\n${spec.examples.map((line) => `  ${line}`).join("\n")}\n\nEverywhere: ${EVERYWHERE}`);
  for (const option of spec.options ?? []) command.addOption(optionOf(option));
  return command;
}

const EVERYWHERE = "--config --home --key --range --json --ndjson --quiet --verbose --debug --no-color --no-input\n";

/** The command that the first words of others are; `words` are its own. */
function nounOf(above: Command, words: readonly string[]): Command {
  const name = words.at(-1) ?? "";
  const known = above.commands.find((command) => command.name() === name);
  return (
    known ??
    above
      .command(name)
      .description(NOUNS[words.join(" ")] ?? name)
      .helpCommand(false)
  );
}

function optionOf(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.description);
  if (spec.choices) option.choices(spec.choices);
  if (spec.required) option.makeOptionMandatory();
  if (spec.repeats) option.argParser((value: string, earlier: string[] = []) => [...earlier, value]);
  return option;
}

function isHelp(error: unknown): boolean {
  return isCommanderError(error) && (error.code === "commander.helpDisplayed" || error.code === "commander.version");
}

function isCommanderError(error: unknown): error is CommanderError {
  return error instanceof Error && "code" in error && String(error.code).startsWith("commander.");
}

/** commander's complaint in our words: lower case, double quotes, suggestions as hints. */
function explain(error: unknown, words: readonly string[]): unknown {
  if (!isCommanderError(error)) return error;
  if (error.code === "commander.help") return missingWord(words);
  const [said = "", ...rest] = error.message.replace(/^error: /, "").split("\n");
  const hints = rest.flatMap((line) => line.match(/Did you mean (.+)\?/)?.[1] ?? []).map((words) => `did you mean ${words}?`);
  const message = said.replace(/(?<![\w])'([^']*)'(?![\w])/g, '"$1"').replace(/\.$/, "");
  const code = error.code === "commander.unknownCommand" ? "unknown-command" : "usage";
  return new ErError(code, message, { hints: hints.length > 0 ? hints : [helpHint(words)] });
}

function missingWord(words: readonly string[]): ErError {
  const begins = (noun: string): boolean => COMMANDS.some(({ path }) => path.startsWith(`${noun} `));
  const two = words.slice(0, 2).join(" ");
  const noun = words.length > 1 && begins(two) ? two : (words[0] ?? "");
  const others = COMMANDS.flatMap(({ path }) => (path.startsWith(`${noun} `) ? [path.slice(noun.length + 1)] : []));
  return new ErError("usage", `"${noun}" needs ${noun.includes(" ") ? "a third" : "a second"} word: ${others.join(", ")}`, {
    hints: others.map((other) => `soc2-er ${noun} ${other}`),
  });
}

/** `soc2-er incident declare --help`, as far as the words typed are a command. */
function helpHint(words: readonly string[]): string {
  const known = COMMANDS.find(({ path }) => [3, 2, 1].some((count) => words.slice(0, count).join(" ") === path));
  return known ? `soc2-er ${known.path} --help` : "soc2-er --help";
}

/** Text of `--help` of every command, for the documentation. */
export async function helpTexts(): Promise<Map<string, string>> {
  const texts = new Map([["soc2-er", rootHelp()]]);
  for (const group of GROUPS) {
    for (const { path } of COMMANDS.filter((command) => command.group === group)) {
      let text = "";
      await parse([...path.split(" "), "--help"], (part) => {
        text += part;
      });
      texts.set(path, text);
    }
  }
  return texts;
}
