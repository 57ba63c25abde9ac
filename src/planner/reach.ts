import type { Selection, Unreached } from "../model/index.ts";
import { ProviderError, type ProviderErrorKind } from "../providers/index.ts";

/** What is the account's trouble and not the request's: another account may well answer. */
const TROUBLE: ReadonlySet<ProviderErrorKind> = new Set([
  "denied",
  "unauthenticated",
  "throttled",
  "unavailable",
  "unreachable",
  "no-answer",
]);

/** The accounts and subscriptions that a plan is made for. One that cannot be looked at holds up no other: the plan leaves it out whole. */
export class Reach {
  readonly #lost = new Map<string, ProviderError>();

  /** Null when the place is lost, by this look or by an earlier one. What is not the place's trouble is thrown. */
  async look<T>(place: string, work: () => Promise<T>): Promise<T | null> {
    if (this.#lost.has(place)) return null;
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ProviderError) || !TROUBLE.has(error.kind)) throw error;
      if (!this.#lost.has(place)) this.#lost.set(place, error);
      return null;
    }
  }

  has(selection: Selection): boolean {
    return !this.#lost.has(placeOf(selection));
  }

  /** Throws what was in the way, if anything was. */
  refuseIfLost(): void {
    const [first] = this.#lost.values();
    if (first !== undefined) throw first;
  }

  said(): Unreached[] {
    return [...this.#lost]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([place, { kind, message }]): Unreached => {
        const [account = "", part] = place.split(" ");
        return { account, ...(part === "organization" ? { part } : {}), cause: kind, reason: message };
      });
  }
}

/**
 * The id of the account or subscription. The policies above the accounts are a place apart from the resources of the account that manages
 * them: who may see one of the two may well not see the other.
 */
export function placeOf(selection: Selection): string {
  if (selection.kind === "aws.organization-principals") return `${selection.account} organization`;
  return selection.kind === "azure.nsgs" ? selection.subscription : selection.account;
}
