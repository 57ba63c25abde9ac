import type { EC2Client } from "@aws-sdk/client-ec2";
import { everyPage as everyPageOf, type Page, type ReadScope } from "../../../providers/index.ts";

export type Ec2 = Pick<EC2Client, "send">;
export type Place = { readonly account: string; readonly region: string };

export function ec2Of(scope: ReadScope, { account, region }: Place): Promise<Ec2> {
  return scope.aws("ec2", { account, region });
}

type From = { readonly NextToken?: string };

/** All items of a listing, however many pages it has. */
export function everyPage<P extends Page, T>(
  ask: (from: From) => Promise<P>,
  itemsOf: (page: P) => readonly T[] | undefined,
): Promise<T[]> {
  return everyPageOf((from) => ask(from === undefined ? {} : { NextToken: from }), itemsOf);
}
