/** How services say where a listing goes on. A marker counts only where more is said to follow, if anything is said of it. */
export type Page = {
  readonly NextToken?: string | undefined;
  readonly nextToken?: string | undefined;
  readonly Marker?: string | undefined;
  readonly IsTruncated?: boolean | undefined;
};

/** All items of a listing, however many pages it has. `from` is undefined for the first page, then what the page before named. */
export async function everyPage<P extends Page, T>(
  ask: (from: string | undefined) => Promise<P>,
  itemsOf: (page: P) => readonly T[] | undefined,
): Promise<T[]> {
  const items: T[] = [];
  let from: string | undefined;
  do {
    const page: P = await ask(from);
    items.push(...(itemsOf(page) ?? []));
    from = page.IsTruncated === false ? undefined : (page.NextToken ?? page.nextToken ?? page.Marker);
  } while (from !== undefined && from !== "");
  return items;
}
