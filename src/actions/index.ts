import { type ActionId, ErError, nearestFew } from "../model/index.ts";
import type { Action } from "./action.ts";
import { actionList } from "./generated/list.ts";

export * from "./action.ts";
export { actionList } from "./generated/list.ts";
export type { ActionSummary } from "./summary.ts";

/** The action's code. Errors: `action-unknown` with the closest known ids. */
export async function loadAction(id: ActionId): Promise<Action> {
  const known = actionList.find((action) => action.id === id);
  if (known !== undefined) return known.load();
  const ids = actionList.map((action) => action.id);
  throw new ErError("action-unknown", `unknown action "${id}"`, {
    hints: [...nearestFew(id, ids).map((near) => `did you mean "${near}"?`), "soc2-er action list"],
  });
}
