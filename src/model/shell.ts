/** One argument as a POSIX shell wants it: bare where that is safe, else in single quotes. */
export function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
