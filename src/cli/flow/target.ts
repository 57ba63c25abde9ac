import type { ActionSummary } from "../../actions/index.ts";
import { ErError, PRINCIPAL_KINDS, type Principal, parsePrincipal, type SelectionKind, type Target } from "../../model/index.ts";
import { readCidrs } from "../../planner/index.ts";
import type { Runbook } from "../../runbooks/index.ts";
import { readStdin, readText } from "../stdin.ts";

const LIST = "a list of targets, one a line";

/** More targets, one a line, from a file or, with `-`, from stdin. Empty lines and lines that begin with # are passed over. */
export async function wordsFrom(file: string | undefined): Promise<string[]> {
  if (file === undefined) return [];
  const content = file === "-" ? await readStdin(LIST) : await readTargets(file);
  return content
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

async function readTargets(file: string): Promise<string> {
  try {
    return await readText(file, LIST);
  } catch (error) {
    if (error instanceof ErError) throw error;
    throw new ErError("usage", `cannot read targets from "${file}"`, {
      cause: error,
      hints: ["--from FILE, one target a line; --from - reads stdin"],
    });
  }
}

/** The nouns that a command may act on, and the parameter that names each in `run --param`. */
export const NOUN_PARAM = { tenant: "tenant", ip: "cidr", principal: "principal", entrance: "entrance" } as const;
export type Noun = keyof typeof NOUN_PARAM;

/** What stands at an entrance as a whole, whoever comes through it. */
const ENTRANCE_WIDE: readonly SelectionKind[] = [
  "aws.entrance-subnets",
  "aws.load-balancers",
  "aws.region-internet",
  "aws.web-acl",
  "aws.web-acl-ruleset",
  "aws.distribution",
  "aws.distribution-web-acl",
];

const PRINCIPALS: readonly SelectionKind[] = [
  "aws.user",
  "aws.role",
  "aws.access-key",
  "aws.session",
  "aws.cluster-principal",
  "aws.organization-principals",
  "aws.member-account",
];

/** What a runbook's target is: as its command says, else the only sort of target that its steps take, else a tenant. */
export function nounOf(
  { command, steps }: Pick<Runbook, "command" | "steps">,
  actions: readonly Pick<ActionSummary, "id" | "targets">[],
): Noun {
  if (command) return command.noun === "ip" || command.noun === "principal" ? command.noun : "tenant";
  const taken = steps
    .filter(({ on }) => on === undefined)
    .flatMap(({ action }) => actions.find(({ id }) => id === action)?.targets ?? []);
  const only = (kinds: readonly SelectionKind[]) => taken.length > 0 && taken.every((kind) => kinds.includes(kind));
  if (only(ENTRANCE_WIDE)) return "entrance";
  if (only(PRINCIPALS)) return "principal";
  return only(["aws.prefix-lists", "aws.network-acls", "aws.waf-ip-sets", "aws.network-firewall", "azure.nsgs"])
    ? "ip"
    : "tenant";
}

/** Reads what the operator typed after the noun. Errors quote the first word that is wrong; nothing is guessed. */
export function parseTarget(noun: Noun, words: readonly string[]): Target {
  if (words.length === 0) throw new ErError("usage", `no ${noun} given`, { hints: [`soc2-er help`] });
  switch (noun) {
    case "tenant":
      return parseTenant(words);
    case "entrance":
      return parseEntrance(words);
    case "ip":
      return { kind: "cidrs", cidrs: readCidrs(words) };
    case "principal":
      return {
        kind: "principals",
        principals: dedupe(words.map(readPrincipal), (principal) => `${principal.kind}/${principal.name}`),
      };
  }
}

function parseTenant(words: readonly string[]): Target {
  const [name = "", ...rest] = words;
  if (rest.length > 0)
    throw new ErError("usage", `one tenant at a time, not ${words.length}`, { hints: ["run the command once for each tenant"] });
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name))
    throw new ErError("usage", `"${name}" is not a tenant's name`, { hints: ["soc2-er tenant list"] });
  return { kind: "tenant", name };
}

function parseEntrance(words: readonly string[]): Target {
  const [name = "", ...rest] = words;
  if (rest.length > 0)
    throw new ErError("usage", `one entrance at a time, not ${words.length}`, { hints: ["run it once for each entrance"] });
  return { kind: "entrance", name };
}

function readPrincipal(word: string): Principal {
  const principal = parsePrincipal(word);
  if (principal) return principal;
  throw new ErError("unknown-principal", `"${word}" is not a principal`, {
    hints: [`write it as ${PRINCIPAL_KINDS.slice(0, 3).join("/NAME, ")}/ID, or an e-mail address`],
  });
}

function dedupe<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
