import { ErError, type ExitCode } from "../model/index.ts";
import { type ColorChoice, colorLevel, type Env, type Paint, paintFor } from "./color.ts";
import { errorDocument, errorLines } from "./failure.ts";
import { type Interactivity, interactivity } from "./interactivity.ts";
import { piecesOf } from "./pieces.ts";
import { type Next, sayCommand } from "./shell.ts";
import { tame, wrap } from "./text.ts";

export type Format = "human" | "json" | "ndjson";

export type Stream = { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };

export type OutputOptions = {
  readonly stdin: { readonly isTTY?: boolean };
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly env: Env;
  readonly format: Format;
  readonly color: ColorChoice;
  readonly input: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly debug: boolean;
  /** Global flags of this command that the commands it proposes need too: `--range`, `--home DIR`. */
  readonly carried?: readonly string[];
};

/** What a view may know of where it is shown. Views are functions from data to lines. */
export type View = { readonly width: number; readonly paint: Paint };

/**
 * The only writer of stdout and stderr. stdout gets the result and nothing else: exactly one document with `--json`, lines with
 * `--ndjson`, text otherwise. All talk goes to stderr.
 */
export class Output {
  readonly options: OutputOptions;
  readonly format: Format;
  readonly interactivity: Interactivity;
  /** For views on stdout. */
  readonly out: View;
  /** For talk on stderr. */
  readonly err: View;
  #answered = false;
  #banner: string | null = null;
  #foot: { clear(): void; draw(): void } | null = null;

  constructor(options: OutputOptions) {
    this.options = options;
    this.format = options.format;
    this.interactivity = interactivity(options, options.env, options.input);
    this.out = {
      width: columnsOf(options.stdout, options.env),
      paint: paintFor(colorLevel(options.stdout, options.env, options.color)),
    };
    this.err = {
      width: columnsOf(options.stderr, options.env),
      paint: paintFor(colorLevel(options.stderr, options.env, options.color)),
    };
  }

  /** True when a person reads stdout as it is printed. */
  get onTerminal(): boolean {
    return this.format === "human" && this.options.stdout.isTTY === true;
  }

  /** The result of the command, once. The commands of its `next`, if it has one, are repeated for people on stderr. */
  result(document: object, lines: (view: View) => readonly string[]): void {
    if (this.#answered) throw new ErError("internal", "a command answered twice");
    this.#answered = true;
    const proposed = "next" in document ? (document.next as readonly Next[]) : null;
    const next = (proposed ?? []).map(({ argv }) => ({ argv: this.carried(argv) }));
    const answer = proposed === null ? document : { ...document, next };
    if (this.format === "human") this.#print(lines(this.out));
    else this.#write(answer);
    this.next(next);
  }

  /** Something that happened on the way: an NDJSON line, or the words for people. */
  event(message: object, line: string | null): void {
    if (this.format === "ndjson") this.#raw(`${JSON.stringify(message)}\n`);
    else if (line !== null) this.say(line);
  }

  /** Talk for people; left out with `--quiet`. */
  say(line: string): void {
    if (!this.options.quiet) this.#talk(line);
  }

  /** Said even with `--quiet`. */
  warn(message: string): void {
    this.#talk(`${this.err.paint.yellow("warning:")} ${tame(message)}`);
  }

  detail(line: string): void {
    if (this.options.verbose || this.options.debug) this.#talk(this.err.paint.dim(line));
  }

  debug(line: string): void {
    if (this.options.debug) this.#talk(this.err.paint.dim(tame(line)));
  }

  /** Shown above the first talk: an exercise must never be taken for the real thing, nor the other way round. */
  banner(text: string): void {
    if (this.#banner !== null || this.options.quiet) return;
    this.#banner = text;
    this.#talk(this.err.paint.inverse(` ${text} `));
  }

  next(commands: readonly Next[]): void {
    if (commands.length === 0 || this.options.quiet || this.format !== "human") return;
    this.#talk("Next:");
    // Left to the terminal to wrap: a command broken by us would be pasted as several.
    for (const { argv } of commands.slice(0, 4)) this.command(argv);
  }

  /** One command to paste: talk that is never wrapped. */
  command(argv: readonly string[]): void {
    if (!this.options.quiet) this.#talk(`  ${this.err.paint.bold(sayCommand(argv))}`, false);
  }

  /** Prints the failure in the form asked for and says with which code to end. */
  fail(failure: ErError): ExitCode {
    const error = this.#carry(failure);
    if (this.format !== "human" && !this.#answered) {
      this.#answered = true;
      this.#raw(`${JSON.stringify(errorDocument(error), null, this.format === "json" ? 2 : undefined)}\n`);
    }
    for (const line of errorLines(error, this.err, this.options.debug)) this.#talk(line, false);
    return error.exit;
  }

  /** A command with the global flags that make it work where this one ran. */
  carried(argv: readonly string[]): readonly string[] {
    return [...argv, ...(this.options.carried ?? [])];
  }

  /** A proposed command with the global flags that make it work where this one ran; other hints stay as they are. */
  here(hint: string): string {
    const carried = this.options.carried ?? [];
    if (carried.length === 0 || !hint.startsWith("soc2-er ")) return hint;
    // What stands behind a comment would not be part of the command.
    const [, command = hint, comment = ""] = /^(.*?)( +# .*)?$/s.exec(hint) ?? [];
    return `${command} ${sayCommand(carried)}${comment}`;
  }

  #carry(error: ErError): ErError {
    if ((this.options.carried ?? []).length === 0) return error;
    const hints = error.hints.map((hint) => this.here(hint));
    const told = new ErError(error.code, error.message, { hints, cause: error.cause, detail: error.detail });
    if (error.stack !== undefined) told.stack = error.stack;
    return told;
  }

  /** A line that is repainted below all talk, or none. Talk is printed above it. */
  foot(foot: { clear(): void; draw(): void } | null): void {
    this.#foot = foot;
  }

  #talk(line: string, wrapped = true): void {
    this.#foot?.clear();
    const lines = wrapped && this.options.stderr.isTTY === true ? wrap(line, this.err.width, 4) : [line];
    this.options.stderr.write(`${lines.join("\n")}\n`);
    this.#foot?.draw();
  }

  #print(lines: readonly string[]): void {
    if (lines.length > 0) this.#raw(`${lines.join("\n")}\n`);
  }

  /** Piece by piece: a plan of ten thousand changes is never one text. */
  #write(document: object): void {
    this.#foot?.clear();
    for (const piece of piecesOf(document, this.format === "json" ? 2 : 0)) this.options.stdout.write(piece);
    this.#foot?.draw();
  }

  #raw(text: string): void {
    this.#foot?.clear();
    this.options.stdout.write(text);
    this.#foot?.draw();
  }
}

/** A terminal's width, else `COLUMNS`, else 80. Some CI terminals claim one column: less than 20 is not believed. */
function columnsOf(stream: Stream, env: Env): number {
  const width = stream.columns ?? Number(env["COLUMNS"] ?? Number.NaN);
  return Number.isInteger(width) && width >= 20 ? width : 80;
}

/** Any thrown value as the one error that reaches a person. */
export function asErError(error: unknown): ErError {
  if (error instanceof ErError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ErError("internal", tame(message.split("\n")[0] ?? ""), {
    cause: error,
    hints: ["this is a defect in soc2-er: run the command again with --debug and report its output"],
  });
}
