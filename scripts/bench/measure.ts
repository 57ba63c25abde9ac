/** One line of the table: ours against a floor that no program can get below, or a peer that does the same work. */
export type Row = {
  readonly what: string;
  readonly against: string;
  /** Medians; milliseconds where no unit is named. */
  readonly ours: number;
  readonly floor: number;
  readonly unit?: string;
  /** The ratio that is promised. */
  readonly most?: number;
};

export type Options = {
  readonly runs: number;
  /** Small enough to see that everything works; the figures say nothing. */
  readonly quick: boolean;
};

export type Bench = (options: Options) => Promise<readonly Row[]>;

type Side = () => Promise<number> | number;

/** Both sides take turns, so that what else the machine does falls on both; the first turn only warms up. */
export async function compare(runs: number, ours: Side, floor: Side): Promise<{ readonly ours: number; readonly floor: number }> {
  const seen = { ours: [] as number[], floor: [] as number[] };
  for (let run = 0; run <= runs; run++) {
    const [floored, our] = [await floor(), await ours()];
    if (run === 0 && runs > 1) continue;
    seen.floor.push(floored);
    seen.ours.push(our);
  }
  return { ours: median(seen.ours), floor: median(seen.floor) };
}

export async function timed(work: () => Promise<unknown> | unknown): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor((sorted.length * percent) / 100)] ?? Number.NaN;
}
