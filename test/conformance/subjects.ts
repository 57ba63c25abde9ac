import type { ActionId } from "../../src/model/index.ts";

/** Actions whose calls the emulator lacks, and what it lacks. */
const LACKING: Readonly<Record<ActionId, string>> = {};

/** Why an action's laws do not run on the emulator; null where they do. */
export function notOnEmulator(id: ActionId): string | null {
  if (!id.startsWith("aws.")) return "no emulator of this provider takes part";
  return LACKING[id] ?? null;
}
