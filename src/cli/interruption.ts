import { ErError, EXIT, type ExitCode } from "../model/index.ts";
import type { Output } from "../terminal/index.ts";
import type { Interruption } from "./command.ts";

/**
 * SIGINT and SIGTERM. A command that only reads ends at once. One that has asked to handle the first signal gets it as an
 * aborted AbortSignal, so that what is in flight settles; the second ends the process at once: the log is consistent at any instant.
 */
export function watchSignals(output: Output): Interruption {
  const controller = new AbortController();
  let handler: (() => void) | null = null;
  let exit: ExitCode | null = null;
  const receive = (signal: NodeJS.Signals): void => {
    const first = exit === null;
    exit ??= signal === "SIGINT" ? EXIT.interrupted : EXIT.terminated;
    if (first && handler !== null) {
      handler();
      controller.abort(interrupted(signal));
      return;
    }
    output.fail(interrupted(signal));
    process.exit(exit);
  };
  process.on("SIGINT", receive);
  process.on("SIGTERM", receive);
  return {
    handle: (onFirst) => {
      handler = onFirst;
      return controller.signal;
    },
    get exit() {
      return exit;
    },
  };
}

function interrupted(signal: NodeJS.Signals): ErError {
  return new ErError(signal === "SIGINT" ? "interrupted" : "terminated", `stopped by ${signal}; the log is consistent`, {
    hints: ["soc2-er status"],
  });
}
