import type { EffectObserver, Json } from "../../../model/index.ts";
import type { World, WorldRow } from "../world.ts";
import { type NsgRow, settled } from "./nsg.ts";
import { askGroup } from "./packets.ts";

export { type AzureFrontOptions, createAzureFront } from "./front.ts";
export { effectiveNsg, groupPasses } from "./packets.ts";
export { azureRows } from "./rows.ts";

/** Answers the attacker's questions about flows behind network security groups. */
export function azureEffects(world: World): EffectObserver {
  return { ask: async (question) => (question.kind === "flow" ? world.transact((tx) => askGroup(tx, question)) : "unknown") };
}

/** What a row of the world says at `now`: operations of Azure whose time is over have ended, though nobody wrote that down. */
export function azureAt({ key, value }: WorldRow, now: number): Json {
  return key.startsWith("azure/") ? (settled(value as unknown as NsgRow, now) as unknown as Json) : value;
}
