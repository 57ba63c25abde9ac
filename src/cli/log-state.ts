import { emptyState, foldLog, type LogState } from "../incidents/index.ts";
import type { Context } from "./context.ts";

/** What the log says; nothing while there is no log yet. */
export async function logState(context: Context): Promise<LogState> {
  const reader = await context.readerIfAny();
  return reader ? foldLog(reader) : emptyState(context.mode);
}
