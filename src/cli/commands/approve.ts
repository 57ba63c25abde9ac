import { repairPasted } from "../../approvals/index.ts";
import { ErError } from "../../model/index.ts";
import type { Globals } from "../command.ts";
import { type Context, withContext } from "../context.ts";
import { type DecisionOptions, decide, decideOnReceived } from "../flow/decision.ts";
import { recordPasted } from "../flow/recording.ts";
import { receive } from "../flow/request.ts";
import { review } from "../flow/review.ts";
import { readStdin } from "../stdin.ts";

export async function run(
  [named]: readonly string[],
  options: DecisionOptions & { paste?: boolean; review?: boolean },
  globals: Globals,
): Promise<number> {
  if (options.paste === true) return withContext(globals, (context) => takePasted(context, options));
  if (named === undefined)
    throw new ErError("usage", "no plan given", { hints: ["soc2-er plan list", "soc2-er approve <plan>"] });
  if (options.review === true) return withContext(globals, (context) => review(context, named, "ratify", options));
  return withContext(globals, (context) => decide(context, named, "approve", options));
}

/** A signed decision is recorded, whichever it is; a request is answered. */
async function takePasted(context: Context, options: DecisionOptions): Promise<number> {
  const text = await readStdin("an approval");
  const received = receive(text);
  const { signature, text: statement } = received.plan === null ? repairPasted(text) : { signature: null, text: "" };
  if (signature !== null) return await recordPasted(context, { text: statement, signature });
  return await decideOnReceived(context, received, "approve", options);
}
