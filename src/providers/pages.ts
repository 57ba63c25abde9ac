/** How services say where a listing goes on. A marker counts only where more is said to follow, if anything is said of it. */
export type Page = {
  readonly NextToken?: string | undefined;
  readonly nextToken?: string | undefined;
  readonly NextMarker?: string | undefined;
  readonly Marker?: string | undefined;
  readonly IsTruncated?: boolean | undefined;
};

/**
 * All items of a listing, however many pages it has. `from` is undefined for the first page, then what the page before named;
 * null is the answer where that of which things are listed is not there.
 */
export async function everyPage<P extends Page, T>(
  ask: (from: string | undefined) => Promise<P | null>,
  itemsOf: (page: P) => readonly T[] | undefined,
): Promise<T[]> {
  const items: T[] = [];
  let from: string | undefined;
  do {
    const page: P | null = await ask(from);
    if (page === null) break;
    items.push(...(itemsOf(page) ?? []));
    from = page.IsTruncated === false ? undefined : (page.NextToken ?? page.nextToken ?? page.NextMarker ?? page.Marker);
  } while (from !== undefined && from !== "");
  return items;
}
