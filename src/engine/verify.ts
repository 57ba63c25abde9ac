import type { Action } from "../actions/index.ts";
import { type Change, digestJson, type Verification } from "../model/index.ts";
import { ProviderError, type ReadScope } from "../providers/index.ts";
import type { Performing } from "./perform.ts";

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 4_000;
/** From its first look a verification waits at least this long, and three times the documented bound where that is more. */
const LEAST_PATIENCE_MS = 20_000;

/**
 * Looks until the change is confirmed or patience ends, and records the last look. Where somebody can ask the attacker's
 * questions, "confirmed" means that each of them was refused; elsewhere that the configuration reads back.
 */
export async function verifyChange(performing: Performing, action: Action, change: Change): Promise<Verification> {
  const { deps, direction } = performing;
  const scope = deps.scopes.read(action.permissions.read);
  const inTurn = performing.looks(placeOf(change));
  let began = deps.clock.monotonic();
  deps.onPoint?.("verifying", change.id);
  let wait = FIRST_WAIT_MS;
  let seen = await inTurn(() => {
    began = deps.clock.monotonic();
    return lookOnce(action, scope, change, direction);
  });
  const deadline = began + Math.max(LEAST_PATIENCE_MS, 3 * change.bound.ms);
  while (seen.verdict !== "confirmed" && deps.clock.monotonic() < deadline && !deps.stop.aborted) {
    await deps.clock.sleep(wait);
    wait = Math.min(LONGEST_WAIT_MS, wait * 1.5);
    seen = await inTurn(() => lookOnce(action, scope, change, direction));
  }
  await inTurn(() => record(performing, action, scope, change, seen));
  deps.onPoint?.("verified", change.id);
  return seen;
}

/** Where the calls go that look at a change: the service, in its account and Region. */
function placeOf({ action, resource }: Change): string {
  return [...action.split(".").slice(0, 2), resource.account, resource.region].join(" ");
}

async function lookOnce(
  action: Action,
  scope: ReadScope,
  change: Change,
  direction: Performing["direction"],
): Promise<Verification> {
  try {
    const configured = await action.verify(scope, change, direction);
    if (configured.verdict !== "confirmed" || direction === "restore") return configured;
    return await askAttacker(action, scope, change, configured);
  } catch (error) {
    if (error instanceof ProviderError)
      return { verdict: "inconclusive", level: "configuration", detail: `${error.kind}: ${error.providerCode || error.message}` };
    throw error;
  }
}

async function askAttacker(action: Action, scope: ReadScope, change: Change, configured: Verification): Promise<Verification> {
  const questions = scope.effects ? (action.effects?.(change) ?? []) : [];
  if (!scope.effects || questions.length === 0) return configured;
  const effects = scope.effects;
  const answers = await Promise.all(questions.map((question) => effects.ask(question)));
  const open = answers.indexOf("open");
  if (open >= 0) return { verdict: "contradicted", level: "effect", detail: `still open: ${JSON.stringify(questions[open])}` };
  return answers.includes("unknown") ? configured : { verdict: "confirmed", level: "effect" };
}

/** The evidence is what was read, by digest: the document itself is in the intent. */
async function record(
  performing: Performing,
  action: Action,
  scope: ReadScope,
  change: Change,
  verification: Verification,
): Promise<void> {
  const observed = await action.read(scope, change.resource).then(
    (state) => ({ state: digestJson(state) }),
    (error: unknown) => {
      if (error instanceof ProviderError) return { unread: error.kind };
      throw error;
    },
  );
  await performing.deps.log.append([
    {
      type: "change.verified",
      incident: performing.incident,
      body: { run: performing.run, change: change.id, verification, observed },
    },
  ]);
}
