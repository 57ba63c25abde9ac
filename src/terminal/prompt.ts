import { ErError } from "../model/index.ts";
import type { Output } from "./output.ts";
import { sayCommand } from "./shell.ts";

/**
 * Asks a person to type `expected`; `to` says what it does: "Type acme to apply 6 changes:". Asks only where a person is: a pipe
 * is never an answer. Errors: `no-terminal` with `instead`, the command that does not ask, `declined` for an empty answer or a
 * closed prompt, `interrupted` for Ctrl-C.
 */
export async function confirmTyped(output: Output, expected: string, to: string, instead: readonly string[]): Promise<void> {
  if (output.interactivity.because !== null) {
    throw new ErError("no-terminal", `nobody can be asked to confirm "${expected}": ${output.interactivity.because}`, {
      hints: [sayCommand(instead)],
    });
  }
  const answer = await ask(output, `Type ${output.err.paint.bold(expected)} to ${to}:`, (text) =>
    text === "" || text === expected ? true : `that is not ${expected}; type it exactly, or nothing to stop`,
  );
  if (answer !== expected) throw new ErError("declined", "declined: nothing was changed");
}

async function ask(output: Output, message: string, validate: (text: string) => true | string): Promise<string> {
  const { input } = await import("@inquirer/prompts");
  const left = new AbortController();
  const leave = (): void => left.abort();
  const onKey = (_text: string, key: { readonly ctrl?: boolean; readonly name?: string }): void => {
    if (key.ctrl === true && key.name === "d") leave();
  };
  // A prompt whose input ended is never settled by the library: the process would run out of work instead.
  process.stdin.on("keypress", onKey).on("end", leave);
  try {
    return await input(
      { message, validate: (text) => validate(text.trim()) },
      { output: process.stderr, clearPromptOnDone: false, signal: left.signal },
    ).then((text) => text.trim());
  } catch (error) {
    throw explain(error, output);
  } finally {
    process.stdin.off("keypress", onKey).off("end", leave);
  }
}

function explain(error: unknown, output: Output): unknown {
  if (!(error instanceof Error) || !["AbortPromptError", "ExitPromptError"].includes(error.name)) return error;
  output.say("");
  if (error.message.includes("SIGINT"))
    return new ErError("interrupted", "interrupted at the prompt: nothing was changed", { cause: error });
  return new ErError("declined", "declined: the prompt was closed, nothing was changed", { cause: error });
}
