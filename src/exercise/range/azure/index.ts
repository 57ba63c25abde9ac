import type { EffectObserver } from "../../../model/index.ts";
import type { World } from "../world.ts";
import { askGroup } from "./packets.ts";

export { type AzureFrontOptions, createAzureFront } from "./front.ts";
export { effectiveNsg, groupPasses } from "./packets.ts";
export { azureRows } from "./rows.ts";

/** Answers the attacker's questions about flows behind network security groups. */
export function azureEffects(world: World): EffectObserver {
  return { ask: async (question) => (question.kind === "flow" ? world.transact((tx) => askGroup(tx, question)) : "unknown") };
}
