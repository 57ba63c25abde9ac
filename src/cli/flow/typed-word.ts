import type { PlanHeader } from "../../model/index.ts";

const MOST_TYPED = 64;

/** What is typed to confirm a plan: its target, or where that is a long list of names, its incident. Never nothing. */
export function wordOf({ target, incident }: Pick<PlanHeader, "target" | "incident">): string {
  return target.length <= MOST_TYPED || incident === "" ? target : incident;
}
