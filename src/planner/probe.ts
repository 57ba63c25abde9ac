import type { Action } from "../actions/index.ts";
import type { Change, Check } from "../model/index.ts";
import { ProviderError, type ScopeFactory } from "../providers/index.ts";
import { sideBySide } from "./side-by-side.ts";

const NONE = "the provider has no dry run for it: whether the call is allowed shows only when it is made";

/** Asks the providers' own dry runs. An action without one, or whose endpoint has none, is said to be not checkable, once. */
export async function probeChanges(
  changes: readonly Change[],
  actions: ReadonlyMap<string, Action>,
  scopes: ScopeFactory,
): Promise<Check[]> {
  const silent = new Map<string, string>();
  const checked = await sideBySide(changes, 8, async (change): Promise<Check[]> => {
    const action = actions.get(change.action);
    const id = `dry-run:${change.id}`;
    try {
      const result = await action?.probe?.(scopes.probe(action.permissions), change);
      if (result) return [{ id, level: "provider", ...result }];
      silent.set(change.action, NONE);
      return [];
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      if (error.kind !== "no-dry-run")
        return [{ id, level: "provider", status: "failed", detail: `${error.kind}: ${error.providerCode || error.message}` }];
      silent.set(change.action, error.message);
      return [];
    }
  });
  const unasked = [...silent].map(
    ([action, detail]): Check => ({ id: `dry-run:${action}`, level: "provider", status: "not-checkable", detail }),
  );
  return [...checked.flat(), ...unasked];
}
