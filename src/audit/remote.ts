import { type Clock, millis } from "../model/index.ts";
import type { Layout } from "./layout.ts";
import { StoreCursor } from "./store-cursor.ts";
import type { Store } from "./stores/store.ts";
import type { RemoteState } from "./types.ts";
import type { Survey } from "./walk.ts";

/** How far the stores are behind, as this machine knows: nothing is asked. */
export async function remoteState(
  stores: readonly Pick<Store, "name">[],
  layout: Layout,
  { pending, oldestPending, sizes, down }: Pick<Survey, "pending" | "oldestPending" | "sizes" | "down">,
  clock: Clock,
): Promise<Omit<RemoteState, "checkpoint">> {
  const committed = sizes.at(-1) ?? 0;
  const listed = await Promise.all(
    stores.map(async ({ name }) => {
      const batches = await new StoreCursor(layout, name).read();
      const lacking = pending + committed - (batches === 0 ? 0 : (sizes[batches - 1] ?? committed));
      const reason = down.get(name);
      if (reason !== undefined) return { name, state: "down" as const, pending: lacking, reason };
      return { name, state: lacking === 0 ? ("up-to-date" as const) : ("behind" as const), pending: lacking };
    }),
  );
  const most = Math.max(0, ...listed.map((store) => store.pending));
  const state = listed.length === 0 ? "none" : worst(listed.map((store) => store.state));
  const lag = most === 0 || oldestPending === null ? 0 : Math.max(0, clock.now() - millis(oldestPending));
  return { state, pending: most, lagSeconds: Math.round(lag / 1000), stores: listed };
}

function worst(states: readonly ("up-to-date" | "behind" | "down")[]): "up-to-date" | "behind" | "down" {
  if (states.includes("down")) return "down";
  return states.includes("behind") ? "behind" : "up-to-date";
}
