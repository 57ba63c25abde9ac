import { type Limit, parseLimit } from "../../approvals/index.ts";
import { accountOf, type Config } from "../../config/index.ts";
import { ErError, parseCidr } from "../../model/index.ts";
import { readParams } from "../../planner/index.ts";
import type { Runbook } from "../../runbooks/index.ts";
import { paramsOf } from "./containment.ts";

const HINTS = {
  "--target": ["--target acme --target 'globex-*'", "--target within:203.0.113.0/24", "--target widest:24/64"],
  "--param-limit": [
    "--param-limit keep-cidr=within:10.0.0.0/8",
    "--param-limit 'name=in:one|other'",
    "--param-limit cidr=widest:24/64",
  ],
};

/** Each `--target` is a pattern, or all of them together are one limit of networks. */
export function targetLimit(given: readonly string[]): Limit {
  const [only = ""] = given;
  const limit = given.length === 1 && /^(within|widest|like):/.test(only) ? limitFrom("--target", only) : null;
  if (limit !== null) return limit;
  if (given.some((word) => /[\s:]/.test(word.replace(/^[a-z]+:(?=[a-z]+\/)/, ""))))
    throw new ErError("usage", `"${given.join(" ")}" is not a target that can be allowed`, { hints: HINTS["--target"] });
  return { kind: "like", patterns: [...given] };
}

/**
 * What each parameter may be: `is` for what was given, the limits that were given, and the runbook's default for the rest. A
 * parameter that is not here may not be given. Errors: `parameter-invalid`, `cidr-invalid`, `usage`.
 */
export function paramLimits(
  runbook: Runbook,
  given: readonly string[],
  limits: readonly string[],
): readonly (readonly [string, Limit])[] {
  const optional = Object.entries(runbook.params).map(([name, param]) => [name, { ...param, required: false }] as const);
  const values = readParams({ ...runbook, params: Object.fromEntries(optional) }, paramsOf(given));
  const limited = paramsOf(limits);
  const stranger = Object.keys(limited).find((name) => !Object.hasOwn(runbook.params, name));
  if (stranger !== undefined)
    throw new ErError("parameter-invalid", `unknown parameter "${stranger}"`, { hints: [`soc2-er runbook show ${runbook.id}`] });
  return Object.keys(runbook.params).flatMap((name): (readonly [string, Limit])[] => {
    const limit = limited[name];
    if (limit !== undefined) return [[name, limitFrom("--param-limit", limit)]];
    const value = values.get(name);
    return value === undefined ? [] : [[name, { kind: "is", text: value.text }]];
  });
}

/** Ids of what was named; null where nothing was. */
export function accountLimit(config: Config, given: readonly string[]): readonly string[] | null {
  if (given.length === 0) return null;
  const { aws, azure } = config.providers;
  const all = [...(aws?.accounts ?? []), ...(azure?.subscriptions ?? [])];
  // An account and a subscription may have one name: both are meant. What is neither gets the error of an account.
  return given.flatMap((named) => {
    const found = all.filter(({ id, name }) => id === named || name === named).map(({ id }) => id);
    return found.length > 0 ? found : [accountOf(config, named).id];
  });
}

/** `kind:values` as it is typed. */
function limitFrom(flag: keyof typeof HINTS, text: string): Limit {
  const colon = text.indexOf(":");
  const [kind, rest] = [text.slice(0, colon), text.slice(colon + 1)];
  const values = rest.split(kind === "in" ? /\s*\|\s*/ : kind === "widest" ? "/" : /[\s,]+/).filter((one) => one !== "");
  const networks = (): string => values.map((one) => parseCidr(one)?.text ?? notNetwork(one)).join(" ");
  const said = new Map([
    ["is", () => rest],
    ["in", () => values.join(" | ")],
    ["like", () => values.join(" ")],
    ["within", networks],
    ["widest", () => values.map((bits) => `/${bits}`).join(" ")],
  ]).get(kind);
  const limit = said === undefined ? null : parseLimit(`${kind} ${said()}`);
  if (limit !== null) return limit;
  throw new ErError("usage", `"${text}" is not a limit`, { hints: HINTS[flag] });
}

function notNetwork(text: string): never {
  throw new ErError("cidr-invalid", `"${text}" is not a network`, { hints: ["203.0.113.0/24 (host bits zero)"] });
}
