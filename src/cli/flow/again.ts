import { ErError, type Plan } from "../../model/index.ts";
import type { Runbook } from "../../runbooks/index.ts";
import type { Next } from "../../terminal/index.ts";
import type { Context } from "../context.ts";
import { NOUN_PARAM, nounOf } from "./target.ts";

/**
 * The command that plans the same containment anew for the same incident, narrowed to one account where one is named. Null for ways back, and
 * where the runbook is not here any more.
 */
export async function planAgain(context: Context, { header }: Plan, account?: string): Promise<Next | null> {
  if (header.kind !== "contain") return null;
  const runbook = (await context.runbooks().catch(noneIfBroken)).find(({ id }) => id === header.runbook.id);
  if (runbook === undefined) return null;
  const params = Object.entries(header.params).flatMap(([name, text]) => ["--param", `${name}=${String(text)}`]);
  const narrowing = account === undefined ? [] : ["--account", account];
  return { argv: ["soc2-er", ...wordsOf(runbook, header.target), ...params, ...narrowing, "--incident", header.incident] };
}

function wordsOf({ id, command }: Runbook, target: string): string[] {
  const words = target.split(" ");
  if (command?.verb === "revoke") return ["revoke", ...words];
  if (command !== undefined) return [command.verb, command.noun, ...words];
  return ["run", id, "--param", `${NOUN_PARAM[nounOf(command)]}=${words.join(",")}`];
}

function noneIfBroken(error: unknown): readonly Runbook[] {
  if (error instanceof ErError) return [];
  throw error;
}
