import type { Action } from "../actions/index.ts";
import type { Change, Check } from "../model/index.ts";
import { ProviderError, type ScopeFactory } from "../providers/index.ts";
import { sideBySide } from "./side-by-side.ts";

/** Asks the providers' own dry runs, where they have one. An action without is said to be not checkable, once. */
export async function probeChanges(
  changes: readonly Change[],
  actions: ReadonlyMap<string, Action>,
  scopes: ScopeFactory,
): Promise<Check[]> {
  const checked = await sideBySide(changes, 8, async (change): Promise<Check | null> => {
    const action = actions.get(change.action);
    if (!action?.probe) return null;
    const id = `dry-run:${change.id}`;
    try {
      const result = await action.probe(scopes.probe(action.permissions), change);
      return { id, level: "provider", ...result };
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      return { id, level: "provider", status: "failed", detail: `${error.kind}: ${error.providerCode || error.message}` };
    }
  });
  const silent = new Set(changes.map(({ action }) => action).filter((id) => !actions.get(id)?.probe));
  const unasked = [...silent].map(
    (id): Check => ({
      id: `dry-run:${id}`,
      level: "provider",
      status: "not-checkable",
      detail: "the provider has no dry run for it: whether the call is allowed shows only when it is made",
    }),
  );
  return [...checked.flatMap((check) => check ?? []), ...unasked];
}
