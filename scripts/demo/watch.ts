import { openRange, type Probe, type RangeWorld } from "../../src/exercise/range/index.ts";

const EVERY_MS = 100;

/** Tries, over and over, what the attacker tries, and notes when each attempt was first refused. */
export class Watch {
  readonly #range: RangeWorld;
  readonly #refusedAt = new Map<string, number>();
  #watching = true;
  #done: Promise<void> = Promise.resolve();

  private constructor(range: RangeWorld) {
    this.#range = range;
  }

  static async over(folder: string): Promise<Watch> {
    const range = await openRange({ folder });
    range.setDelays({ iam: 1_500, waf: 2_500, nsg: 1_000 });
    return new Watch(range);
  }

  look(): Promise<readonly Probe[]> {
    return this.#range.attacker.probe();
  }

  /** All that exists in the world, for comparing. */
  everything(): string {
    const { exists } = this.#range.show() as { exists: object };
    return JSON.stringify(exists);
  }

  begin(): void {
    this.#watching = true;
    this.#done = this.#watch();
  }

  /** By probe: when it was first refused, in milliseconds of wall time since the epoch. */
  async end(): Promise<ReadonlyMap<string, number>> {
    this.#watching = false;
    await this.#done;
    return this.#refusedAt;
  }

  close(): void {
    this.#range.close();
  }

  async #watch(): Promise<void> {
    const open = new Set((await this.look()).filter((probe) => probe.open).map(({ id }) => id));
    while (this.#watching) {
      for (const probe of await this.look()) {
        if (!probe.open && open.has(probe.id) && !this.#refusedAt.has(probe.id))
          this.#refusedAt.set(probe.id, this.#range.clock.now());
      }
      await this.#range.clock.sleep(EVERY_MS);
    }
  }
}
