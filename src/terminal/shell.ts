import { quote } from "../model/index.ts";

/** A command to type next, as an argv array so that no shell quoting can go wrong. */
export type Next = { readonly argv: readonly string[] };

export function sayCommand(argv: readonly string[]): string {
  return argv.map(quote).join(" ");
}
