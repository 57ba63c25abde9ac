import type { IAMClient } from "@aws-sdk/client-iam";
import { everyPage as everyPageOf, type Page, type ReadScope } from "../../../providers/index.ts";

export type Iam = Pick<IAMClient, "send">;

/** IAM has one endpoint for all Regions. */
export function iamOf(scope: ReadScope, { account }: { readonly account: string }): Promise<Iam> {
  return scope.aws("iam", { account, region: "global" });
}

type From = { readonly Marker?: string };

/** All items of a listing, however many pages it has. */
export function everyPage<P extends Page, T>(
  ask: (from: From) => Promise<P>,
  itemsOf: (page: P) => readonly T[] | undefined,
): Promise<T[]> {
  return everyPageOf((from) => ask(from === undefined ? {} : { Marker: from }), itemsOf);
}
