import type { ChangeResult, Denied, Plan, UnjudgedPrincipal } from "../model/index.ts";
import { mayHold } from "./outcome.ts";

const UNSEEN = "it was not seen to be in place";

/**
 * What is left of a plan's denials after a run: by changes that were seen to be in place. Of those that may be in place and were not seen
 * to be, nobody can tell; those that are not deny nothing. Absent where the plan has none.
 */
export function deniedAfter({ header }: Plan, results: readonly ChangeResult[]): Denied | undefined {
  const { denied } = header;
  if (denied === undefined) return undefined;
  const held = results.filter(({ outcome, verification }) => mayHold(outcome) && verification?.verdict !== "contradicted");
  const open = new Set(held.map(({ id }) => id));
  const seen = new Set(held.filter(({ verification }) => verification?.verdict === "confirmed").map(({ id }) => id));
  const unseen = denied.principals.flatMap(({ principal, account, loses }) =>
    loses
      .filter(({ by }) => open.has(by) && !seen.has(by))
      .map(({ what, by }): UnjudgedPrincipal => ({ principal, account, what, by, why: UNSEEN })),
  );
  return {
    principals: denied.principals.flatMap((one) => {
      const loses = one.loses.filter(({ by }) => seen.has(by));
      return loses.length === 0 ? [] : [{ ...one, loses }];
    }),
    kept: denied.kept,
    unjudged: [...denied.unjudged.filter(({ by }) => open.has(by)), ...unseen],
  };
}
