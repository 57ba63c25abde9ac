import { ErError, nearestFew } from "../../../model/index.ts";
import { everyPage, type Page } from "../../../providers/index.ts";

type Listed = { readonly Name?: string | undefined };

/** The one of this name among what WAF lists; `said` is how it is spoken of. Errors: `config-part-missing`, with the nearest names. */
export async function findByName<P extends Page, T extends Listed>(
  name: string,
  said: string,
  at: { readonly account: string; readonly region: string },
  ask: (from: string | undefined) => Promise<P>,
  itemsOf: (page: P) => readonly T[] | undefined,
  hints: readonly string[] = [],
): Promise<T> {
  const all = await everyPage(ask, itemsOf);
  const found = all.find((one) => one.Name === name);
  if (found !== undefined) return found;
  const near = nearestFew(
    name,
    all.flatMap((one) => one.Name ?? []),
  );
  throw new ErError("config-part-missing", `${said} does not exist in ${at.account} ${at.region}`, {
    hints: [...near.map((known) => `there is "${known}"`), ...hints],
  });
}
