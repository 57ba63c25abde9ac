import type { FaultScript } from "../../src/exercise/range/index.ts";
import type { Clock, Json, ResourceRef } from "../../src/model/index.ts";
import type { AwsService, ScopeFactory } from "../../src/providers/index.ts";

/** A world of its own in which a law is tried. */
export type Bench = {
  readonly clock: Clock;
  /** A factory with no requests yet. */
  scopes(): ScopeFactory;
  /** All that exists, as far as it has to be the same again after a rollback. */
  dump(resources: readonly ResourceRef[]): Promise<Json>;
  /** Somebody else's call. */
  aws(service: AwsService, operation: string, input: object, place: { account: string; region: string }): Promise<object>;
  azure(method: "GET" | "PUT" | "DELETE", path: string, body?: Json): Promise<Json>;
  /** The same world again, as it began: what cannot be undone can be done only once in each. */
  again?(): Promise<Bench>;
  /** Null where nothing can be made to go wrong. */
  readonly setFaults: ((script: FaultScript) => void) | null;
};

/** Somebody else's edit of the resource of a planned change, by an administrator who knows nothing of us. */
export type ForeignEdit = {
  readonly what: string;
  /** `change` is the first that an example plans. */
  edit(bench: Bench, resource: ResourceRef): Promise<void>;
  /** Whether a state of the resource, as the action reads it, still has the edit. */
  kept(state: Json): boolean;
};
