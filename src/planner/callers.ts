import { ProviderError } from "../providers/index.ts";
import { callerArn, PLANNER_PERMISSIONS } from "./directory.ts";
import type { PlanDeps } from "./request.ts";
import type { BoundStep } from "./steps.ts";

export type Callers = { readonly arns: readonly string[] /** Accounts that did not say. */; readonly unseen: readonly string[] };

/** Who we are in each AWS account that the plan looks at. */
export async function findCallers(bound: readonly BoundStep[], deps: PlanDeps): Promise<Callers> {
  const selections = bound.flatMap((one) => one.selections);
  const accounts = [...new Set(selections.flatMap((selection) => ("account" in selection ? [selection.account] : [])))].sort();
  const scope = deps.scopes.read(PLANNER_PERMISSIONS);
  const found = await Promise.all(
    accounts.map(async (account) => {
      const region = deps.config.providers.aws?.accounts.find(({ id }) => id === account)?.regions[0] ?? "us-east-1";
      try {
        return { account, arn: await callerArn(scope, account, region) };
      } catch (error) {
        // Reads that matter more follow; if nobody can be reached, they say so.
        if (error instanceof ProviderError) return { account, arn: null };
        throw error;
      }
    }),
  );
  return {
    arns: [...new Set(found.flatMap(({ arn }) => arn ?? []))],
    unseen: found.filter(({ arn }) => arn === null).map(({ account }) => account),
  };
}
