import { type CommandSpec, GROUPS, type Group } from "./command.ts";
import { COMMANDS } from "./registry/index.ts";

const TITLES: Readonly<Record<Group, string>> = {
  contain: "Contain",
  decide: "Decide",
  incident: "Incident",
  prove: "Prove",
  prepare: "Prepare",
};

/** Root help: what is typed in an emergency with its summary, everything else by name. At most 24 lines of 80 columns. */
export function rootHelp(): string {
  const front = COMMANDS.filter((command) => command.front).toSorted(
    (left, right) => Number(right.group === "incident") - Number(left.group === "incident"),
  );
  const lines = [
    "Usage: soc2-er <command> [options]      soc2-er help <command|topic>",
    "",
    ...front.map((command) => `  ${usageOf(command).padEnd(28)}${command.summary}`),
    "",
    ...GROUPS.flatMap((group) => moreOf(group)),
    "",
    "Everywhere: --range (simulated cloud) --json --quiet --incident ID --help",
    "Topics: environment, exit-codes, output          Start here: soc2-er doctor",
  ];
  return `${lines.join("\n")}\n`;
}

export function usageOf({ path, args }: CommandSpec): string {
  return args === undefined ? path : `${path} ${args}`;
}

/** `Prepare   init, doctor, runbook list|show|check` */
function moreOf(group: Group): string[] {
  const names = new Map<string, string[]>();
  for (const { path, front } of COMMANDS.filter((command) => command.group === group)) {
    const [first = "", second] = path.split(" ");
    if (front && second === undefined) continue;
    if (front && group === "contain") continue;
    names.set(first, [...new Set([...(names.get(first) ?? []), ...(second === undefined ? [] : [second])])]);
  }
  if (names.size === 0) return [];
  const said = [...names].map(([first, seconds]) => (seconds.length === 0 ? first : `${first} ${seconds.join("|")}`));
  const lines: string[] = [];
  let line = TITLES[group].padEnd(10);
  for (const [index, name] of said.entries()) {
    const part = index === said.length - 1 ? name : `${name}, `;
    if (line.length + part.trimEnd().length > 78) {
      lines.push(line.trimEnd());
      line = " ".repeat(10);
    }
    line += part;
  }
  return [...lines, line.trimEnd()];
}
