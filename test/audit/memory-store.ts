import { type Store, StoreError } from "../../src/audit/stores/store.ts";

/** A store in memory that can be away, can lose its answers, and in which somebody else can be first. */
export function memory(name = "memory") {
  const objects = new Map<string, Buffer>();
  const fault = { away: false, loseAnswers: 0, before: null as null | ((name: string, bytes: Uint8Array) => void) };
  const reach = () => {
    if (fault.away) throw new StoreError(name, "no route to it");
  };
  const store: Store = {
    name,
    create: async (object, bytes) => {
      reach();
      fault.before?.(object, bytes);
      if (objects.has(object)) return "exists";
      objects.set(object, Buffer.from(bytes));
      if (object.startsWith("batch/") && fault.loseAnswers-- > 0) throw new StoreError(name, "the answer was lost");
      return "created";
    },
    read: async (object) => {
      reach();
      return objects.get(object) ?? null;
    },
    close: async () => undefined,
  };
  return { store, objects, fault };
}
