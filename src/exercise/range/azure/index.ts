import { createHttpHeaders, type HttpClient } from "@azure/core-rest-pipeline";
import type { EstateRow } from "../estate.ts";
import type { World } from "../world.ts";

/** Answers ARM requests from the world. */
export function createAzureFront(_world: World): HttpClient {
  return { sendRequest: async (request) => ({ request, status: 501, headers: createHttpHeaders(), bodyAsText: "" }) };
}

/** The Azure part of the embedded estate. */
export function azureRows(_now: number): readonly EstateRow[] {
  return [];
}
