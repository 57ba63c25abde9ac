import type { Clock, NewEntry } from "../model/index.ts";
import type { CatchUp, Seal } from "./catch-up.ts";
import { tryLock } from "./lock.ts";
import { type Store, StoreError } from "./stores/store.ts";

/** Each round may note that a store is back, which is one more entry to hand over. */
const ROUNDS = 3;

/** What the synchronizer needs of the pen that writes the log. */
export type Desk = {
  readonly syncLock: string;
  readonly seal: Seal;
  readonly clock: Clock;
  /** Stores noted as down, and why. */
  readonly down: ReadonlyMap<string, string>;
  pending(): Promise<number>;
  note(entry: Extract<NewEntry, { type: "remote.down" | "remote.up" }>): Promise<void>;
};

/** Hands what is pending to every store, and notes in the log from when to when one could not be reached. */
export class Synchronizer {
  readonly #stores: readonly Store[];
  readonly #catchUp: CatchUp;
  readonly #desk: Desk;
  #stopped = false;

  constructor(stores: readonly Store[], catchUp: CatchUp, desk: Desk) {
    this.#stores = stores;
    this.#catchUp = catchUp;
    this.#desk = desk;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** False, at once and with what was done so far taken over, when another process of this machine is at it. */
  async run(): Promise<boolean> {
    const [first, ...others] = this.#stores;
    if (first === undefined || this.#stopped) return true;
    await using lock = await tryLock(this.#desk.syncLock);
    if (lock === null) {
      await this.#catchUp.refresh();
      return false;
    }
    for (let round = 0; round < ROUNDS; round++) {
      const done = await this.#serve(first, async () => {
        await this.#catchUp.push(first, this.#desk.clock);
        await this.#catchUp.pull(first);
        await this.#back(first);
        return this.#catchUp.commit(first, this.#desk.seal, this.#desk.clock);
      });
      await Promise.all(others.map((store) => this.#serve(store, () => this.#fill(store))));
      if (!done || this.#stopped || (await this.#desk.pending()) === 0) return true;
    }
    return true;
  }

  async #fill(store: Store): Promise<boolean> {
    await this.#catchUp.push(store, this.#desk.clock);
    await this.#back(store);
    return true;
  }

  /** After a run: signs what is in the first store by now, and gives that to the others. Nothing but the next checkpoint waits for it. */
  async checkpoint(): Promise<void> {
    const [first, ...others] = this.#stores.filter(({ name }) => !this.#desk.down.has(name));
    if (first === undefined || first !== this.#stores[0] || this.#stopped) return;
    const told = async (work: Promise<void>): Promise<boolean> => work.then(() => true);
    await this.#serve(first, () => told(this.#catchUp.checkpoint(first)));
    await Promise.all(others.map((store) => this.#serve(store, () => told(this.#catchUp.giveCheckpoint(store)))));
  }

  /** False when the store could not be reached, or the work says so. */
  async #serve(store: Store, work: () => Promise<boolean>): Promise<boolean> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (!this.#stopped && !this.#desk.down.has(store.name))
        await this.#desk.note({ type: "remote.down", body: { store: store.name, reason: error.message } });
      return false;
    }
  }

  async #back(store: Store): Promise<void> {
    if (this.#stopped || !this.#desk.down.has(store.name)) return;
    await this.#desk.note({ type: "remote.up", body: { store: store.name, pending: await this.#desk.pending() } });
  }
}
