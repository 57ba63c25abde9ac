import { foldLog } from "../../incidents/index.ts";
import { isDigest } from "../../model/index.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";
import { type DecisionOptions, decide } from "../flow/decision.ts";
import { review } from "../flow/review.ts";
import { withdraw } from "../flow/scope.ts";

/** A plan is denied, a scope withdrawn: both are digests, and which of them is in the log decides. */
export async function run(
  [named = ""]: readonly string[],
  options: DecisionOptions & { readonly reason?: string; readonly review?: boolean },
  globals: Globals,
): Promise<number> {
  return withContext(globals, async (context) => {
    if (options.review === true) return await review(context, named, "object", options);
    const reader = isDigest(named) ? await context.readerIfAny() : null;
    if (reader !== null && isDigest(named) && (await foldLog(reader)).scopes.has(named))
      return await withdraw(context, named, options);
    return await decide(context, named, "deny", options);
  });
}
