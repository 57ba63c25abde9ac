import type { Json, JsonObject } from "../../../src/model/index.ts";
import type { ForeignEdit } from "../bench.ts";

/** A group takes one write at a time: this is how long the one before may still run. */
const OPERATION_MS = 5_000;

export const foreignEdit: ForeignEdit = {
  what: "an administrator narrows the denial to a network of their own choice, in the rule that we made",
  async edit(bench, { id }) {
    const rule = (await bench.azure("GET", id)) as { properties: JsonObject };
    const { properties } = rule;
    await bench.clock.sleep(OPERATION_MS);
    await bench.azure("PUT", id, { properties: { ...properties, sourceAddressPrefix: "203.0.113.128/25" } as Json });
    await bench.clock.sleep(OPERATION_MS);
  },
  kept: (state) => JSON.stringify(state).includes("203.0.113.128/25"),
};
