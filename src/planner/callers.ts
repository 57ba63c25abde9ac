import { ProviderError } from "../providers/index.ts";
import { callerArn, PLANNER_PERMISSIONS } from "./directory.ts";
import type { PlanDeps } from "./request.ts";
import type { BoundStep } from "./steps.ts";

export type Callers = {
  readonly arns: readonly string[];
  /** Whose credentials assume the accounts' roles. */
  readonly sources: readonly string[];
  /** Accounts that did not say. */
  readonly unseen: readonly string[];
};

/** No account's: what has no role configured is called with the credentials of this machine. */
const MACHINE = "";

/** Who we are in each AWS account that the plan looks at, and who we are before we assume a role there. */
export async function findCallers(bound: readonly BoundStep[], deps: PlanDeps): Promise<Callers> {
  const selections = bound.flatMap((one) => one.selections);
  const accounts = [...new Set(selections.flatMap((selection) => ("account" in selection ? [selection.account] : [])))].sort();
  const scope = deps.scopes.read(PLANNER_PERMISSIONS);
  const configured = deps.config.providers.aws?.accounts ?? [];
  const assumed = configured.some(({ id, role }) => role !== undefined && accounts.includes(id));
  const found = await Promise.all(
    [...accounts, ...(assumed ? [MACHINE] : [])].map(async (account) => {
      const region = configured.find(({ id }) => id === account)?.regions[0] ?? "us-east-1";
      try {
        return { account, arn: await callerArn(scope, account, region) };
      } catch (error) {
        // Reads that matter more follow; if nobody can be reached, they say so.
        if (error instanceof ProviderError) return { account, arn: null };
        throw error;
      }
    }),
  );
  const own = found.filter(({ account }) => account !== MACHINE);
  return {
    arns: [...new Set(own.flatMap(({ arn }) => arn ?? []))],
    sources: found.filter(({ account }) => account === MACHINE).flatMap(({ arn }) => arn ?? []),
    unseen: own.filter(({ arn }) => arn === null).map(({ account }) => account),
  };
}
