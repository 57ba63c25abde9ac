import type { ExitCode } from "../model/index.ts";
import type { Output } from "../terminal/index.ts";

export type Env = Readonly<Record<string, string | undefined>>;

/** What every command gets beside its own arguments: the global flags as typed, and the process around it. */
export type Globals = {
  readonly config?: string;
  readonly home?: string;
  readonly key?: string;
  readonly range: boolean;
  readonly output: Output;
  readonly env: Env;
  readonly cwd: string;
  /** Folder of the built package: shipped runbooks lie in it. */
  readonly package: string;
  readonly version: string;
  /** Aborted by the first SIGINT or SIGTERM once a command has asked to handle them itself. */
  readonly interruption: Interruption;
};

/** Until `handle` is called, an interrupt ends the process at once; after it, the first only aborts the signal. */
export interface Interruption {
  handle(onFirst: () => void): AbortSignal;
  /** The exit code that the signal received asks for; null when none was. */
  readonly exit: ExitCode | null;
}

/** Positional arguments in order, variadic ones flattened. Resolves to the exit code; errors are thrown as ErError. */
export type CommandModule = { run(args: readonly string[], options: object, globals: Globals): Promise<number> };

export type OptionSpec = {
  /** As commander reads them: `--incident <id>`, `--yes`, `--wait [duration]`. */
  readonly flags: string;
  readonly description: string;
  readonly choices?: readonly string[];
  /** Collects every occurrence into an array. */
  readonly repeats?: boolean;
  readonly required?: boolean;
};

export const GROUPS = ["contain", "decide", "incident", "prove", "prepare"] as const;
export type Group = (typeof GROUPS)[number];

/** A command as data, so that help and completion load no command's code. */
export type CommandSpec = {
  readonly path: string;
  readonly args?: string;
  readonly summary: string;
  readonly group: Group;
  /** Shown in root help with its summary; the others are only named there. */
  readonly front?: boolean;
  readonly options?: readonly OptionSpec[];
  readonly examples: readonly [string, ...string[]];
  readonly load: () => Promise<CommandModule>;
};
