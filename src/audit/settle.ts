import type { Clock } from "../model/index.ts";
import type { BackOff } from "./back-off.ts";
import { type Store, StoreError } from "./stores/store.ts";

/** How often the same bytes are offered while the store says nothing certain, and for how long: a closing command waits for it. */
const MOST_TRIES = 4;
const PATIENCE_MS = 3_000;

export type Offer = {
  readonly object: string;
  readonly most: number;
  /** Creates the object, after whatever must be there before it. */
  create(): Promise<unknown>;
};

/**
 * Offers an object to a store until something stands under its name, and returns that: whose it is, the caller sees. The answers
 * themselves decide nothing, be they success, 409, 412, 5xx or none: two may be told that they were first, and the answer to a
 * success may be lost. Offering the same bytes again is harmless and needs no new signature.
 * Errors: StoreError when nothing stands there after all tries, or nobody can say.
 */
export async function settle(store: Store, offer: Offer, backOff: BackOff, clock: Clock): Promise<Uint8Array> {
  const end = clock.monotonic() + PATIENCE_MS;
  for (let tries = 1; ; tries++) {
    const failure = await failureOf(offer);
    const there = await store.read(offer.object, offer.most);
    if (there !== null) return there;
    if (tries === MOST_TRIES || clock.monotonic() >= end)
      throw failure ?? new StoreError(store.name, `${offer.object} is not there, though the store answered that it is`);
    await backOff.pause(clock, tries);
  }
}

async function failureOf(offer: Offer): Promise<StoreError | null> {
  try {
    await offer.create();
    return null;
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
}
