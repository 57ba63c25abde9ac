import { Chalk, type ChalkInstance } from "chalk";

export type ColorChoice = "always" | "never" | "auto";
export type Env = Readonly<Record<string, string | undefined>>;

/** What is painted with: one instance per stream, decided once. At level 0 every function returns its text unchanged. */
export type Paint = ChalkInstance;

/**
 * The flag wins, then `NO_COLOR`, then `FORCE_COLOR`, then whether this stream is a terminal that can. 0 is no color, 1 is
 * sixteen colors: more would only make our few words less readable on somebody's theme.
 */
export function colorLevel(stream: { readonly isTTY?: boolean }, env: Env, choice: ColorChoice): 0 | 1 {
  if (choice !== "auto") return choice === "always" ? 1 : 0;
  if (env["NO_COLOR"]) return 0;
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined && forced !== "") return forced === "0" || forced === "false" ? 0 : 1;
  return stream.isTTY === true && env["TERM"] !== "dumb" ? 1 : 0;
}

export function paintFor(level: 0 | 1): Paint {
  return new Chalk({ level });
}
