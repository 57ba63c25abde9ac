import type { IAMClient } from "@aws-sdk/client-iam";
import type { ReadScope } from "../../../providers/index.ts";

export type Iam = Pick<IAMClient, "send">;

/** IAM has one endpoint for all Regions. */
export function iamOf(scope: ReadScope, { account }: { readonly account: string }): Promise<Iam> {
  return scope.aws("iam", { account, region: "global" });
}

type Page = { readonly IsTruncated?: boolean | undefined; readonly Marker?: string | undefined };
type From = { readonly Marker?: string };

/** All items of a listing, however many pages it has. */
export async function everyPage<P extends Page, T>(
  ask: (from: From) => Promise<P>,
  itemsOf: (page: P) => readonly T[] | undefined,
): Promise<T[]> {
  const items: T[] = [];
  let from: From = {};
  for (;;) {
    const page = await ask(from);
    items.push(...(itemsOf(page) ?? []));
    if (page.IsTruncated !== true || page.Marker === undefined) return items;
    from = { Marker: page.Marker };
  }
}
