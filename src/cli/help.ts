export function rootHelp(): string {
  return "soc2-er\n";
}
