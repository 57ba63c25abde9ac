/** A command to type next, as an argv array so that no shell quoting can go wrong. */
export type Next = { readonly argv: readonly string[] };

/** One argument as a POSIX shell wants it: bare where that is safe, else in single quotes. */
export function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}

export function sayCommand(argv: readonly string[]): string {
  return argv.map(quote).join(" ");
}
