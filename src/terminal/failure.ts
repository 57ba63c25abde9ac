import type { ErError } from "../model/index.ts";
import type { View } from "./output.ts";
import { tame } from "./text.ts";

/** What a script reads of a failure (`soc2-er/error@1`). */
export function errorDocument(error: ErError) {
  return {
    schema: "soc2-er/error@1" as const,
    error: {
      code: error.code,
      message: error.message,
      hints: error.hints,
      exit: error.exit,
      ...(error.detail === undefined ? {} : { detail: error.detail }),
    },
  };
}

/** `soc2-er: <message>`, the hints, and the code where it helps; the stack only when asked for. */
export function errorLines(error: ErError, view: View, debug: boolean): string[] {
  const lines = [`${view.paint.red("soc2-er:")} ${tame(error.message)} ${view.paint.dim(`[${error.code}]`)}`];
  for (const hint of error.hints) lines.push(`${view.paint.cyan("hint:")} ${tame(hint)}`);
  if (debug) lines.push(...stackOf(error));
  return lines;
}

function stackOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [tame(String(error))];
  const own = tame(error.stack ?? error.message).split("\n");
  return error.cause === undefined ? own : [...own, "caused by:", ...stackOf(error.cause)];
}
