/** Lets in at most `limit` at a time; the others wait in their order, and cost no more than a place in a line. */
export type Entrance = <T>(work: () => Promise<T>) => Promise<T>;

export function atMost(limit: number): Entrance {
  const waiting: (() => void)[] = [];
  let inside = 0;
  return async (work) => {
    if (inside < limit) inside++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else inside--;
    }
  };
}

/** An entrance for each place, so that what is slow in one holds up no other. */
export function atMostIn(limit: number): (place: string) => Entrance {
  const entrances = new Map<string, Entrance>();
  return (place) => {
    const entrance = entrances.get(place) ?? atMost(limit);
    entrances.set(place, entrance);
    return entrance;
  };
}
