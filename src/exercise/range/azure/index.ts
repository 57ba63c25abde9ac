import { createHttpHeaders, type HttpClient } from "@azure/core-rest-pipeline";
import type { EffectObserver } from "../../../model/index.ts";
import type { EstateRow } from "../estate.ts";
import type { World } from "../world.ts";

/** Answers ARM requests from the world. */
export function createAzureFront(_world: World): HttpClient {
  return { sendRequest: async (request) => ({ request, status: 501, headers: createHttpHeaders(), bodyAsText: "" }) };
}

/** Answers the attacker's questions about flows behind network security groups. */
export function azureEffects(_world: World): EffectObserver {
  return { ask: async () => "unknown" };
}

/** The Azure part of the embedded estate. */
export function azureRows(_now: number): readonly EstateRow[] {
  return [];
}
